"""The SQL of erasing mail and people: what a row held goes, and what must be known for ever stays as a digest.

A mail that is erased leaves a husk: the fingerprint of its octets, its dates and its places on the server. So it is
not read again, nothing about it is answered again, and the ledger of promises, which refers to it, stays whole. Of an
outgoing mail stays the key by which nothing is sent twice. A matter without mail leaves a husk too.

Which tables refer to a mail, a matter or a contact is asked of the schema, so that none that comes later is forgotten.
What is done is counted by table. Everything happens in the caller's transaction; references are checked at its end.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime

from inboxcrm.domain.erasure import NOBODY, redact, redact_text
from inboxcrm.domain.mime import parse
from inboxcrm.store import messages
from inboxcrm.store.dossier import Key, foreign_keys
from inboxcrm.store.times import to_text

_KEPT_OF_MESSAGE = frozenset(
    ("locations", "server_ids", "promises", "outbox", "answered", "twins", "matter_changes", "messages")
)
"""Tables whose rows go on referring to a husk: places, keys, the ledger."""

_KEPT_OF_MATTER = frozenset(("promises", "outbox", "matter_changes", "messages", "matters"))


@dataclass(slots=True)
class Erasing:
    """An erasure under way in one transaction: `counts` says what was done, by table and deed.

    `people_stay`: what is noted of people outlives the mail it was read in.
    """

    connection: sqlite3.Connection
    at: datetime
    people_stay: bool = False
    counts: Counter[tuple[str, str]] = field(default_factory=Counter)
    keys: Sequence[Key] = field(init=False)

    def __post_init__(self) -> None:
        self.connection.execute("PRAGMA defer_foreign_keys = ON")
        self.keys = foreign_keys(self.connection)

    def run(self, table: str, deed: str, statement: str, **values: object) -> None:
        """Do one statement, and count the rows it touched."""
        self.counts[table, deed] += self.connection.execute(statement, values).rowcount

    # -- mail

    def erase_messages(self, ids: Collection[int]) -> None:
        """Leave husks of these messages."""
        if not ids:
            return
        listed = json.dumps(sorted(ids))
        messages.index(self.connection)
        self._out_of_search(listed)
        self.run(
            "thread_ids",
            "deleted",
            """
            DELETE FROM thread_ids
            WHERE message_id IN (SELECT message_id FROM messages
                                 WHERE id IN (SELECT value FROM json_each(:ids)) AND message_id IS NOT NULL)
            """,
            ids=listed,
        )
        for key in self.keys:
            if key.to == "messages" and key.table not in _KEPT_OF_MESSAGE:
                self._let_go(key, listed)
        self.empty_outbox("message_id IN (SELECT value FROM json_each(:ids))", ids=listed)
        self.run(
            "messages",
            "emptied",
            """
            UPDATE messages
            SET message_id = NULL, class = 'machine', outcome = NULL, reasons = '[]', sent_at = NULL,
                contact_id = NULL, sender_key = NULL, sender = :erased, recipients = '', subject = '', preview = '',
                language = NULL, attachments = '[]', defects = '[]', erased_at = :at
            WHERE id IN (SELECT value FROM json_each(:ids))
            """,
            ids=listed,
            erased=messages.ERASED,
            at=to_text(self.at),
        )

    def _let_go(self, key: Key, ids: str) -> None:
        """Rows that refer to messages: those of another contact, and mere evidence, lose the reference; others go."""
        where = f'"{key.column}" IN (SELECT value FROM json_each(:ids))'  # noqa: S608 - of the schema
        if key.optional and (key.column != "message_id" or (self.people_stay and key.of_contact)):
            self.forget(key, where, ids=ids)
            return
        if key.optional and key.of_contact:
            whose = f'(SELECT contact_id FROM messages WHERE messages.id = "{key.table}"."{key.column}")'  # noqa: S608
            self.forget(key, f"{where} AND contact_id IS NOT NULL AND contact_id IS NOT {whose}", ids=ids)
        self.delete(key.table, where, ids=ids)

    def forget(self, key: Key, where: str, **values: object) -> None:
        """Take a reference out of rows that may stand without it."""
        statement = f'UPDATE "{key.table}" SET "{key.column}" = NULL WHERE {where}'  # noqa: S608 - of the schema
        self.run(key.table, "emptied", statement, **values)

    def delete(self, table: str, where: str, **values: object) -> None:
        """Delete rows, and whatever belongs to them; where that may stand without them, it loses the reference."""
        for key in self.keys:
            if key.to == table and key.table != table:
                theirs = f'"{key.column}" IN (SELECT "{key.key}" FROM "{table}" WHERE {where})'  # noqa: S608
                if key.optional:
                    self.forget(key, theirs, **values)
                else:
                    self.delete(key.table, theirs, **values)
        self.run(table, "deleted", f'DELETE FROM "{table}" WHERE {where}', **values)  # noqa: S608 - of the schema

    def _out_of_search(self, ids: str) -> None:
        """FTS5 keeps no text of its own: it must be told what it was given to forget it."""
        self.connection.execute(
            """
            INSERT INTO search (search, rowid, subject, sender, recipients, text)
            SELECT 'delete', id, subject, sender, recipients, text
            FROM search_source
            WHERE id IN (SELECT value FROM json_each(?))
            """,
            (ids,),
        )

    def redact_message(
        self, row_id: int, keys: Collection[str], addresses: Collection[str], contact_id: int | None
    ) -> None:
        """Take people out of a message that stays: out of its octets, its lists of people and its text."""
        raw = messages.raw(self.connection, row_id)
        if raw is None:
            return
        listed = json.dumps([row_id])
        messages.index(self.connection)
        self._out_of_search(listed)
        clean = redact(raw, addresses)
        message = parse(clean)
        row = self.connection.execute(
            "SELECT letters.text, preview FROM messages JOIN letters ON letters.message_id = id WHERE id = ?", (row_id,)
        ).fetchone()
        messages.replace_octets(self.connection, row_id, clean, redact_text(row["text"], addresses))
        self.run("participants", "deleted", """
            DELETE FROM participants
            WHERE message_id = :id AND address_key IN (SELECT value FROM json_each(:keys))
            """, id=row_id, keys=json.dumps(list(keys)))  # fmt: skip
        self.run(
            "messages",
            "redacted",
            """
            UPDATE messages
            SET sender = :sender, recipients = :recipients, preview = :preview, redacted_at = :at,
                contact_id = CASE WHEN contact_id = :contact THEN (
                    SELECT addresses.contact_id
                    FROM participants
                    JOIN addresses ON addresses.key = participants.address_key
                    WHERE participants.message_id = :id AND addresses.contact_id IS NOT NULL
                    ORDER BY participants.role DESC LIMIT 1) ELSE contact_id END
            WHERE id = :id
            """,
            id=row_id,
            sender=messages.people(message.from_),
            recipients=messages.people(message.recipients),
            preview=redact_text(row["preview"], addresses),
            at=to_text(self.at),
            contact=contact_id,
        )
        self.connection.execute(
            """
            INSERT INTO search (rowid, subject, sender, recipients, text)
            SELECT id, subject, sender, recipients, text FROM search_source WHERE id = ?
            """,
            (row_id,),
        )

    def empty_outbox(self, where: str, **values: object) -> None:
        """Of outgoing mail leave the keys by which nothing is sent twice, and the times."""
        statement = f"""
            UPDATE outbox
            SET recipient = :nobody, envelope_from = '', subject = '', subject_key = '', text = '', raw = x'',
                reply = NULL
            WHERE recipient <> :nobody AND {where}
            """  # noqa: S608 - conditions of our own
        self.run("outbox", "emptied", statement, nobody=NOBODY, **values)

    # -- matters

    def settle_matters(self, ids: Iterable[int]) -> None:
        """Leave husks of those of these matters in which no mail is left; the others go to who is left in them."""
        for matter_id in ids:
            left = self.connection.execute(
                "SELECT COUNT(*) FROM messages WHERE matter_id = ? AND erased_at IS NULL", (matter_id,)
            ).fetchone()[0]
            if left:
                self._hand_over(matter_id)
            else:
                self._empty_matter(matter_id)

    def _hand_over(self, matter_id: int) -> None:
        self.connection.execute(
            """
            UPDATE matters
            SET contact_id = COALESCE(contact_id, (
              SELECT contact_id FROM messages
              WHERE matter_id = :id AND contact_id IS NOT NULL
              ORDER BY received_at DESC LIMIT 1))
            WHERE id = :id
            """,
            {"id": matter_id},
        )

    def _empty_matter(self, matter_id: int) -> None:
        for key in self.keys:
            if key.to == "matters" and key.table not in _KEPT_OF_MATTER and not key.optional:
                self.delete(key.table, f'"{key.column}" = :id', id=matter_id)
        self.empty_outbox("matter_id = :id", id=matter_id)
        self.run(
            "matters",
            "emptied",
            """
            UPDATE matters
            SET contact_id = NULL, organisation_id = NULL, subject = '', subject_key = '', turn = 'nobody',
                erased_at = :at
            WHERE id = :id
            """,
            id=matter_id,
            at=to_text(self.at),
        )


@contextmanager
def writable_history(connection: sqlite3.Connection) -> Iterator[None]:
    """Within it the tables that otherwise are only added to may be changed: the erasure of a person is why."""
    guards = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND sql IS NOT NULL")
    standing = [(row["name"], row["sql"]) for row in guards]
    for name, _ in standing:
        connection.execute(f'DROP TRIGGER "{name}"')
    yield
    for _, statement in standing:
        connection.execute(statement)
