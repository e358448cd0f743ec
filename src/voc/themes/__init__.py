"""Themes: recurring issues found in mentions, with permanent ids, readable labels and one assignment for all."""

from __future__ import annotations

from voc.themes.discover import discover
from voc.themes.items import items_frame, roll_up
from voc.themes.model import ThemeModel

__all__ = ["ThemeModel", "discover", "items_frame", "roll_up"]
