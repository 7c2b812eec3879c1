"""What the desk's widgets tell the screens."""

from __future__ import annotations

from dataclasses import dataclass

from textual.message import Message


@dataclass
class RowHighlighted(Message):
    """The cursor came to another row, or the rows under it were read again; None on an empty list."""

    index: int | None


@dataclass
class RowChosen(Message):
    """A row was opened with Enter or a second click."""

    index: int
