"""A list of any length: only what is visible is ever read or painted.

Textual's own DataTable and ListView build every row up front (22 s for 100,000); this one asks for the rows in sight.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.geometry import Region, Size
from textual.scroll_view import ScrollView
from textual.strip import Strip
from textual.visual import Visual

from ..messages import RowChosen, RowHighlighted

Painter = Callable[[int, int], Sequence[Content]]
"""Answers the lines of the row at an index, at most so many cells wide."""

KEPT = 200
MARK = 2


class Rows(ScrollView, can_focus=True):
    """Rows of equal height with one cursor. Rows have keys, so that the cursor stays on its row when others move."""

    COMPONENT_CLASSES: ClassVar[set[str]] = {"rows--cursor"}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "cursor(1)", "Down", show=False),
        Binding("up,k", "cursor(-1)", "Up", show=False),
        Binding("pagedown,ctrl+f", "page(1)", "Page down", show=False),
        Binding("pageup,ctrl+b", "page(-1)", "Page up", show=False),
        Binding("home", "jump(0)", "First", show=False),
        Binding("end", "jump(-1)", "Last", show=False),
        Binding("enter", "choose", "Open"),
    ]

    def __init__(
        self,
        paint: Painter,
        *,
        height: int = 2,
        gap: int = 1,
        nothing: str = "Nothing here.",
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(id=id)
        self._paint = paint
        self._height = height
        self._pitch = height + gap
        self._keys: Sequence[Hashable] = ()
        self._cursor = 0
        self._strips: dict[tuple[int, int, bool, bool], list[Strip]] = {}
        self.nothing = nothing

    @property
    def index(self) -> int | None:
        """Where the cursor is; None on an empty list."""
        return self._cursor if self._keys else None

    @property
    def key(self) -> Hashable | None:
        """The key of the row under the cursor."""
        return self._keys[self._cursor] if self._keys else None

    def show(self, keys: Sequence[Hashable]) -> None:
        """Show these rows, read anew; the cursor stays on its row, or takes the place of one that is gone."""
        before = self.key
        self._keys = keys
        self._strips.clear()
        if before is not None and before in keys:
            self._cursor = keys.index(before)
        self._cursor = max(0, min(self._cursor, len(keys) - 1))
        self.virtual_size = Size(0, len(keys) * self._pitch)
        self.refresh()
        if self.key != before:
            self._keep_in_sight()
        self.post_message(RowHighlighted(self.index))

    def repaint(self) -> None:
        """Paint the visible rows anew."""
        self._strips.clear()
        self.refresh()

    def move_to(self, key: Hashable) -> None:
        """Put the cursor on the row with this key, where it is listed."""
        if key in self._keys:
            self._go(self._keys.index(key))

    def action_cursor(self, by: int) -> None:
        """One row up or down."""
        self._go(self._cursor + by)

    def action_page(self, by: int) -> None:
        """One page up or down."""
        self._go(self._cursor + by * max(1, self.size.height // self._pitch - 1))

    def action_jump(self, to: int) -> None:
        """To the first row (0) or the last (-1)."""
        self._go(len(self._keys) - 1 if to < 0 else 0)

    def action_choose(self) -> None:
        """Open the row under the cursor."""
        if self._keys:
            self.post_message(RowChosen(self._cursor))

    def on_click(self, event: events.Click) -> None:
        """Take the cursor to a row; a second click opens it."""
        index = (event.y + self.scroll_offset.y) // self._pitch
        if index < len(self._keys):
            self._go(index)
            if event.chain > 1:
                self.action_choose()

    def _go(self, index: int) -> None:
        if not self._keys:
            return
        index = max(0, min(index, len(self._keys) - 1))
        if index != self._cursor:
            self._cursor = index
            self.refresh()
            self.post_message(RowHighlighted(index))
        self._keep_in_sight()

    def _keep_in_sight(self) -> None:
        region = Region(0, self._cursor * self._pitch, 1, self._height)
        self.scroll_to_region(region, animate=False, force=True)

    def on_focus(self) -> None:
        """The cursor is bright while the list has the keys."""
        self.refresh()

    def on_blur(self) -> None:
        """And pale while it has not."""
        self.refresh()

    def on_resize(self) -> None:
        """Other widths, other lines."""
        self._strips.clear()
        self.call_after_refresh(self._keep_in_sight)

    def notify_style_update(self) -> None:
        """Another theme, other colours."""
        super().notify_style_update()
        self._strips.clear()

    def render_line(self, y: int) -> Strip:
        """One line of the window."""
        width = self.scrollable_content_region.width
        if not self._keys:
            return self._empty_line(y, width)
        index, line = divmod(y + self.scroll_offset.y, self._pitch)
        if index >= len(self._keys) or line >= self._height:
            return Strip.blank(width, self.rich_style)
        return self._row(index, width)[line]

    def _empty_line(self, y: int, width: int) -> Strip:
        lines = Content.styled(self.nothing, "$quiet").wrap(max(1, width - 2 * MARK))
        at = y - min(2, self.size.height // 2)
        if not 0 <= at < len(lines):
            return Strip.blank(width, self.rich_style)
        return Visual.to_strips(self, lines[at].center(width), width, 1, self.visual_style, pad=True)[0]

    def _row(self, index: int, width: int) -> list[Strip]:
        current = index == self._cursor
        place = (index, width, current, self.has_focus)
        if place not in self._strips:
            if len(self._strips) > KEPT:
                self._strips.clear()
            self._strips[place] = self._painted(index, width, current)
        return self._strips[place]

    def _painted(self, index: int, width: int, current: bool) -> list[Strip]:
        style = self.get_visual_style("rows--cursor") if current else self.visual_style
        mark = Content.styled("▌ " if current and self.has_focus else "  ", "$accent")
        strips: list[Strip] = []
        for line in list(self._paint(index, width - MARK - 1))[: self._height]:
            strips += Visual.to_strips(self, mark + line, width, 1, style, pad=True)[:1]
        strips += [Strip.blank(width, style.rich_style)] * (self._height - len(strips))
        return strips
