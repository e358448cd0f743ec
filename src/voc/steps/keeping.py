"""Is the key the one that made the stored ids? With another one every known person would become somebody new."""

from __future__ import annotations

from typing import TYPE_CHECKING

from voc.errors import PrivacyError
from voc.privacy import pseudonym

if TYPE_CHECKING:
    from voc.steps.context import Context

_SETTING = "key_check"


def key_state(ctx: Context, *, accept: bool = False) -> str:
    """Say whether the key made the stored ids: "same", "other", or "new" where none is known; ``accept`` takes it.

    What is kept is a keyed hash of a fixed word: it tells two keys apart and gives neither away.
    """
    mark, known = pseudonym(ctx.key, "voc:key", "check"), ctx.register.setting(_SETTING)
    state = "new" if known is None else "same" if known == mark else "other"
    if accept and state != "same":
        ctx.register.set_setting(_SETTING, mark)
    return state


def require_key(ctx: Context) -> None:
    """Refuse to make ids with another key than before; the first key that makes ids is remembered.

    Raises:
        PrivacyError: the key was lost or rotated.
    """
    state = key_state(ctx)
    if state == "new":
        key_state(ctx, accept=True)
    if state == "other":
        raise PrivacyError(
            "the key is not the one that made this workspace's ids: with it, known people would become new ones."
            " Restore the old key, or, after a rotation on purpose, run: voc privacy key --accept"
        )
