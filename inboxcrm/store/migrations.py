"""The schema, as append-only steps: one file of SQL each in `steps/`, in the order of their names.

A step that has shipped is never edited. sqlite-utils applies them and keeps the record; it is asked for only where
there is something to apply, since importing it takes longer than most commands do.
"""

from __future__ import annotations

import sqlite3
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from importlib import resources
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import sqlite_utils

_SET = "inboxcrm"
_RECORD = "_sqlite_migrations"
"""The table in which sqlite-utils notes what was applied."""


def _found() -> dict[str, Callable[[], str]]:
    """Each step by its name, with the way to its text."""
    folder = resources.files("inboxcrm.store").joinpath("steps")
    files = sorted(folder.iterdir(), key=lambda file: file.name)
    return {
        file.name.removesuffix(".sql"): partial(file.read_text, "utf-8") for file in files if file.name.endswith(".sql")
    }


STEPS: Mapping[str, Callable[[], str]] = _found()
"""What this program knows."""


def applied(connection: sqlite3.Connection) -> frozenset[str]:
    """The steps that the file has on record; none for a new one."""
    if connection.execute("SELECT 1 FROM sqlite_master WHERE name = ?", (_RECORD,)).fetchone() is None:
        return frozenset()
    rows = connection.execute(f"SELECT name FROM {_RECORD} WHERE migration_set = ?", (_SET,))  # noqa: S608 - ours
    return frozenset(str(row[0]) for row in rows)


def is_older(connection: sqlite3.Connection) -> bool:
    """Whether an older version wrote the file; a new one was written by none."""
    taken = applied(connection)
    return bool(taken) and bool(STEPS.keys() - taken)


def apply(connection: sqlite3.Connection) -> None:
    """Take the steps that are not on record yet, inside the transaction of the caller."""
    with _without("numpy"):  # which it would import for its types, and which takes 13 MB of whoever reads a mailbox
        import sqlite_utils

    steps = sqlite_utils.Migrations(_SET)
    for name, text in STEPS.items():
        steps(name=name)(_Step(name, text))
    steps.apply(sqlite_utils.Database(connection))


@contextmanager
def _without(module: str) -> Iterator[None]:
    """Have a module that is not loaded yet look as if it was not installed (what None in `sys.modules` says)."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None  # type: ignore[assignment]  # typeshed knows only modules there
    try:
        yield
    finally:
        del sys.modules[module]


class _Step:
    """One step as sqlite-utils calls it; its text is read when it is taken."""

    def __init__(self, name: str, text: Callable[[], str]) -> None:
        self.__name__ = name
        self._text = text

    def __call__(self, book: sqlite_utils.Database, /) -> None:
        for statement in statements(self._text()):
            book.execute(statement)


def statements(script: str) -> Iterator[str]:
    """The statements of a script, a trigger with the ones inside it counted as one."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""
    if pending.strip():
        yield pending
