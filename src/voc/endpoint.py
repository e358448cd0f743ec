"""Talking to an endpoint that voc.toml names; the one place, beside ``delivery``, from which anything leaves."""

from __future__ import annotations

import json
import os
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from voc.errors import DeliveryError
from voc.outside import gate, hosts_of, vet

_SECONDS = 20
_MOST_BYTES = 100_000


class _NoRedirect(HTTPRedirectHandler):
    """An endpoint that sends us elsewhere is not the one that voc.toml names."""

    def redirect_request(self, *_args: Any, **_kwargs: Any) -> None:
        return None


def ping(url: str, *, external: str, private: bool) -> None:
    """Tell a watcher that a run has ended; what it answers is not read.

    Args:
        url: http or https; redirects are not followed.
        external: the workspace's switch; see ``voc.outside.gate``.
        private: it may be within this machine or its network.

    Raises:
        DeliveryError: it may not be contacted, or cannot be; the message does not hold the URL, which is a secret.
    """
    gate(external, "the watcher")
    if urlsplit(url).scheme not in ("http", "https"):
        raise DeliveryError("the watcher's address is no http or https URL")
    for host in hosts_of(url):
        vet(external, host, private=private)
    try:
        build_opener(_NoRedirect).open(Request(url), timeout=_SECONDS).close()  # noqa: S310 -- checked above
    except (URLError, OSError, ValueError) as error:
        raise DeliveryError(f"the watcher cannot be reached: {type(error).__name__}") from None


def chat(url: str, body: str, *, external: str, key_name: str) -> str:
    """What a model behind OpenAI's chat protocol answers.

    Args:
        url: http or https; redirects are not followed.
        body: the request as JSON.
        external: the workspace's switch; see ``voc.outside.gate``.
        key_name: the environment variable that holds the bearer token, if there is one.

    Raises:
        DeliveryError: it cannot be reached, fails, or answers something else; the message holds none of its words,
            for they may repeat what it was sent.
    """
    gate(external, urlsplit(url).hostname or "an endpoint")
    headers = {"Content-Type": "application/json"}
    if key := os.environ.get(key_name):
        headers["Authorization"] = f"Bearer {key}"
    request = Request(url, body.encode(), headers)  # noqa: S310 -- http or https, checked when voc.toml is read
    where = urlsplit(url).hostname
    try:
        with build_opener(_NoRedirect).open(request, timeout=_SECONDS) as answer:
            text: Any = json.loads(answer.read(_MOST_BYTES))["choices"][0]["message"]["content"]
    except HTTPError as error:
        error.close()
        raise DeliveryError(f"{where} answered with status {error.code}") from None
    except (URLError, OSError) as error:
        raise DeliveryError(f"{where} cannot be reached: {type(error).__name__}") from None
    except (ValueError, KeyError, IndexError, TypeError):
        raise DeliveryError(f"{where} does not answer as OpenAI's chat protocol does") from None
    if not isinstance(text, str):
        raise DeliveryError(f"{where} does not answer as OpenAI's chat protocol does")
    return text
