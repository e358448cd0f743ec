"""The one gate to the outside: whatever contacts another machine passes it, and ``external = "none"`` shuts it."""

from __future__ import annotations

import ipaddress
from urllib.parse import parse_qs, urlsplit

from voc.errors import DeliveryError


def gate(external: str, what: str) -> None:
    """Let ``what`` out, unless voc.toml keeps everything on this machine.

    Raises:
        DeliveryError: ``external`` is "none".
    """
    if external != "all":
        raise DeliveryError(
            f'voc.toml says external = "none": nothing leaves this machine, and so {what} is not contacted'
        )


def hosts_of(url: str) -> list[str]:
    """The machines that a URL names: its host, and the mail server that apprise's ``smtp`` puts in its place."""
    try:
        parts = urlsplit(url)
        found = [parts.hostname or "", *parse_qs(parts.query).get("smtp", [])]
    except ValueError:
        return []
    return [host for host in found if host]


def vet(external: str, host: str, *, private: bool) -> None:
    """Refuse a target within this machine or its network, whose services trust whoever can reach them.

    Every address that the name has now counts. Link-local ones, where clouds keep credentials, are refused always.

    Args:
        external: the workspace's switch.
        host: a name or an address.
        private: the settings allow this target to be within the network.

    Raises:
        DeliveryError: it is, or nothing may leave.
    """
    gate(external, "a channel")
    for address in map(_plain, _addresses(external, host)):
        if address.is_link_local or address.is_multicast or address.is_unspecified:
            raise DeliveryError("its address is link-local or none of one machine; voc never contacts those")
        if not private and not address.is_global:
            raise DeliveryError(
                "its address is within this machine or its network; if it is meant, say private = true for its channel"
            )


def _addresses(external: str, host: str) -> set[str]:
    """Every address of a name; none of what is no name, such as a token in the URL of a service with its own host."""
    try:
        _plain(host)
    except ValueError:
        gate(external, "a name server")
        import socket  # only where something is to go out

        try:
            return {str(entry[4][0]) for entry in socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)}
        except (OSError, UnicodeError):
            return set()
    return {host}


def _plain(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address without its zone; one of IPv4 in IPv6's clothes as what it is."""
    address = ipaddress.ip_address(text.partition("%")[0])
    return getattr(address, "ipv4_mapped", None) or address
