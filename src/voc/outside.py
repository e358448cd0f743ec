"""The one gate to the outside: whatever contacts another machine passes it, and ``external = "none"`` shuts it."""

from __future__ import annotations

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
