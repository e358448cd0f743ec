"""The one place from which words leave this machine: a text, to one address of a person's channel, by ``apprise``."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING

from voc import secretfile
from voc.errors import ConfigError, DeliveryError
from voc.outside import gate, hosts_of, vet

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from voc.configloop import Channel

# What a receiver can tell a second attempt by, where the way of sending knows headers.
HEADER = "X-Voc-Delivery"
_WITH_HEADERS = frozenset({"mailto", "mailtos", "json", "jsons", "xml", "xmls", "form", "forms"})


def address(channel: Channel, root: Path) -> str:
    """The URL of a channel, from where voc.toml says it is kept.

    Args:
        channel: as configured.
        root: the workspace's folder, for a file.

    Raises:
        DeliveryError: the variable is not set, or the file is absent, empty or can be read by others.
    """
    if channel.url:
        return channel.url
    where = f"channel {channel.name!r}"
    try:
        if channel.url_env:
            return secretfile.from_variable(channel.url_env, where)
        return secretfile.from_file(root / channel.url_file, channel.url_file, where)
    except ConfigError as error:
        raise DeliveryError(str(error)) from error


def vetted(channel: Channel, root: Path, *, external: str) -> str:
    """``address``, after a look at where it leads; see ``voc.outside.vet``. Redirects are not followed.

    Raises:
        DeliveryError: there is no address, it may not be contacted, or nothing may.
    """
    url = address(channel, root)
    for host in hosts_of(url):
        vet(external, host, private=channel.private)
    return url


def send(url: str, title: str, body: str, *, external: str, delivery_id: str = "") -> None:
    """Send a text, once; whether to try again is the caller's to decide.

    Args:
        url: of ``apprise``; never shown in an error, for it holds a secret.
        title: one line.
        body: plain text.
        external: the workspace's switch; see ``voc.outside.gate``.
        delivery_id: sent along as a header, where there are any.

    Raises:
        DeliveryError: nothing may leave, the URL means nothing to apprise, or the other side did not take the text.
    """
    gate(external, "a channel")
    import apprise  # 0.4 s that nobody without a channel waits for

    scheme = url.partition("://")[0] if "://" in url else ""
    if delivery_id and scheme.casefold() in _WITH_HEADERS:
        url += f"{'&' if '?' in url else '?'}+{HEADER}={delivery_id}"
    # Who sends us elsewhere is not whom the settings name.
    asset = apprise.AppriseAsset(async_mode=False, app_id="voc", http_redirects=False)
    with _unlogged():
        target = apprise.Apprise.instantiate(url, asset=asset)
    if target is None:
        raise DeliveryError(f"the address ({scheme or 'no scheme'}) is not one that apprise knows")
    try:
        with _unlogged():
            taken = target.notify(body=body, title=title, body_format=apprise.NotifyFormat.TEXT)
    except Exception as error:
        raise DeliveryError(f"the {scheme} service failed ({type(error).__name__})") from error
    if not taken:
        raise DeliveryError(f"the {scheme} service did not take it")


@contextmanager
def _unlogged() -> Iterator[None]:
    """Keep apprise's own log lines back: they hold addresses, which are secrets, and what servers say."""
    logger = logging.getLogger("apprise")
    before, logger.disabled = logger.disabled, True
    try:
        yield
    finally:
        logger.disabled = before
