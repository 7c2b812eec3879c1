"""The SQL of parting contacts: of undoing a merge, whatever has come in between, and of addresses that are another's.

Parting gives back what still lies where the merge put it, and what has come since for the addresses given back.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from inboxcrm.domain.merging import Fill, part
from inboxcrm.store import contacts
from inboxcrm.store.belongings import LEADS, Column, columns
from inboxcrm.store.merge_images import Image, Key, entry_of, keep_image, mark, read_image, way_up
from inboxcrm.store.merging import set_card, settings
from inboxcrm.store.times import to_text


def unmerge(connection: sqlite3.Connection, merge_id: int, *, at: datetime) -> None:
    """Give a merged contact back what was its, and what has come for it since, from whoever holds it now."""
    row = connection.execute("SELECT * FROM contact_merges WHERE id = ?", (merge_id,)).fetchone()
    person, image = int(row["merged_id"]), read_image(row["image"])
    way = way_up(connection, int(row["kept_id"]))
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
        keep_image(connection, number, each)
    _settle_known(connection, (person, held))
    connection.execute("UPDATE contact_merges SET undone_at = ?, image = '{}' WHERE id = ?", (to_text(at), merge_id))


def _unfill(connection: sqlite3.Connection, kept: int, fills: Sequence[Fill], way: Sequence[tuple[int, Image]]) -> None:
    """Set back what the merge set, on the contact that stayed and on those it was merged into since."""
    set_card(connection, kept, part(settings(connection, kept), tuple(fills)))
    for number, image in way:
        said = {(each.name, each.after) for each in fills}
        fills = [each for each in image.fills if (each.name, each.after) in said]
        image.fills = [each for each in image.fills if each not in fills]
        row = connection.execute("SELECT kept_id FROM contact_merges WHERE id = ?", (number,)).fetchone()
        set_card(connection, row["kept_id"], part(settings(connection, row["kept_id"]), tuple(fills)))


def _take_back(
    connection: sqlite3.Connection, column: Column, held: int, person: int, image: Image, way: Sequence[Image]
) -> list[Key]:
    """Give back the rows of one column that still lie where merges put them; answers their entries."""
    passed_on = [{mark(entry) for entry in each.moved.get(column.label, [])} for each in way]
    back = []
    for entry in image.moved.get(column.label, []):
        taken_out = next((row for each in way if (row := _taken_out(column, each, entry)) is not None), None)
        if taken_out is not None:
            _insert(connection, column, {**taken_out, column.name: person})
        elif all(mark(entry) in each for each in passed_on) and _move_one(connection, column, entry, held, person):
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
    found = next((row for row in rows if entry_of(column, row) == entry), None)
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


def split(connection: sqlite3.Connection, contact_id: int, keys: Sequence[str], *, name: str, at: datetime) -> int:
    """A new contact with these addresses of another, and with everything that came of them."""
    cursor = connection.execute("INSERT INTO contacts (name, created_at) VALUES (?, ?)", (name, to_text(at)))
    person = int(cursor.lastrowid or 0)
    connection.executemany("UPDATE addresses SET contact_id = ? WHERE key = ?", [(person, key) for key in keys])
    found = _claim(connection, contact_id, person, keys, {})
    found["addresses.contact_id"] = [[key] for key in keys]
    for row in connection.execute("SELECT id, kept_id, image FROM contact_merges WHERE undone_at IS NULL").fetchall():
        if contacts.holder(connection, int(row["kept_id"])) == contact_id:
            image = read_image(row["image"])
            image.strike(found)
            keep_image(connection, int(row["id"]), image)
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
