"""Takes address books in and out. What is shown before and what is done are one and the same run, taken back or not.

Nothing is overwritten: where a card says something else than what is on record, both are shown and ours stays.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from inboxcrm.configuration.values import zone_names
from inboxcrm.domain import card_tables, vcards
from inboxcrm.domain.address import address, is_role_address, organisational_domain, parse_addresses
from inboxcrm.domain.card_lines import told
from inboxcrm.domain.cards import Card, Day, Labelled
from inboxcrm.domain.message import Address
from inboxcrm.domain.occasions import Kind
from inboxcrm.domain.phones import read_number, region_of
from inboxcrm.domain.text import one_line
from inboxcrm.domain.wording import LANGUAGES
from inboxcrm.errors import UserError
from inboxcrm.render import UndeliverableError, deliverable
from inboxcrm.service.household import Household
from inboxcrm.service.reach import home_region, page_key
from inboxcrm.store import card_lines, contacts, facts, home, occasions, reach, social, told_occasions, views
from inboxcrm.store.views import ContactRow

LARGEST = 64_000_000
SOURCE = "vcard"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing a card does. `kind`: new, add, set, suggest, conflict (ours stays) or skipped (nothing is taken)."""

    where: str
    who: str
    kind: str
    what: str
    value: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What a file did, or would do, card by card; `unchanged` cards said nothing new."""

    changes: tuple[Change, ...]
    cards: int
    unchanged: int


class _TakenBackError(Exception):
    """Ends a dry run: the transaction is undone."""


def read_file(path: Path) -> list[Card]:
    """The cards of a vCard file or a table. Raises UserError for one that cannot be read or is neither."""
    try:
        octets = path.read_bytes() if path.stat().st_size <= LARGEST else None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    if octets is None:
        raise UserError(f"{path} is larger than {LARGEST // 1_000_000} MB: no address book")
    text = _text(octets)
    if "BEGIN:VCARD" in text[:4096].upper():
        return vcards.read(text)
    try:
        return card_tables.read(text)
    except ValueError as error:
        raise UserError(f"{path} is neither vCard nor a table of contacts: {error}") from error


def _text(octets: bytes) -> str:
    for charset in ("utf-16" if octets[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp1252"):
        try:
            return octets.decode(charset)
        except UnicodeDecodeError:
            continue
    return octets.decode("latin-1")


def take(household: Household, cards: Sequence[Card], *, source: str, apply: bool) -> Taken:
    """Take cards in, all in one transaction; without `apply` it is taken back, and only what it would do is told."""
    now = household.clock.now()
    taken = Taken((), 0, 0)
    try:
        with household.database.write() as connection:
            intake = _Intake(household, connection, source, now)
            by_card = [list(intake.take(card)) for card in cards]
            changes = tuple(change for each in by_card for change in each)
            taken = Taken(changes, len(by_card), sum(not each for each in by_card))
            if not apply:
                raise _TakenBackError
            home.journal(
                connection, "contacts-imported", source, {"cards": len(by_card), "changes": len(changes)}, now=now
            )
    except _TakenBackError:
        pass
    return taken


def _mailboxes(value: str, name: str) -> list[Address]:
    """The addresses in a field of a card: some write several, a name beside one, a link. What is none is left out."""
    found = parse_addresses(value.strip().removeprefix("mailto:")).addresses
    return [address(name, each.spec.rstrip(".")) for each in found if _is_whole(each)]


def _is_whole(each: Address) -> bool:
    try:
        deliverable(each, smtputf8=True)
    except UndeliverableError:
        return False
    return True


@dataclass(frozen=True, slots=True)
class _Intake:
    household: Household
    connection: sqlite3.Connection
    source: str
    now: datetime

    def take(self, card: Card) -> Iterator[Change]:
        """Take one card in, and tell what that changed."""
        given = [found for each in card.addresses for found in _mailboxes(each.value, card.name)]
        theirs = [each for each in given if not self.household.is_own(each.key)]
        who = one_line(card.name, 80) or (theirs[0].spec if theirs else "?")
        if not theirs:
            why = "the address is your own" if given else "no mail address"
            yield Change(card.where, who, "skipped", "card", why)
            return
        for value in (each.value for each in card.addresses if "@" in each.value):
            if not _mailboxes(value, card.name):
                yield Change(card.where, who, "skipped", "address", f"{one_line(value, 80)} is none")
        entries = [contacts.entry(self.connection, each.key) for each in theirs]
        people = sorted({each.contact_id for each in entries if each is not None and each.contact_id is not None})
        if len(people) > 1:
            named = ", ".join(f"c{each}" for each in people)
            yield Change(card.where, who, "skipped", "card", f"its addresses belong to {named}: merge them first")
            return
        usable = [
            each for each, entry in zip(theirs, entries, strict=True)
            if entry is None or entry.contact_id is not None or entry.organisation_id is None
        ]  # fmt: skip
        for each in theirs:
            if each not in usable:
                yield Change(card.where, who, "conflict", "address", f"{each.spec} belongs to an organisation")
        if not usable:
            return
        if people:
            contact_id = people[0]
        elif all(is_role_address(each.local) for each in usable):
            yield Change(
                card.where, who, "skipped", "card", "an office and no person: its mail makes it the organisation's"
            )
            return
        else:
            contact_id, founded = self._new(card, usable[0])
            yield Change(card.where, who, "new", "contact", usable[0].spec)
            if founded is not None:
                yield Change(card.where, who, "new", "organisation", founded)
        yield from (Change(card.where, who, *each) for each in self._fill(card, contact_id, usable))

    def _new(self, card: Card, first: Address) -> tuple[int, str | None]:
        """A new contact, and what the organisation of their domain is called from now on if nobody was of it yet."""
        domain = None if self.household.is_public(first.domain) else organisational_domain(first.domain)
        known = None if domain is None else contacts.organisation(self.connection, domain)
        organisation_id = known
        if domain is not None and known is None:
            called = one_line(card.organisation, 200)
            organisation_id = contacts.found_organisation(self.connection, domain, called=called)
        named = Address(one_line(card.name, 200), first.spec, first.key)
        contact_id = contacts.add_contact(self.connection, named, organisation_id, now=self.now)
        if organisation_id == known:
            return contact_id, None
        row = views.contact(self.connection, contact_id)
        return contact_id, None if row is None else f"{row.organisation} ({domain})"

    def _fill(self, card: Card, contact_id: int, usable: Sequence[Address]) -> Iterator[tuple[str, str, str]]:
        before = views.contact(self.connection, contact_id)
        if before is not None and before.known_since is None and before.messages:
            yield "set", "known", "no stranger any more"
        for each in usable:
            if contacts.add_address(self.connection, contact_id, each):
                yield "add", "address", each.spec
            contacts.make_known(self.connection, each.key, because=f"imported from {self.source}", at=self.now)
        row = views.contact(self.connection, contact_id)
        assert row is not None
        yield from self._name(card, row)
        yield from self._settings(card, row)
        yield from self._organisation(card, row)
        yield from self._reach(card, row)
        yield from self._days(card, contact_id)
        for line in card.kept:
            if card_lines.add(self.connection, contact_id, line, at=self.now):
                yield "add", *told(line)
        if card.note and all(each.text != card.note for each in facts.of_contact(self.connection, contact_id)):
            facts.add(
                self.connection, contact_id=contact_id, message_id=None, text=one_line(card.note, 500), quote="",
                said_at=self.now, now=self.now,
            )  # fmt: skip
            yield "add", "fact", one_line(card.note, 80)

    def _name(self, card: Card, row: ContactRow) -> Iterator[tuple[str, str, str]]:
        name = one_line(card.name, 200)
        if not name or name == row.name:
            return
        if row.name in (row.addresses or "").split(", "):
            contacts.rename(self.connection, row.id, name)
            yield "set", "name", name
        else:
            yield "conflict", "name", f"ours {row.name}, theirs {name}"

    def _settings(self, card: Card, row: ContactRow) -> Iterator[tuple[str, str, str]]:
        given = {"language": card.language, "timezone": card.timezone}
        held = {"language": row.language, "timezone": row.timezone}
        allowed: dict[str, Callable[[str], bool]] = {"language": LANGUAGES.__contains__, "timezone": _is_zone}
        kept = dict(held)
        for name, value in given.items():
            if not value or value == held[name] or not allowed[name](value):
                continue
            if held[name] is None:
                kept[name] = value
                yield "set", name, value
            else:
                yield "conflict", name, f"ours {held[name]}, theirs {value}"
        if kept != held:
            contacts.set_terms(
                self.connection, row.id, plan=row.own_plan, policy=row.policy, form=row.form,
                language=kept["language"], timezone=kept["timezone"],
            )  # fmt: skip

    def _organisation(self, card: Card, row: ContactRow) -> Iterator[tuple[str, str, str]]:
        name = one_line(card.organisation, 200)
        if not name or (row.organisation or "").casefold() == name.casefold():
            return
        if row.organisation is not None:
            yield "conflict", "organisation", f"ours {row.organisation}, theirs {name}"
            return
        named = contacts.organisations_called(self.connection, name)
        if len(named) == 1:
            contacts.file_under(self.connection, row.id, named[0])
            yield "set", "organisation", name
        else:
            yield "conflict", "organisation", f"no organisation of that name is on record: {name}"

    def _reach(self, card: Card, row: ContactRow) -> Iterator[tuple[str, str, str]]:
        keys = tuple(each.key for each in contacts.addresses(self.connection, row.id))
        region = region_of(timezone=row.timezone or card.timezone or None, keys=keys, owner=home_region(self.household))
        held = {each.number: each for each in reach.phones(self.connection, row.id)}
        for phone in card.phones:
            number = read_number(phone.value, region)
            if number is None:
                yield "conflict", "phone", f"no number that can be dialled: {phone.value}"
            elif number.e164 not in held or held[number.e164].state != reach.KEPT:
                labelled = type(number)(number.e164, number.national, number.international, number.region, phone.label)
                reach.add_phone(self.connection, row.id, labelled, state=reach.KEPT, at=self.now)
                yield "add", "phone", number.international
        for page in card.pages:
            yield from self._page(page, row.id)

    def _page(self, page: str, contact_id: int) -> Iterator[tuple[str, str, str]]:
        try:
            key = page_key(page)
        except UserError:
            yield "conflict", "page", f"no page: {one_line(page, 80)}"
            return
        owner = social.owner_of(self.connection, key)
        if owner is None:
            social.own(self.connection, key, contact_id, now=self.now)
            yield "add", "page", key
        elif owner != contact_id:
            yield "conflict", "page", f"{key} is the page of c{owner}"

    def _days(self, card: Card, contact_id: int) -> Iterator[tuple[str, str, str]]:
        for kind, day in ((Kind.BIRTHDAY, card.birthday), (Kind.ANNIVERSARY, card.anniversary)):
            if day is not None and told_occasions.suggest(
                self.connection, contact_id, kind=kind, month=day.month, day=day.day, year=day.year,
                quote=f"{kind} {day.text()} in {self.source}", source=SOURCE, told_at=self.now,
            ) is not None:  # fmt: skip
                yield "suggest", kind.value, day.text()


def _is_zone(name: str) -> bool:
    """Whether the system knows a time zone of this name."""
    return name in zone_names()


# -- out


def cards_of(connection: sqlite3.Connection, *, like: str = "") -> list[Card]:
    """Everybody who stands, or those whom these words mean, as cards, by name."""
    rows = views.contacts(connection, like=like, limit=1_000_000)
    return [_card(connection, row) for row in sorted(rows, key=lambda row: (row.name.casefold(), row.id))]


def _card(connection: sqlite3.Connection, row: ContactRow) -> Card:
    days = {each.kind: each for each in occasions.listed(connection, row.id)}

    def day(kind: Kind) -> Day | None:
        found = days.get(kind)
        return None if found is None else Day(found.month, found.day, found.year)

    return Card(
        name=row.name,
        addresses=tuple(Labelled(each.spec) for each in contacts.addresses(connection, row.id)),
        phones=tuple(Labelled(each.number, each.label) for each in reach.phones(connection, row.id, state=reach.KEPT)),
        pages=tuple(reach.pages(connection, row.id)),
        organisation=row.organisation or "",
        language=row.language or "",
        timezone=row.timezone or "",
        birthday=day(Kind.BIRTHDAY),
        anniversary=day(Kind.ANNIVERSARY),
        kept=tuple(card_lines.of_contact(connection, row.id)),
    )
