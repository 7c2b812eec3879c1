"""Any sequence of merges, edits, new mail, splits and unmerges leaves no orphan and loses no message, fact or promise.

The model knows only whose each thing is: that of an address, or of the contact it was noted for. Whoever stands for
that person now must hold it. The tables are found in the schema, so a new one is tried without anybody thinking of it.
"""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from inboxcrm.domain.merging import join
from inboxcrm.domain.message import Address
from inboxcrm.domain.occasions import Kind, Occasion
from inboxcrm.store import contacts, merging, occasions, parting
from inboxcrm.store.belongings import columns
from inboxcrm.store.database import Database
from tests.contacts.rows import fill

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PEOPLE = 3
BOOK = Database(None)
"""One database for all examples; each is rolled back."""

COLUMNS = BOOK.reading(columns)
pick = st.integers(0, 1000)

SPECIAL = frozenset(("addresses", "messages", "matters", "occasions", "preferences"))
"""Tables that the machine fills by rules of their own."""


class Merging(RuleBasedStateMachine):
    """Three people with two addresses each, on a database in memory."""

    def __init__(self) -> None:
        super().__init__()
        self.database = BOOK
        self.connection = BOOK._connection
        self.connection.execute("BEGIN")
        self.number = 0
        self.people: list[int] = []
        self.parent: dict[int, int | None] = {}
        self.owner_of_address: dict[str, int] = {}
        self.address_of_message: dict[int, str] = {}
        self.first_of_matter: dict[int, int] = {}
        self.owner_of_row: dict[tuple[str, int], tuple[str, int]] = {}
        self.owner_of_preference: dict[str, int] = {}
        self.made: Counter[str] = Counter()
        self.live: dict[int, int] = {}

    def teardown(self) -> None:
        self.connection.execute("ROLLBACK")

    @initialize()
    def open_book(self) -> None:
        with self.database.write() as connection:
            for number in range(PEOPLE):
                first, second = (Address(f"P {number}", f"p{number}{tag}@c.example", f"p{number}{tag}@c.example")
                                 for tag in ("", "b"))  # fmt: skip
                person = contacts.add_contact(connection, first, None, now=NOW)
                connection.execute(
                    "INSERT INTO addresses (key, spec, name, contact_id) VALUES (?, ?, '', ?)",
                    (second.key, second.spec, person),
                )
                self.people.append(person)
                self.parent[person] = None
                self.owner_of_address |= {first.key: person, second.key: person}
                self.made["addresses"] += 2

    # -- the model

    def holder(self, person: int) -> int:
        while (above := self.parent[person]) is not None:
            person = above
        return person

    def standing(self) -> list[int]:
        return [each for each in self.people if self.parent[each] is None]

    def choose(self, number: int) -> int:
        standing = self.standing()
        return standing[number % len(standing)]

    # -- what happens

    @rule(number=pick, out=st.booleans(), matter=pick)
    def a_mail_comes_or_goes(self, number: int, out: bool, matter: int) -> None:
        keys = sorted(self.owner_of_address)
        key = keys[number % len(keys)]
        holder = self.holder(self.owner_of_address[key])
        self.number += 1
        with self.database.write() as connection:
            known = list(self.first_of_matter)
            if matter % 3 and known:
                matter_id = known[matter % len(known)]
            else:
                fill(connection, "matters", {"contact_id": holder}, self.number)
                matter_id = self._newest("matters")
                self.made["matters"] += 1
            given = {"contact_id": holder, "matter_id": matter_id, "direction": "out" if out else "in",
                     "received_at": f"2026-03-02T09:{self.number // 60:02}:{self.number % 60:02}Z",
                     "sender_key": "me@example.org" if out else key}  # fmt: skip
            fill(connection, "messages", given, self.number)
            row = self._newest("messages")
            role, other = ("to", "from") if out else ("from", "to")
            for name, who in ((role, key), (other, "me@example.org")):
                connection.execute("INSERT INTO participants VALUES (?, ?, ?)", (row, name, who))
        self.made["messages"] += 1
        self.address_of_message[row] = key
        self.first_of_matter.setdefault(matter_id, row)

    @rule(number=pick, which=pick, from_mail=st.booleans())
    def something_is_noted(self, number: int, which: int, from_mail: bool) -> None:
        """A fact, a promise, a commitment, or a row of any table of the future, with a mail behind it or without."""
        found = [each for each in COLUMNS if each.table not in SPECIAL]
        column = found[which % len(found)]
        others = [each.name for each in found if each.table == column.table and each != column]
        needed = self._needed(column.table)
        given: dict[str, Any] = {}
        if column.follows[:1] == ("message_id",) and (from_mail or "message_id" in needed):
            row = self._some(self.address_of_message, number)
            owner = ("message", row)
            given["message_id"] = row
            if row and "matter_id" in needed:
                given["matter_id"] = self._matter_of(row)
        elif "matter_id" in needed:
            matter_id = self._some(self.first_of_matter, number)
            owner = ("message", self.first_of_matter.get(matter_id, 0))
            given["matter_id"] = matter_id
        else:
            owner = ("person", self.choose(number))
        kind, about = owner
        if not about:
            return
        holder = about if kind == "person" else self.holder(self.owner_of_address[self.address_of_message[about]])
        given |= {column.name: holder} | dict(zip(others, self._others(holder), strict=False))
        self.number += 1
        try:
            with self.database.write() as connection:
                fill(connection, column.table, given, self.number)
                row = self._newest(column.table)
        except sqlite3.IntegrityError:
            return  # they have one already, or there is nobody else yet
        self.made[column.table] += 1
        if column.numbered and not others:
            self.owner_of_row[column.table, row] = owner

    def _some(self, things: dict[int, Any], number: int) -> int:
        return sorted(things)[number % len(things)] if things else 0

    def _others(self, holder: int) -> list[int]:
        return [each for each in self.standing() if each != holder]

    @rule(number=pick, again=st.booleans())
    def a_day_returns(self, number: int, again: bool) -> None:
        with self.database.write() as connection:
            made = occasions.add(
                connection, self.choose(number), Occasion(Kind.BIRTHDAY, 1 + again, 1), note="", source="hand", now=NOW
            )
            if made is not None:
                self.made["occasions"] += 1
                self.owner_of_row["occasions", made] = ("person", self.choose(number))
                occasions.greet(connection, made, 2026, how="mail", now=NOW)

    @rule(number=pick)
    def somebody_likes_to_be_called(self, number: int) -> None:
        """Of such rows each contact has one at most: two that are put together have one too many."""
        person = self.choose(number)
        self.number += 1
        if self.connection.execute("SELECT 1 FROM preferences WHERE contact_id = ?", (person,)).fetchone() is None:
            note = f"note {self.number}"
            fill(self.connection, "preferences", {"contact_id": person, "note": note}, self.number)
            self.owner_of_preference[note] = person
            self.made["preferences"] += 1

    @rule(number=pick, language=st.sampled_from(("de", "fr")))
    def a_card_is_edited(self, number: int, language: str) -> None:
        with self.database.write() as connection:
            connection.execute("UPDATE contacts SET language = ? WHERE id = ?", (language, self.choose(number)))

    @precondition(lambda self: len(self.standing()) > 1)
    @rule(one=pick, other=pick)
    def two_are_one_after_all(self, one: int, other: int) -> None:
        """As often again: this is what the machine is about."""
        self.two_are_put_together(one, other)

    @precondition(lambda self: len(self.standing()) > 1)
    @rule(one=pick, other=pick)
    def two_are_put_together(self, one: int, other: int) -> None:
        kept = self.choose(one)
        rest = [each for each in self.standing() if each != kept]
        merged = rest[other % len(rest)]
        with self.database.write() as connection:
            joined = join(merging.settings(connection, kept), merging.settings(connection, merged), nameless=False)
            self.live[merged] = merging.merge(connection, kept, merged, joined.fills, at=NOW)
        self.parent[merged] = kept

    @precondition(lambda self: self.live)
    @rule(number=pick)
    def one_is_parted(self, number: int) -> None:
        person = sorted(self.live)[number % len(self.live)]
        with self.database.write() as connection:
            parting.unmerge(connection, self.live.pop(person), at=NOW)
        self.parent[person] = None

    @precondition(lambda self: len(self.people) < PEOPLE + 2)
    @rule(number=pick)
    def one_becomes_two(self, number: int) -> None:
        holder = self.choose(number)
        keys = sorted(key for key, owner in self.owner_of_address.items() if self.holder(owner) == holder)
        if len(keys) < 2:
            return
        key = keys[number % len(keys)]
        with self.database.write() as connection:
            person = parting.split(connection, holder, [key], name="Split", at=NOW)
        self.people.append(person)
        self.parent[person] = None
        self.owner_of_address[key] = person

    # -- what must hold

    @invariant()
    def nothing_points_at_a_merged_contact(self) -> None:
        for column in COLUMNS:
            stray = (
                f"SELECT 1 FROM {column.table} "
                f"WHERE {column.name} IN (SELECT id FROM contacts WHERE contacts.merged_into IS NOT NULL)"
            )
            assert self.connection.execute(stray).fetchone() is None, column.label
        assert self.connection.execute("PRAGMA foreign_key_check").fetchall() == []

    @invariant()
    def everything_is_with_whoever_stands_for_its_person(self) -> None:
        for key, owner in self.owner_of_address.items():
            assert self._held("addresses", "key", key) == self.holder(owner), key
        for row, key in self.address_of_message.items():
            assert self._held("messages", "id", row) == self.holder(self.owner_of_address[key]), row
        for matter_id, row in self.first_of_matter.items():
            owner = self.owner_of_address[self.address_of_message[row]]
            assert self._held("matters", "id", matter_id) == self.holder(owner), matter_id
        for (table, row), (kind, about) in self.owner_of_row.items():
            owner = about if kind == "person" else self.owner_of_address[self.address_of_message[about]]
            held = self._held(table, "rowid", row)
            assert held is None or held == self.holder(owner), (table, row)

    @invariant()
    def nothing_is_lost(self) -> None:
        images = [
            json.loads(row[0])["absorbed"]
            for row in self.connection.execute("SELECT image FROM contact_merges WHERE undone_at IS NULL")
        ]
        for table, made in self.made.items():
            (there,) = self.connection.execute(f"SELECT COUNT(*) FROM {table}").fetchone()
            kept = sum(len(rows) for each in images for label, rows in each.items() if label.startswith(f"{table}."))
            assert there + kept >= made, table

    @invariant()
    def who_stands_alone_is_reached_as_ever(self) -> None:
        for note, owner in self.owner_of_preference.items():
            held = self._held("preferences", "note", note)
            assert held in {None, self.holder(owner)}
            assert held == owner or self.parent[owner] is not None

    @invariant()
    def a_day_kept_once_for_two_is_kept_twice_again(self) -> None:
        dropped = self.connection.execute("SELECT COUNT(*) FROM occasions WHERE dropped_at IS NOT NULL").fetchone()[0]
        assert self.live or dropped == 0

    # -- looking

    def _held(self, table: str, key: str, value: object) -> int | None:
        column = next(each.name for each in COLUMNS if each.table == table)
        row = self.connection.execute(f"SELECT {column} FROM {table} WHERE {key} = ?", (value,)).fetchone()
        return None if row is None else int(row[0])

    def _newest(self, table: str) -> int:
        return int(self.connection.execute("SELECT last_insert_rowid()").fetchone()[0])

    def _needed(self, table: str) -> set[str]:
        rows = self.connection.execute('SELECT name, pk, "notnull" AS needed FROM pragma_table_info(?)', (table,))
        return {row["name"] for row in rows if row["needed"] or row["pk"]}

    def _matter_of(self, row: int) -> int:
        return int(self.connection.execute("SELECT matter_id FROM messages WHERE id = ?", (row,)).fetchone()[0])


TestMerging = pytest.mark.slow(Merging.TestCase)
TestMerging.settings = settings(max_examples=50, stateful_step_count=30)


def test_every_table_with_a_contact_can_be_filled() -> None:
    database = Database(None)

    with database.write() as connection:
        found = columns(connection)
        contacts.add_contact(connection, Address("A", "a@c.example", "a@c.example"), None, now=NOW)
        contacts.add_contact(connection, Address("B", "b@c.example", "b@c.example"), None, now=NOW)
        for number, table in enumerate(sorted({column.table for column in found})):
            names = [each.name for each in found if each.table == table]
            fill(connection, table, dict(zip(names, (1, 2), strict=False)), 1000 + number)

    assert {"messages", "promises", "facts", "matters", "touches"} <= {column.table for column in found}
    database.close()
