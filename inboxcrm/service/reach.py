"""Numbers, pages, relations and roles: what the owner enters, and the numbers that stand below letters."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from inboxcrm.domain import social as networks
from inboxcrm.domain.phones import Number, in_signature, owner_region, read_number, region_of
from inboxcrm.domain.relations import LONGEST, ROLES, relation
from inboxcrm.domain.text import one_line, storable
from inboxcrm.errors import UserError
from inboxcrm.service import meant, reading_along
from inboxcrm.service.household import Household
from inboxcrm.store import commitments, contacts, home, reach, social, views
from inboxcrm.store.commitments import ReadMail
from inboxcrm.store.reach import PhoneRow, RelationRow, RoleRow

CURSOR = "phones_read_to"
LOOKED_BACK = timedelta(days=730)
"""A number changes less often than what people promise: letters of two years are read for it."""

AT_ONCE = 20


def home_region(household: Household) -> str | None:
    """Where the owner telephones from."""
    config = household.config
    return owner_region(holidays=config.office.holidays, timezone=str(config.owner.timezone))


def _region(household: Household, connection: sqlite3.Connection, contact_id: int) -> str | None:
    card = contacts.card(connection, contact_id)
    keys = tuple(each.key for each in contacts.addresses(connection, contact_id))
    return region_of(timezone=card.timezone or None, keys=keys, owner=home_region(household))


@dataclass(frozen=True, slots=True)
class Reach:
    """How a contact is reached, and how they stand to others."""

    phones: tuple[PhoneRow, ...]
    pages: tuple[str, ...]
    relations: tuple[RelationRow, ...]
    roles: tuple[RoleRow, ...]


def of(connection: sqlite3.Connection, contact_id: int) -> Reach:
    """Everything of that kind on record."""
    return Reach(
        tuple(reach.phones(connection, contact_id)),
        tuple(reach.pages(connection, contact_id)),
        tuple(reach.relations(connection, contact_id)),
        tuple(reach.roles(connection, contact_id=contact_id)),
    )


def keep_phone(household: Household, contact_id: int, text: str, *, label: str = "") -> Number:
    """Keep a number, or confirm one that was suggested. Raises UserError for one that cannot exist."""
    with household.database.write() as connection:
        number = _read(household, connection, contact_id, text)
        number = replace(number, label=one_line(storable(label), 30))
        now = household.clock.now()
        if reach.add_phone(connection, contact_id, number, state=reach.KEPT, at=now):
            home.journal(connection, "phone", f"contact {contact_id}", {}, now=now)
    return number


def drop_phone(household: Household, contact_id: int, text: str) -> None:
    """The number is not theirs: not suggested again. Raises UserError where it is not on record."""
    with household.database.write() as connection:
        number = _read(household, connection, contact_id, text)
        if not reach.drop_phone(connection, contact_id, number.e164):
            raise UserError(f"{number.international} is not on record. See: inboxcrm contacts phones")
        home.journal(connection, "phone-dropped", f"contact {contact_id}", {}, now=household.clock.now())


def _read(household: Household, connection: sqlite3.Connection, contact_id: int, text: str) -> Number:
    region = _region(household, connection, contact_id)
    number = read_number(text, region)
    if number is None:
        raise UserError(f"{text!r} is no number that can be dialled from {region or 'there'}. Write it like +41 44 ...")
    return number


_HOST = re.compile(r"[\w-]+(?:\.[\w-]+)+")
LONGEST_PAGE = 300


def page_key(url: str) -> str:
    """A page as the notices of its network name it, else in lower case without query; UserError where it is none."""
    address = url.strip() if "//" in url else f"https://{url.strip()}"
    try:
        parts = urlsplit(address)
    except ValueError:
        parts = urlsplit("")
    if parts.scheme not in ("http", "https") or not _HOST.fullmatch(parts.netloc) or len(address) > LONGEST_PAGE:
        raise UserError(f"{url!r} is no page. Write it like https://network.example/in/anna")
    return networks.page(address) or f"https://{parts.netloc}{parts.path}".rstrip("/").lower()


def keep_page(household: Household, contact_id: int, url: str) -> str:
    """Keep a page of theirs: what its network tells of it is theirs. Raises UserError for somebody else's."""
    key, now = page_key(url), household.clock.now()
    with household.database.write() as connection:
        owner = social.owner_of(connection, key)
        if owner not in (None, contact_id):
            held = meant.contact_of(connection, str(owner))
            raise UserError(f"{key} is the page of {held.name} (c{held.id}) already")
        social.own(connection, key, contact_id, now=now)
        home.journal(connection, "page", f"contact {contact_id}", {}, now=now)
    return key


def drop_page(household: Household, contact_id: int, url: str) -> None:
    """It is not theirs. Raises UserError where it is not on record."""
    with household.database.write() as connection:
        if not reach.drop_page(connection, contact_id, page_key(url)):
            raise UserError(f"{url} is not on record for them")
        home.journal(connection, "page-dropped", f"contact {contact_id}", {}, now=household.clock.now())


def relate(household: Household, one: int, other: int, kind: str, *, back: str | None = None) -> str:
    """Keep how the one stands to the other; answers it in words. Raises UserError for one and the same."""
    now = household.clock.now()
    with household.database.write() as connection:
        first, second = (meant.contact_of(connection, str(each)) for each in (one, other))
        if first.id == second.id:
            raise UserError(f"{first.name} is one and the same contact")
        try:
            found = relation(storable(kind), None if back is None else storable(back))
        except ValueError as error:
            raise UserError(str(error)) from None
        if reach.relate(connection, first.id, second.id, found, at=now):
            home.journal(connection, "related", f"contact {first.id}", {"other": second.id}, now=now)
    return f"{first.name}: {found.said_of_one(second.name)}"


def unrelate(household: Household, one: int, other: int) -> None:
    """Forget how the two stand to one another. Raises UserError where nothing is on record."""
    with household.database.write() as connection:
        if not reach.unrelate(connection, one, other):
            raise UserError(f"nothing is on record between c{one} and c{other}")
        home.journal(connection, "unrelated", f"contact {one}", {"other": other}, now=household.clock.now())


def give_role(household: Household, reference: str, contact_id: int, role: str | None) -> list[RoleRow]:
    """Say what somebody is in the matter of a mail, or, with None, that they are nothing special; answers all roles.

    Raises NotFoundError, or UserError for a mail of no matter or a role without words.
    """
    now = household.clock.now()
    row_id = meant.message_of(household, reference)
    with household.database.write() as connection:
        row = views.message(connection, row_id)
        if row is None or row.matter_id is None:
            raise UserError("it belongs to no matter: it is mail of a list or a robot")
        if role is None:
            reach.take_roles(connection, row.matter_id, contact_id)
        else:
            words = one_line(storable(role), LONGEST)
            if not words:
                raise UserError(f"a role needs words, such as: {', '.join(ROLES)}")
            reach.give_role(connection, row.matter_id, contact_id, words, at=now)
        home.journal(connection, "role", f"matter {row.matter_id}", {"contact": contact_id}, now=now)
        return reach.roles(connection, matter_id=row.matter_id)


# -- numbers below letters


@dataclass(frozen=True, slots=True)
class _Letter:
    """A letter, and the country by which a number below it without one is dialled."""

    mail: ReadMail
    region: str | None

    @property
    def id(self) -> int:
        return self.mail.id


async def read_new(household: Household) -> int:
    """Look for numbers below the letters that came since the last time; answers how many were suggested."""
    since = household.clock.now() - LOOKED_BACK

    def ask(connection: sqlite3.Connection, after: int) -> list[_Letter]:
        return [
            _Letter(each, None if each.contact_id is None else _region(household, connection, each.contact_id))
            for each in commitments.unread(connection, after=after, since=since, limit=AT_ONCE)
        ]

    return await reading_along.read_new(household, CURSOR, ask=ask, hear=_numbers, keep=_keep)


def _numbers(letter: _Letter) -> list[Number]:
    mail = letter.mail
    if mail.direction != "in" or mail.contact_id is None:
        return []
    return in_signature(mail.text, letter.region)


def _keep(connection: sqlite3.Connection, found: Sequence[tuple[_Letter, list[Number]]]) -> int:
    made = 0
    for letter, numbers in found:
        for number in numbers:
            made += reach.add_phone(
                connection,
                contacts.holder(connection, letter.mail.contact_id or 0),
                number,
                state=reach.SUGGESTED,
                at=letter.mail.received_at,
                message_id=letter.id,
            )
    return made
