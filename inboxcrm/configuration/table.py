"""One table of the configuration file, read key by key; what cannot be read is reported and reading goes on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import TypeVar

from inboxcrm.configuration.lines import Path as Place
from inboxcrm.configuration.lines import nearest_line
from inboxcrm.configuration.problems import Problem, listed, nearest

T = TypeVar("T")
Convert = Callable[[object], T]
"""Turns what the parser found into ours, or raises Refused."""


class Refused(ValueError):  # noqa: N818 - never leaves the reader; it is how a value says what it should have been
    """A value that is not allowed: what is, the nearest spelling, and how to show what was found if not as it is."""

    def __init__(self, allowed: str, *, nearest: str | None = None, found: str | None = None) -> None:
        super().__init__(allowed)
        self.allowed = allowed
        self.nearest = nearest
        self.found = found


class Report:
    """Collects the problems of one file."""

    def __init__(self, file: Path, lines: Mapping[Place, int]) -> None:
        self.file = file
        self.lines = lines
        self.problems: list[Problem] = []

    def add(self, place: Place, found: str, allowed: str, nearest: str | None = None) -> None:
        """Note one problem at a place of the file."""
        line = nearest_line(self.lines, place)
        self.problems.append(Problem(self.file, line, key_name(place), found, allowed, nearest))

    def refuse(self, place: Place, value: object, refused: Refused) -> None:
        """Note that the value found at a place is not allowed."""
        self.add(place, refused.found or f"found {shown(value)}", refused.allowed, refused.nearest)


class Table:
    """A table and where it stands. Ask for every key that is known, then `close` to report the unknown ones."""

    def __init__(self, values: Mapping[str, object], place: Place, report: Report) -> None:
        self.values = values
        self.place = place
        self.report = report
        self._known: dict[str, None] = {}
        self._missing: list[tuple[str, str]] = []

    def read(self, key: str, convert: Convert[T], default: T) -> T:
        """The converted value of a key; `default` where it is not written, and where it is refused and reported."""
        self._known[key] = None
        if key not in self.values:
            return default
        try:
            return convert(self.values[key])
        except Refused as refused:
            self.report.refuse((*self.place, key), self.values[key], refused)
            return default

    def require(self, key: str, convert: Convert[T], fallback: T, *, needs: str) -> T:
        """The same for a key that has no default; `fallback` only fills the place until the problems are raised."""
        if key not in self.values:
            self._missing.append((key, needs))
        return self.read(key, convert, fallback)

    def read_list(self, key: str, convert: Convert[T], default: Sequence[T] = ()) -> tuple[T, ...]:
        """A list whose elements are converted, and refused, one by one."""
        values = self.read(key, a_list, None)
        if values is None:
            return tuple(default)
        kept = []
        for index, value in enumerate(values):
            try:
                kept.append(convert(value))
            except Refused as refused:
                self.report.refuse((*self.place, key, index), value, refused)
        return tuple(kept)

    def table(self, key: str) -> Table:
        """A table inside this one; an empty one where it is not written."""
        nothing: Mapping[str, object] = {}
        return Table(self.read(key, a_table, nothing), (*self.place, key), self.report)

    def tables(self, key: str) -> tuple[Table, ...]:
        """An array of tables, `[[key]]`; none where it is not written."""
        nothing: list[Mapping[str, object]] = []
        values = self.read(key, _tables, nothing)
        return tuple(Table(value, (*self.place, key, index), self.report) for index, value in enumerate(values))

    def problem(self, key: str, found: str, allowed: str, nearest: str | None = None) -> None:
        """Note something about a key that its own value cannot show."""
        self.report.add((*self.place, key), found, allowed, nearest)

    def close(self) -> None:
        """Report keys that nobody asked for, and those that were needed unless a misspelling explains them."""
        explained = set()
        for key in self.values:
            if key not in self._known:
                near = nearest(key, self._known)
                explained.add(near)
                self.problem(key, "unknown key", f"known here: {listed(self._known)}", near)
        for key, needs in self._missing:
            if f'"{key}"' not in explained:
                self.problem(key, "missing", needs)


def a_list(value: object) -> list[object] | None:
    """Any list."""
    if not isinstance(value, list):
        raise Refused("must be a list, in square brackets")
    return value


def a_table(value: object) -> Mapping[str, object]:
    """Any table."""
    if not isinstance(value, dict):
        raise Refused("must be a table")
    return value


def _tables(value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise Refused("must be written as [[...]], one such heading for each")
    return value


def key_name(place: Place) -> str:
    """A place as the owner writes it: `mailbox[2].imap.port`, tables counted from 1."""
    name = ""
    for part in place:
        if isinstance(part, int):
            name += f"[{part + 1}]"
        else:
            name += f".{_shortened(part)}" if name else _shortened(part)
    return name


def shown(value: object) -> str:
    """A value as a problem tells it: short, and on one line."""
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            return f'"{_shortened(value)}"'
        case int() | float():
            return f"the number {value}"
        case list():
            return "a list" if value else "an empty list"
        case dict():
            return "a table"
        case date() | time():
            return f"the date or time {value.isoformat()}"
        case _:
            return "something else"


def _shortened(text: str) -> str:
    printable = "".join(char if char.isprintable() else "?" for char in text)
    return printable if len(printable) <= 60 else f"{printable[:57]}..."
