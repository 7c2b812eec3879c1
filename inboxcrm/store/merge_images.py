"""What is kept of a merge, so that it can be undone: which rows it moved, took out and filled in.

A merged contact may be merged on with the one that took it in, and the merges may be undone in any order. So a row that
has found its person is struck from the images of the merges on the way: they will not take it along again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from inboxcrm.domain.merging import Fill
from inboxcrm.store.belongings import Column

Key = list[Any]


@dataclass(slots=True)
class Image:
    """What a merge did. By column: the keys of the rows it `moved`, and the rows it took out (`absorbed`) because the
    other had the like; `moved` holds the whole row where a contact has at most one. `retired` are occasions that the
    other had too, `greeted` the greetings they lent. `newest` is the highest number in each table at that time.
    """

    fills: list[Fill] = field(default_factory=list)
    moved: dict[str, list[Key]] = field(default_factory=dict)
    absorbed: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    retired: list[int] = field(default_factory=list)
    greeted: list[Key] = field(default_factory=list)
    newest: dict[str, int] = field(default_factory=dict)

    def strike(self, found: Mapping[str, Sequence[Key]]) -> None:
        """Forget these rows: they have found their person."""
        for label, keys in found.items():
            gone = {mark(key) for key in keys}
            self.moved[label] = [key for key in self.moved.get(label, []) if mark(key) not in gone]

    def text(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self))


def read_image(text: str) -> Image:
    """As it was stored."""
    stored = json.loads(text)
    return Image(**{**stored, "fills": [Fill(**each) for each in stored["fills"]]})


def mark(entry: Key) -> str:
    """An entry as something that can be looked up."""
    return json.dumps(entry)


def entry_of(column: Column, row: dict[str, Any]) -> Key:
    """What an image keeps of a row that moved: its key, or all of it but the contact where a contact has only one."""
    if column.key:
        return [row[name] for name in column.key]
    return [[name, value] for name, value in row.items() if name != column.name]


def way_up(connection: sqlite3.Connection, contact_id: int) -> list[tuple[int, Image]]:
    """The merges that hold from a contact up to the one that stands for it, with their images."""
    found: list[tuple[int, Image]] = []
    while True:
        row = connection.execute(
            "SELECT id, kept_id, image FROM contact_merges WHERE merged_id = ? AND undone_at IS NULL", (contact_id,)
        ).fetchone()
        if row is None:
            return found
        found.append((int(row["id"]), read_image(row["image"])))
        contact_id = int(row["kept_id"])


def keep_image(connection: sqlite3.Connection, merge_id: int, image: Image) -> None:
    """Store the image of a merge that holds."""
    connection.execute("UPDATE contact_merges SET image = ? WHERE id = ?", (image.text(), merge_id))
