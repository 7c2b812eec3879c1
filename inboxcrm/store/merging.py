"""The SQL of putting two contacts together and of parting them again, whatever has come in between.

Nothing is copied. Each row that belonged to the one contact is given to the other, and its key is kept in the image of
the merge; parting gives back what still lies where the merge put it, and what has come since for the addresses given
back. The card of a merged contact stays in its table as it was, out of sight.

A merged contact may be merged on with the one that took it in, and the merges may be undone in any order. So a row that
has found its person is struck from the images of the merges on the way: they will not take it along again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from inboxcrm.domain.merging import FILLED, Fill, Settings, Value, part
from inboxcrm.store import contacts
from inboxcrm.store.belongings import LEADS, Column, columns
from inboxcrm.store.times import to_instant, to_instant_or_none, to_text

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
            gone = {_mark(key) for key in keys}
            self.moved[label] = [key for key in self.moved.get(label, []) if _mark(key) not in gone]

    def text(self) -> str:
        """As it is stored."""
        return json.dumps(asdict(self))


def _image(text: str) -> Image:
    stored = json.loads(text)
    return Image(**{**stored, "fills": [Fill(**each) for each in stored["fills"]]})


@dataclass(frozen=True, slots=True)
class Merge:
    """One merge. `undone_at` is None while it holds."""

    id: int
    at: datetime
    kept_id: int
    merged_id: int
    kept: str
    merged: str
    undone_at: datetime | None


def merges(connection: sqlite3.Connection, *, all_: bool = False) -> list[Merge]:
    """The merges that hold, or all there ever were, the latest first."""
    rows = connection.execute(
        """
        SELECT contact_merges.id, at, kept_id, merged_id, kept.name AS kept, merged.name AS merged, undone_at
        FROM contact_merges
        JOIN contacts AS kept ON kept.id = kept_id
        JOIN contacts AS merged ON merged.id = merged_id
        WHERE :all OR undone_at IS NULL
        ORDER BY contact_merges.id DESC
        """,
        {"all": all_},
    )
    return [
        Merge(**{**dict(row), "at": to_instant(row["at"]), "undone_at": to_instant_or_none(row["undone_at"])})
        for row in rows
    ]


def settings(connection: sqlite3.Connection, contact_id: int) -> Settings:
    """What is set on a contact's own card."""
    row = connection.execute("SELECT * FROM contacts WHERE id = ?", (contact_id,)).fetchone()
    return {name: row[name] for name in ("name", "policy", "known_since", "known_because", *FILLED)}


def _set(connection: sqlite3.Connection, contact_id: int, values: Mapping[str, Value]) -> None:
    for name, value in values.items():
        connection.execute(f"UPDATE contacts SET {name} = ? WHERE id = ?", (value, contact_id))  # noqa: S608 - our names


def counted(connection: sqlite3.Connection, contact_id: int) -> dict[str, int]:
    """How many rows of each table are a contact's; only tables that have some."""
    found: dict[str, int] = {}
    for column in columns(connection):
        row = connection.execute(f"SELECT COUNT(*) FROM {column.table} WHERE {column.name} = ?", (contact_id,))  # noqa: S608 - names from the schema
        count = int(row.fetchone()[0])
        if count:
            found[column.table] = found.get(column.table, 0) + count
    return found


# -- together


def merge(connection: sqlite3.Connection, kept: int, merged: int, fills: Iterable[Fill], *, at: datetime) -> int:
    """Give everything of one contact to another; answers the row of the merge. Both must stand for themselves."""
    image = Image(list(fills), newest=_newest(connection))
    _join_occasions(connection, kept, merged, image, at)
    for column in columns(connection):
        _give(connection, column, merged, kept, image)
    _set(connection, kept, {fill.name: fill.after for fill in image.fills})
    connection.execute("UPDATE contacts SET merged_into = ? WHERE id = ?", (kept, merged))
    cursor = connection.execute(
        "INSERT INTO contact_merges (at, kept_id, merged_id, image) VALUES (?, ?, ?, ?)",
        (to_text(at), kept, merged, image.text()),
    )
    return int(cursor.lastrowid or 0)


def _newest(connection: sqlite3.Connection) -> dict[str, int]:
    tables = {column.table for column in columns(connection) if column.numbered}
    return {
        table: int(connection.execute(f"SELECT COALESCE(MAX(rowid), 0) FROM {table}").fetchone()[0])  # noqa: S608 - names from the schema
        for table in sorted(tables)
    }


def _join_occasions(connection: sqlite3.Connection, kept: int, merged: int, image: Image, at: datetime) -> None:
    """The same day of both is kept once, and counts as greeted where either was."""
    pairs = connection.execute(
        """
        SELECT ours.id AS ours, theirs.id AS theirs
        FROM occasions AS theirs
        JOIN occasions AS ours USING (kind, month, day, note)
        WHERE theirs.contact_id = ? AND ours.contact_id = ? AND theirs.dropped_at IS NULL AND ours.dropped_at IS NULL
        """,
        (merged, kept),
    ).fetchall()
    for ours, theirs in pairs:
        lent = connection.execute(
            """
            INSERT OR IGNORE INTO greetings (occasion_id, year, greeted_at, how)
            SELECT ?, year, greeted_at, how FROM greetings WHERE occasion_id = ?
            RETURNING occasion_id, year
            """,
            (ours, theirs),
        ).fetchall()
        image.greeted += [list(row) for row in lent]
        connection.execute("UPDATE occasions SET dropped_at = ? WHERE id = ?", (to_text(at), theirs))
        image.retired.append(int(theirs))


def _give(connection: sqlite3.Connection, column: Column, source: int, target: int, image: Image) -> None:
    """Move the rows of one column; what the target has the like of is taken out, into the image."""
    before = _rows(connection, column, source, ", ".join(column.key) or "*")
    connection.execute(
        f"UPDATE OR IGNORE {column.table} SET {column.name} = ? WHERE {column.name} = ?",  # noqa: S608 - names from the schema
        (target, source),
    )
    left = _rows(connection, column, source, "rowid, *" if column.key == ("rowid",) else "*")
    stayed = {_mark(_entry(column, row)) for row in left}
    moved = [entry for row in before if _mark(entry := _entry(column, row)) not in stayed]
    if moved:
        image.moved[column.label] = moved
    if left:
        image.absorbed[column.label] = left
        connection.execute(f"DELETE FROM {column.table} WHERE {column.name} = ?", (source,))  # noqa: S608 - names from the schema


def _rows(connection: sqlite3.Connection, column: Column, contact_id: int, wanted: str) -> list[dict[str, Any]]:
    rows = connection.execute(
        f"SELECT {wanted} FROM {column.table} WHERE {column.name} = ?",  # noqa: S608 - names from the schema
        (contact_id,),
    )
    return [dict(row) for row in rows]


def _mark(entry: Key) -> str:
    """An entry as something that can be looked up."""
    return json.dumps(entry)


def _entry(column: Column, row: dict[str, Any]) -> Key:
    """What an image keeps of a row that moved: its key, or all of it but the contact where a contact has only one."""
    if column.key:
        return [row[name] for name in column.key]
    return [[name, value] for name, value in row.items() if name != column.name]


# -- and apart


def unmerge(connection: sqlite3.Connection, merge_id: int, *, at: datetime) -> None:
    """Give a merged contact back what was its, and what has come for it since, from whoever holds it now."""
    row = connection.execute("SELECT * FROM contact_merges WHERE id = ?", (merge_id,)).fetchone()
    person, image = int(row["merged_id"]), _image(row["image"])
    way = _way(connection, int(row["kept_id"]))
    held = contacts.holder(connection, int(row["kept_id"]))
    connection.execute("UPDATE contacts SET merged_into = NULL WHERE id = ?", (person,))
    _unfill(connection, int(row["kept_id"]), image.fills, way)
    found: dict[str, list[Key]] = {}
    for column in columns(connection):
        found[column.label] = _take_back(connection, column, held, person, image, [each for _, each in way])
    _part_occasions(connection, person, image, [each for _, each in way])
    keys = [key[0] for key in found.get("addresses.contact_id", [])]
    for label, claimed in _claim(connection, held, person, keys, image.newest).items():
        found.setdefault(label, []).extend(claimed)
    for number, each in way:
        each.strike(found)
        _store(connection, number, each)
    _settle_known(connection, (person, held))
    connection.execute("UPDATE contact_merges SET undone_at = ?, image = '{}' WHERE id = ?", (to_text(at), merge_id))


def _way(connection: sqlite3.Connection, contact_id: int) -> list[tuple[int, Image]]:
    """The merges that hold from a contact up to the one that stands for it, with their images."""
    found: list[tuple[int, Image]] = []
    while True:
        row = connection.execute(
            "SELECT id, kept_id, image FROM contact_merges WHERE merged_id = ? AND undone_at IS NULL", (contact_id,)
        ).fetchone()
        if row is None:
            return found
        found.append((int(row["id"]), _image(row["image"])))
        contact_id = int(row["kept_id"])


def _store(connection: sqlite3.Connection, merge_id: int, image: Image) -> None:
    connection.execute("UPDATE contact_merges SET image = ? WHERE id = ?", (image.text(), merge_id))


def _unfill(connection: sqlite3.Connection, kept: int, fills: Sequence[Fill], way: Sequence[tuple[int, Image]]) -> None:
    """Set back what the merge set, on the contact that stayed and on those it was merged into since."""
    _set(connection, kept, part(settings(connection, kept), tuple(fills)))
    for number, image in way:
        said = {(each.name, each.after) for each in fills}
        fills = [each for each in image.fills if (each.name, each.after) in said]
        image.fills = [each for each in image.fills if each not in fills]
        row = connection.execute("SELECT kept_id FROM contact_merges WHERE id = ?", (number,)).fetchone()
        _set(connection, row["kept_id"], part(settings(connection, row["kept_id"]), tuple(fills)))


def _take_back(
    connection: sqlite3.Connection, column: Column, held: int, person: int, image: Image, way: Sequence[Image]
) -> list[Key]:
    """Give back the rows of one column that still lie where merges put them; answers their entries."""
    passed_on = [{_mark(entry) for entry in each.moved.get(column.label, [])} for each in way]
    back = []
    for entry in image.moved.get(column.label, []):
        taken_out = next((row for each in way if (row := _taken_out(column, each, entry)) is not None), None)
        if taken_out is not None:
            _insert(connection, column, {**taken_out, column.name: person})
        elif all(_mark(entry) in each for each in passed_on) and _move_one(connection, column, entry, held, person):
            pass
        elif not column.key:
            _insert(connection, column, {**dict(entry), column.name: person})
        else:
            continue  # it was given to somebody else since, or dropped
        back.append(entry)
    for row in image.absorbed.get(column.label, []):
        _insert(connection, column, {**row, column.name: person})
    return back


def _taken_out(column: Column, image: Image, entry: Key) -> dict[str, Any] | None:
    """The row of this entry, if a later merge took it out; the image forgets it."""
    rows = image.absorbed.get(column.label, [])
    found = next((row for row in rows if _entry(column, row) == entry), None)
    if found is not None:
        rows.remove(found)
    return found


def _move_one(connection: sqlite3.Connection, column: Column, entry: Key, held: int, person: int) -> bool:
    names = column.key or tuple(name for name, _ in entry)
    values = entry if column.key else [value for _, value in entry]
    same = " AND ".join(f"{name} IS ?" for name in names)
    cursor = connection.execute(
        f"UPDATE OR IGNORE {column.table} SET {column.name} = ? WHERE {column.name} = ? AND {same}",  # noqa: S608 - names from the schema
        (person, held, *values),
    )
    return cursor.rowcount > 0


def _insert(connection: sqlite3.Connection, column: Column, row: Mapping[str, Any]) -> None:
    """Put a row back. Its number may have been given away since; other contacts in it may have been merged."""
    values = dict(row)
    for other in columns(connection):
        if other.table == column.table and other.name != column.name and values[other.name] is not None:
            values[other.name] = contacts.holder(connection, int(values[other.name]))
    if _insert_values(connection, column.table, values) or column.name in column.key or not column.numbered:
        return
    _insert_values(connection, column.table, {name: each for name, each in values.items() if name not in column.key})


def _insert_values(connection: sqlite3.Connection, table: str, values: Mapping[str, Any]) -> bool:
    places = ", ".join("?" for _ in values)
    cursor = connection.execute(
        f"INSERT OR IGNORE INTO {table} ({', '.join(values)}) VALUES ({places})",  # noqa: S608 - names from the schema
        tuple(values.values()),
    )
    return cursor.rowcount > 0


def _part_occasions(connection: sqlite3.Connection, person: int, image: Image, way: Sequence[Image]) -> None:
    """The day that was kept once is kept by both again; each was greeted as it was."""
    mine = {key[0] for key in image.moved.get("occasions.contact_id", [])}
    retired = set(image.retired)
    for each in way:
        retired |= mine & set(each.retired)
        each.retired = [number for number in each.retired if number not in mine]
    for number in sorted(retired):
        connection.execute(
            "UPDATE OR IGNORE occasions SET dropped_at = NULL WHERE id = ? AND contact_id = ?", (number, person)
        )
    connection.executemany("DELETE FROM greetings WHERE occasion_id = ? AND year = ?", image.greeted)


def _settle_known(connection: sqlite3.Connection, people: Iterable[int]) -> None:
    """Somebody is known since the owner first turned to one of their addresses."""
    for contact_id in people:
        connection.execute(
            """
            UPDATE contacts
            SET known_since = first.at, known_because = COALESCE(known_because, 'you wrote to them')
            FROM (SELECT MIN(known_since) AS at FROM addresses WHERE contact_id = :id) AS first
            WHERE id = :id AND first.at IS NOT NULL AND (known_since IS NULL OR known_since > first.at)
            """,
            {"id": contact_id},
        )


# -- what came for an address


def split(connection: sqlite3.Connection, contact_id: int, keys: Sequence[str], *, name: str, at: datetime) -> int:
    """A new contact with these addresses of another, and with everything that came of them."""
    cursor = connection.execute("INSERT INTO contacts (name, created_at) VALUES (?, ?)", (name, to_text(at)))
    person = int(cursor.lastrowid or 0)
    connection.executemany("UPDATE addresses SET contact_id = ? WHERE key = ?", [(person, key) for key in keys])
    found = _claim(connection, contact_id, person, keys, {})
    found["addresses.contact_id"] = [[key] for key in keys]
    for row in connection.execute("SELECT id, kept_id, image FROM contact_merges WHERE undone_at IS NULL").fetchall():
        if contacts.holder(connection, int(row["kept_id"])) == contact_id:
            image = _image(row["image"])
            image.strike(found)
            _store(connection, int(row["id"]), image)
    _settle_known(connection, (person,))
    return person


def _claim(
    connection: sqlite3.Connection, held: int, person: int, keys: Sequence[str], newest: Mapping[str, int]
) -> dict[str, list[Key]]:
    """Give a person what came for their addresses after the given numbers: mail, its matters, what hangs on either."""
    given = {"held": held, "person": person, "keys": json.dumps(list(keys))}
    found: dict[str, list[Key]] = {}
    for table, statement in _MAIL:
        rows = connection.execute(statement, {**given, "newest": newest.get(table, 0)})
        found.setdefault(f"{table}.contact_id", []).extend(list(row) for row in rows)
    following = [column for column in columns(connection) if column.follows and column.numbered]
    for column in (*following, *following):  # twice: a touch follows its interaction, which follows its mail
        rows = connection.execute(_following(column), {**given, "newest": newest.get(column.table, 0)})
        found.setdefault(column.label, []).extend(list(row) for row in rows)
    return found


_MAIL = (
    (
        "messages",
        """
        UPDATE messages SET contact_id = :person
        WHERE contact_id = :held AND id > :newest AND direction = 'in'
          AND (sender_key IN (SELECT value FROM json_each(:keys))
               OR (SELECT LOWER(json_extract(story, '$.gate.recipient')) FROM decisions
                   WHERE decisions.message_id = messages.id) IN (SELECT value FROM json_each(:keys)))
        RETURNING id
        """,
    ),
    (
        "messages",
        """
        UPDATE messages SET contact_id = :person
        WHERE contact_id = :held AND id > :newest AND direction <> 'in'
          AND EXISTS (SELECT 1 FROM participants
                      WHERE participants.message_id = messages.id AND role <> 'from'
                        AND address_key IN (SELECT value FROM json_each(:keys)))
          AND NOT EXISTS (SELECT 1 FROM participants
                          JOIN addresses ON addresses.key = participants.address_key
                          WHERE participants.message_id = messages.id AND role <> 'from'
                            AND addresses.contact_id = :held)
        RETURNING id
        """,
    ),
    (
        "matters",
        """
        UPDATE matters SET contact_id = :person
        WHERE contact_id = :held AND id > :newest
          AND :person = (SELECT contact_id FROM messages
                         WHERE messages.matter_id = matters.id AND messages.contact_id IN (:held, :person)
                         ORDER BY received_at, id LIMIT 1)
        RETURNING id
        """,
    ),
    (
        "social_notices",
        """
        UPDATE social_notices SET contact_id = :person
        WHERE contact_id = :held AND message_id > :newest
          AND profile IN (SELECT url FROM profiles WHERE contact_id = :person)
        RETURNING message_id
        """,
    ),
    (
        "interactions",
        """
        UPDATE interactions SET contact_id = :person
        WHERE contact_id = :held AND id > :newest
          AND id IN (SELECT interaction_id FROM social_notices WHERE contact_id = :person)
        RETURNING id
        """,
    ),
)
"""Mail is from its sender, or from whom a form writes for. A letter to both of two people who are parted stays where it
is; a matter goes to whom its first letter is from.
"""


def _following(column: Column) -> str:
    leads = ", ".join(
        f"(SELECT contact_id FROM {LEADS[lead]} WHERE {LEADS[lead]}.id = {column.table}.{lead})"  # noqa: S608 - names from the schema
        for lead in column.follows
    )
    return (
        f"UPDATE OR IGNORE {column.table} SET {column.name} = :person "  # noqa: S608 - names from the schema
        f"WHERE {column.name} = :held AND rowid > :newest AND COALESCE({leads}, NULL) = :person "
        f"RETURNING {', '.join(column.key)}"
    )


def lay_flat(connection: sqlite3.Connection, contact_id: int) -> None:
    """Let everybody who was merged into a contact over others be merged into it straight: it is about to be erased."""
    connection.execute(
        """
        WITH RECURSIVE inside (id) AS (
          SELECT id FROM contacts WHERE merged_into = :id
          UNION
          SELECT contacts.id FROM contacts JOIN inside ON contacts.merged_into = inside.id
        )
        UPDATE contacts SET merged_into = :id WHERE id IN (SELECT id FROM inside)
        """,
        {"id": contact_id},
    )


def gather_strays(connection: sqlite3.Connection) -> int:
    """Hand what was entered for a merged contact by somebody who had read it before to the one that stands for it."""
    gathered = 0
    if connection.execute("SELECT 1 FROM contacts WHERE merged_into IS NOT NULL LIMIT 1").fetchone() is None:
        return 0
    for column in columns(connection):
        rows = connection.execute(
            f"SELECT DISTINCT {column.name} FROM {column.table} "  # noqa: S608 - names from the schema
            f"WHERE {column.name} IN (SELECT id FROM contacts WHERE merged_into IS NOT NULL)"
        )
        for (merged,) in rows.fetchall():
            cursor = connection.execute(
                f"UPDATE OR IGNORE {column.table} SET {column.name} = ? WHERE {column.name} = ?",  # noqa: S608 - names from the schema
                (contacts.holder(connection, merged), merged),
            )
            gathered += cursor.rowcount
    return gathered
