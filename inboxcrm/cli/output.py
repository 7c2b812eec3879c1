"""How the command line prints: tables for people, one JSON object per line for programs."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import click
from rich.cells import cell_len, set_cell_size

from inboxcrm.domain.text import one_line, visible

EMPTY = "–"
WIDEST = 60
LEAST = 12
"""Columns of the last cell, where the terminal is narrow."""

MOMENT = 20
"""Columns of an instant, which is never cut."""


def json_option(command: Any) -> Any:
    """Add `--json`: one object per line."""
    return click.option("--json", "as_json", is_flag=True, help="One JSON object per line.")(command)


def emit(value: object) -> None:
    """Print one JSON object on one line; instants in ISO 8601, UTC."""
    told = value if isinstance(value, Mapping) else plain(value)
    click.echo(json.dumps(told, ensure_ascii=not speaks_unicode(), default=_json))


def speaks_unicode() -> bool:
    """Whether what reads our output takes every character."""
    return sys.stdout.encoding.lower().startswith("utf")


def plain(value: object) -> object:
    """A dataclass as a mapping of its fields."""
    return fields_of(value) if dataclasses.is_dataclass(value) and not isinstance(value, type) else value


def fields_of(value: Any) -> dict[str, object]:
    """The fields of a dataclass by name."""
    return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}


def _json(value: object) -> object:
    match value:
        case datetime():
            return value.isoformat().replace("+00:00", "Z")
        case timedelta():
            return value.total_seconds()
        case tuple() | frozenset() | set():
            return list(value)
    if dataclasses.is_dataclass(value):
        return plain(value)
    return str(value)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]], *, nothing: str) -> None:
    """Print rows under heads, each cell one safe line; `nothing` is said when there is none."""
    cells = [[cell(value) for value in row] for row in rows]
    if not cells:
        click.echo(nothing)
        return
    widths = [min(WIDEST, max(cell_len(head), *(cell_len(row[at]) for row in cells))) for at, head in enumerate(heads)]
    _narrow(widths, shutil.get_terminal_size((120, 40)).columns - 2 * (len(widths) - 1))
    click.secho(_line(heads, widths), bold=True)
    for row in cells:
        click.echo(_line(row, widths))


def _narrow(widths: list[int], room: int) -> None:
    """Make columns fit: the last one first, then on a terminal the widest, none below what a moment takes."""
    widths[-1] -= min(max(0, sum(widths) - room), max(0, widths[-1] - LEAST))
    if not (sys.stdout.isatty() or "COLUMNS" in os.environ):
        return
    while sum(widths) > room and max(widths) > MOMENT:
        widths[widths.index(max(widths))] -= 1


def _line(values: Sequence[str], widths: Sequence[int]) -> str:
    fitted = []
    for value, width in zip(values, widths, strict=True):
        shown = value if cell_len(value) <= width else set_cell_size(value, width - 1) + "…"
        fitted.append(set_cell_size(shown, width))
    return "  ".join(fitted).rstrip()


def cell(value: object) -> str:
    """A value as one safe line."""
    if value is None or value == "":
        return EMPTY
    return one_line(str(value), 200)


def moment(at: datetime | None, zone: ZoneInfo) -> str:
    """An instant for lists, by the owner's clock: `Tue 2026-03-03 17:00`."""
    return EMPTY if at is None else f"{at.astimezone(zone):%a %Y-%m-%d %H:%M}"


def letter(text: str) -> str:
    """A letter's text, safe for a terminal."""
    return visible(text).rstrip()


def heading(text: str) -> None:
    """A line that stands out."""
    click.secho(one_line(text, 200), bold=True)


def fact(name: str, value: object) -> None:
    """One line of a card: a name and what it is."""
    click.echo(f"  {name + ':':<18} {cell(value)}")
