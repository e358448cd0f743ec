"""How near a mention of something else comes to a theme: each theme's floor lies well above that.

A share of the mentions themselves cannot tell it: where nearly all of them are of some theme, the least of them is no
measure of what to leave out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Short remarks about everyday matters of many kinds, written for this purpose; only their mean counts.
NEUTRAL = (
    "It rained most of the afternoon", "The soup needs a little more salt", "My sister is learning to play the piano",
    "We took the early train to the coast", "The second half of the match was dull", "Remind me to buy milk tomorrow",
    "The new phone has a better camera", "Our neighbours painted their fence green", "I read two chapters before bed",
    "The museum is closed on Mondays", "He transferred the money to his savings", "The cat sleeps on the windowsill",
    "They moved the meeting to Thursday", "Her shoes were a size too small", "The road over the hill is icy in winter",
    "I could not find the right page on the website", "The teacher explained fractions again",
    "We planted tomatoes behind the shed", "The film was longer than I expected", "Please turn the music down a bit",
    "The battery lasts about two days", "Our flight leaves at half past six", "I changed the password last week",
    "The bakery on the corner sells good bread", "My back hurts when I sit for too long", "The plumber fixed the tap",
    "What is the capital of that country", "The hotel room had a view of the lake", "She works from home on Fridays",
    "The jacket came in a different colour", "There was a queue at the post office", "He forgot to sign the form",
    "The children built a castle out of boxes", "The update made the program slower",
    "I would like the dish without nuts",
    "The rent goes up every year", "The driver knew a shorter way", "We chose the cheaper of the two plans",
    "Nobody told us where to go next", "Thank you, that was very kind of them",
)  # fmt: skip
# Where a theme's floor lies between the mean closeness of those remarks (0) and of its own mentions (1).
_PLACE = 0.5


def floors(
    own: NDArray[np.float64], theme: NDArray[np.int64], far: NDArray[np.float64], threshold: float
) -> NDArray[np.float64]:
    """How close a mention must come to each theme, at least ``threshold``; shape (n_themes,).

    Args:
        own: closeness of known mentions to each theme, each left out of its own, shape (n, n_themes).
        theme: the theme of each, or -1, shape (n,).
        far: closeness of ``NEUTRAL`` to each theme, shape (n_neutral, n_themes).
        threshold: what any theme asks; all that one asks which has no mentions.
    """
    asked = np.full(own.shape[1], threshold)
    for position in np.unique(theme[theme >= 0]):
        near, away = own[theme == position, position].mean(), far[:, position].mean()
        asked[position] = max(threshold, away + _PLACE * (near - away))
    # Rounded, so that the last bits of a mean cannot move them.
    found: NDArray[np.float64] = np.round(asked, 4)
    return found
