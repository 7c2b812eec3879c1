"""The SQL of erasing a contact: which mail is theirs, what forbids it, and every row and text that names them."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.erasure import NOBODY, redact_text
from inboxcrm.store import listings, merging
from inboxcrm.store.dossier import Key
from inboxcrm.store.erasure import Erasing
from inboxcrm.store.times import to_instant, to_text

_OUTLIVING = frozenset(("messages", "matters", "promises"))
"""Tables whose rows outlive their contact."""

_NO_TEXTS = frozenset(
    (
        "letters",
        "messages",
        "import_marks",
        "search",
        "promise_moves",
        "home",
        "addresses",
        "listings",
        "listing_search",
    )
)
"""Tables whose texts are dealt with by themselves, or are the owner's or the program's own."""

_WAYS = ("mail", "phone", "met", "merged", "needless", "invitation", "withdrawn", "taken back")
"""How a promise ended, in the program's words; the owner's own words may name the person."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail a contact has to do with. `speaks`: it is the contact's by what it is linked to, whoever sent it."""

    id: int
    matter_id: int | None
    message_id: str | None
    author: str | None
    people: frozenset[str]
    speaks: bool


def keys_of(connection: sqlite3.Connection, contact_id: int) -> tuple[list[str], list[str]]:
    """A contact's address keys, and the addresses as they were written."""
    rows = connection.execute("SELECT key, spec FROM addresses WHERE contact_id = ?", (contact_id,)).fetchall()
    return [row["key"] for row in rows], [row["spec"] for row in rows]


def contacts_by_address(connection: sqlite3.Connection) -> dict[int, list[str]]:
    """The address keys of each contact."""
    found: dict[int, list[str]] = {}
    for contact_id, key in connection.execute("SELECT contact_id, key FROM addresses WHERE contact_id IS NOT NULL"):
        found.setdefault(contact_id, []).append(key)
    return found


def letters(connection: sqlite3.Connection, contact_id: int) -> list[Letter]:
    """The mail a contact wrote, got, or is linked to, and what machines said in their matters."""
    rows = connection.execute(
        """
        SELECT messages.id AS id, messages.matter_id AS matter_id, messages.message_id AS message_id,
               messages.sender_key AS author,
               (SELECT json_group_array(address_key) FROM participants
                WHERE participants.message_id = messages.id) AS people,
               messages.direction = 'in'
                 AND (messages.contact_id = :id OR (messages.class = 'machine' AND matters.contact_id = :id))
                 AND NOT EXISTS (SELECT 1 FROM addresses
                                 WHERE addresses.key = messages.sender_key
                                   AND (addresses.contact_id <> :id OR addresses.organisation_id IS NOT NULL)) AS speaks
        FROM messages
        LEFT JOIN matters ON matters.id = messages.matter_id
        WHERE messages.erased_at IS NULL
          AND (messages.contact_id = :id
               OR (messages.class = 'machine' AND matters.contact_id = :id)
               OR messages.id IN (SELECT participants.message_id
                                  FROM addresses
                                  JOIN participants ON participants.address_key = addresses.key
                                  WHERE addresses.contact_id = :id))
        ORDER BY messages.id
        """,
        {"id": contact_id},
    )
    return [
        Letter(
            row["id"],
            row["matter_id"],
            row["message_id"],
            row["author"],
            frozenset(json.loads(row["people"])),
            bool(row["speaks"]),
        )
        for row in rows
    ]


# -- what forbids it


@dataclass(frozen=True, slots=True)
class Hold:
    """A contact the owner must keep: why, and since when."""

    contact_id: int
    contact: str
    because: str
    set_at: datetime


def hold(connection: sqlite3.Connection, contact_id: int, because: str, *, at: datetime) -> None:
    """From now on nothing of a contact is erased."""
    connection.execute(
        "INSERT OR REPLACE INTO holds (contact_id, because, set_at) VALUES (?, ?, ?)",
        (contact_id, because, to_text(at)),
    )


def lift(connection: sqlite3.Connection, contact_id: int) -> bool:
    """Take the hold back; answers whether there was one."""
    return connection.execute("DELETE FROM holds WHERE contact_id = ?", (contact_id,)).rowcount > 0


def holds(connection: sqlite3.Connection) -> list[Hold]:
    """The contacts that are held, by name."""
    rows = connection.execute(
        """
        SELECT contact_id, contacts.name AS contact, because, set_at
        FROM holds
        JOIN contacts ON contacts.id = holds.contact_id
        ORDER BY contacts.name
        """
    )
    return [Hold(row["contact_id"], row["contact"], row["because"], to_instant(row["set_at"])) for row in rows]


def reasons_to_keep(connection: sqlite3.Connection, contact_id: int, messages: Collection[int]) -> list[str]:
    """Why a contact whose mail this is cannot be erased now, each with what to do about it; empty where nothing is."""
    asked = {"id": contact_id, "messages": json.dumps(list(messages))}
    held = connection.execute("SELECT because FROM holds WHERE contact_id = :id", asked)
    owed = connection.execute(
        """
        SELECT promises.message_id AS ref, promises.state AS state
        FROM promises
        LEFT JOIN matters ON matters.id = promises.matter_id
        WHERE promises.state IN ('open', 'extended', 'broken')
          AND (promises.contact_id = :id OR matters.contact_id = :id
               OR promises.message_id IN (SELECT value FROM json_each(:messages)))
        """,
        asked,
    )
    agreed = connection.execute(
        "SELECT id, kind, quote FROM commitments WHERE contact_id = :id AND state = 'open' ORDER BY id", asked
    )
    leaving = connection.execute(
        """
        SELECT id, state FROM outbox
        WHERE state IN ('sending', 'unknown')
          AND (message_id IN (SELECT value FROM json_each(:messages))
               OR LOWER(recipient) IN (SELECT key FROM addresses WHERE contact_id = :id))
        """,
        asked,
    )
    return [
        *(f"you hold them: {row['because']} (inboxcrm hold REF --lift)" for row in held),
        *(f"an answer is owed for message {row['ref']} ({row['state']}): answer it, or inboxcrm done" for row in owed),
        *(
            f'{row["kind"]} {row["id"]} is open: "{row["quote"][:80]}" (inboxcrm commitments done, or dismiss)'
            for row in agreed
        ),
        *(f"mail {row['id']} may be on its way to them ({row['state']}): inboxcrm outbox" for row in leaving),
    ]


# -- the contact


def cancel_waiting(erasing: Erasing, contact_id: int, messages: Collection[int]) -> None:
    """What waits to be sent to a contact is not sent any more."""
    erasing.run(
        "outbox",
        "cancelled",
        """
        UPDATE outbox
        SET state = 'cancelled', ended_at = :at, reply = 'the contact was erased'
        WHERE state IN ('held', 'awaiting', 'queued')
          AND (message_id IN (SELECT value FROM json_each(:messages))
               OR LOWER(recipient) IN (SELECT key FROM addresses WHERE contact_id = :id)
               OR matter_id IN (SELECT id FROM matters WHERE contact_id = :id))
        """,
        id=contact_id,
        messages=json.dumps(list(messages)),
        at=to_text(erasing.at),
    )


def empty_outbox(erasing: Erasing, keys: Sequence[str], digests: Sequence[tuple[str, str]]) -> None:
    """Take what names them out of mail to them. By the digest of an address the limits still count what it got."""
    erasing.empty_outbox("LOWER(recipient) IN (SELECT value FROM json_each(:keys))", keys=json.dumps(list(keys)))
    for name, stands_for in digests:
        for column in ("recipient_base", "recipient_domain"):
            erasing.connection.execute(
                f"UPDATE outbox SET {column} = ? WHERE {column} = ? AND recipient = ?",  # noqa: S608 - two names
                (stands_for, name, NOBODY),
            )


def organisation_of(connection: sqlite3.Connection, contact_id: int) -> int | None:
    """The organisation of a contact."""
    row = connection.execute("SELECT organisation_id FROM contacts WHERE id = ?", (contact_id,)).fetchone()
    return None if row is None else row["organisation_id"]


def drop_contact(erasing: Erasing, contact_id: int) -> None:
    """Delete a contact with every row that is about them; mail, matters and promises lose the reference."""
    connection = erasing.connection
    merging.lay_flat(connection, contact_id)
    ways = json.dumps(_WAYS)
    connection.execute(
        """
        UPDATE promise_events SET detail = json_remove(detail, '$.how')
        WHERE promise_id IN (SELECT id FROM promises WHERE contact_id = :id)
          AND json_extract(detail, '$.how') NOT IN (SELECT value FROM json_each(:ways))
        """,
        {"id": contact_id, "ways": ways},
    )
    connection.execute(
        """
        UPDATE promises SET ended_how = 'other'
        WHERE contact_id = :id AND ended_how NOT IN (SELECT value FROM json_each(:ways))
        """,
        {"id": contact_id, "ways": ways},
    )
    for key in _dependants_first([key for key in erasing.keys if key.to == "contacts"], erasing.keys):
        where = f'"{key.column}" = :id'
        if key.table in _OUTLIVING:
            erasing.run(key.table, "emptied", f'UPDATE "{key.table}" SET "{key.column}" = NULL WHERE {where}',  # noqa: S608
                        id=contact_id)  # fmt: skip
        else:
            erasing.delete(key.table, where, id=contact_id)
    erasing.run("contacts", "deleted", "DELETE FROM contacts WHERE id = :id", id=contact_id)


def drop_organisation(erasing: Erasing, organisation_id: int) -> None:
    """Delete an organisation that nothing belongs to any more: its domain may be the name of who was erased."""
    if not _is_referred_to(erasing, "organisations", organisation_id):
        erasing.run("organisations", "deleted", "DELETE FROM organisations WHERE id = :id", id=organisation_id)


def _dependants_first(about: Sequence[Key], keys: Sequence[Key]) -> list[Key]:
    """Tables that refer to others of these before those, so that none loses what it may not be without."""
    tables = {key.table for key in about}
    order: list[str] = []

    def visit(table: str, on_the_way: frozenset[str]) -> None:
        for key in keys:
            if key.to == table and key.table in tables and key.table not in on_the_way:
                visit(key.table, on_the_way | {key.table})
        if table not in order:
            order.append(table)

    for table in sorted(tables):
        visit(table, frozenset((table,)))
    return sorted(about, key=lambda key: order.index(key.table))


def _is_referred_to(erasing: Erasing, table: str, row_id: int) -> bool:
    return any(
        erasing.connection.execute(
            f'SELECT 1 FROM "{key.table}" WHERE "{key.column}" = ? LIMIT 1',  # noqa: S608 - names of the schema
            (row_id,),
        ).fetchone()
        for key in erasing.keys
        if key.to == table
    )


def matters_of(connection: sqlite3.Connection, contact_id: int) -> list[int]:
    """The matters of a contact."""
    rows = connection.execute("SELECT id FROM matters WHERE contact_id = ? AND erased_at IS NULL", (contact_id,))
    return [row["id"] for row in rows]


def leave_matters(erasing: Erasing, keys: Collection[str]) -> None:
    """These addresses take part in no matter any more."""
    erasing.run(
        "matter_people",
        "deleted",
        "DELETE FROM matter_people WHERE address_key IN (SELECT value FROM json_each(:keys))",
        keys=json.dumps(list(keys)),
    )


def leave_lists(erasing: Erasing, keys: Collection[str], addresses: Collection[str]) -> None:
    """No mail that is only listed names these people."""
    connection = erasing.connection
    erasing.counts["listings", "deleted"] += listings.drop(connection, listings.about(connection, keys, addresses))


def names_in_journal(connection: sqlite3.Connection, key: Key, contact_id: int) -> list[str]:
    """How the journal calls the rows of a table that are about a contact: "fact 3", "promise 12"."""
    if not connection.execute("SELECT 1 FROM pragma_table_info(?) WHERE name = 'id'", (key.table,)).fetchone():
        return []
    rows = connection.execute(f'SELECT id FROM "{key.table}" WHERE "{key.column}" = ?', (contact_id,))  # noqa: S608
    return [f"{key.table.removesuffix('s')} {row['id']}" for row in rows]


# -- the texts that name them


def blank_journal(erasing: Erasing, subjects: Collection[str]) -> None:
    """What the journal says of these ("contact 12", "fact 3") keeps its time and kind, and says no more."""
    erasing.run(
        "events",
        "emptied",
        "UPDATE events SET detail = '{}' WHERE detail <> '{}' AND subject IN (SELECT value FROM json_each(:subjects))",
        subjects=json.dumps(list(subjects)),
    )


def scrub_texts(erasing: Erasing, addresses: Sequence[str], name: str) -> None:
    """Replace a person's addresses wherever a text of ours holds them; alarms and notices that name them go."""
    connection = erasing.connection
    if re.search(r"\S\s+\S", name):
        erasing.run("alarms", "deleted", "DELETE FROM alarms WHERE INSTR(LOWER(detail), LOWER(:name))", name=name)
        erasing.delete("notices", "INSTR(LOWER(title || ' ' || text), LOWER(:name))", name=name)
    for address in addresses:
        erasing.run("alarms", "deleted", "DELETE FROM alarms WHERE INSTR(LOWER(detail), LOWER(:it))", it=address)
        erasing.delete("notices", "INSTR(LOWER(title || ' ' || text), LOWER(:it))", it=address)
        erasing.run("import_quarantine", "deleted", "DELETE FROM import_quarantine WHERE INSTR(raw, :it)",
                    it=address.encode())  # fmt: skip
    for table, column in _text_columns(connection):
        for address in addresses:
            rows = connection.execute(
                f'SELECT rowid AS at, "{column}" AS text FROM "{table}" WHERE INSTR(LOWER("{column}"), LOWER(?))',  # noqa: S608
                (address,),
            ).fetchall()
            for row in rows:
                erasing.run(table, "redacted", f'UPDATE "{table}" SET "{column}" = :text WHERE rowid = :at',  # noqa: S608
                            text=redact_text(row["text"], [address]), at=row["at"])  # fmt: skip


def _text_columns(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    """The columns of text in ordinary tables with row ids; those without are keyed by what is in them."""
    rows = connection.execute(
        """
        SELECT tables.name AS name, columns.name AS column
        FROM pragma_table_list AS tables
        JOIN pragma_table_info(tables.name) AS columns
        WHERE tables.type = 'table' AND NOT tables.wr AND columns.type = 'TEXT' AND tables.name NOT LIKE 'sqlite_%'
        ORDER BY tables.name, columns.cid
        """
    ).fetchall()
    return [(row["name"], row["column"]) for row in rows if row["name"] not in _NO_TEXTS]


def mentions(connection: sqlite3.Connection, addresses: Sequence[str]) -> int:
    """How many letters hold one of these addresses in their text: others' letters, which are not touched."""
    found: set[int] = set()
    for address in addresses:
        words = " ".join(f'"{word}"' for word in re.split(r"[^0-9A-Za-z\u0080-\U0010ffff]+", address) if word)
        if words:
            phrase = " + ".join(words.split(" "))
            found.update(
                row[0] for row in connection.execute("SELECT rowid FROM search WHERE search MATCH ?", (phrase,))
            )
    return len(found)
