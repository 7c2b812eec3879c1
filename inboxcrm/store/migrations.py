"""The schema, as append-only steps: one file of SQL each in `steps/`, in the order of their names.

A step that has shipped is never edited.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from importlib import resources
from typing import Protocol

import sqlite_utils
from sqlite_utils import Migrations


class _Step(Protocol):
    __name__: str

    def __call__(self, book: sqlite_utils.Database, /) -> None: ...


def is_newer_than_this_program(book: sqlite_utils.Database) -> bool:
    """Whether the file has steps on record that this program does not know."""
    ours = {step.name for step in MIGRATIONS.pending(book)} | {step.name for step in MIGRATIONS.applied(book)}
    known = {step.name for step in MIGRATIONS._migrations}
    return not ours <= known


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


def _steps() -> Migrations:
    """All steps, named as their files."""
    found = Migrations("inboxcrm")
    folder = resources.files("inboxcrm.store").joinpath("steps")
    for file in sorted(folder.iterdir(), key=lambda file: file.name):
        if file.name.endswith(".sql"):
            found(name=file.name.removesuffix(".sql"))(_step(file.read_text("utf-8")))
    return found


def _step(script: str) -> _Step:
    def run(book: sqlite_utils.Database) -> None:
        for statement in statements(script):
            book.execute(statement)

    return run


MIGRATIONS = _steps()
