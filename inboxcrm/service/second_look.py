"""What stands against a letter that the owner is about to send: the look a good assistant takes over their shoulder.

It stops nothing that leaves from another program; `inboxcrm check` asks it, and whatever drafts a letter here.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.domain.commitments import LANGUAGES, Kind, demands_payment
from inboxcrm.domain.invoices import carries_invoice
from inboxcrm.domain.quoting import fresh_subject, new_text
from inboxcrm.domain.touches import Class, balance, propose, second_in_a_row
from inboxcrm.service.commitments import first_invoice
from inboxcrm.service.household import Household
from inboxcrm.store import commitments, home, touches, views

SECOND_TAKE = "second-take"
INVOICES_LOOKED_BACK = timedelta(days=550)
"""Where nobody asked for an invoice, one sent longer ago than this is not what a reminder is about."""


@dataclass(frozen=True, slots=True)
class Letter:
    """A letter before it goes: to whom (a contact), about what, in which words."""

    contact_id: int
    subject: str
    text: str
    language: str | None = None
    attachments: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to know first. `stops`: it should not go out like this."""

    name: str
    sentence: str
    stops: bool
    message_id: int | None = None


def look(household: Household, connection: sqlite3.Connection, letter: Letter, *, now: datetime) -> list[Finding]:
    """Everything there is to say about a letter, what stops it first; empty where nothing is."""
    findings = [never_invoiced(household, connection, letter, now=now), *_takes(household, connection, letter, now=now)]
    return sorted((each for each in findings if each is not None), key=lambda each: not each.stops)


def _takes(
    household: Household, connection: sqlite3.Connection, letter: Letter, *, now: datetime
) -> Iterator[Finding | None]:
    """Before a take: how the account stands, and once, that it would be the second in a row. Nothing of it stops."""
    owners = household.config.owner.language
    languages = (letter.language,) if letter.language else tuple(dict.fromkeys((owners, *LANGUAGES)))
    words = f"{fresh_subject(letter.subject)}\n{new_text(letter.text)}"
    invoice = carries_invoice(letter.subject, letter.attachments)
    if propose(words, languages, invoice=invoice).kind is not Class.TAKE:
        return
    account = touches.account(connection, letter.contact_id)
    yield Finding("balance", f"this takes; the balance with them is {balance(account, now):+.1f}", stops=False)
    if second_in_a_row(account) and not asked_already(connection, letter.contact_id):
        yield Finding(SECOND_TAKE, "the second take in a row: is there something to give first?", stops=False)


def asked_already(connection: sqlite3.Connection, contact_id: int) -> bool:
    """Whether the owner was asked about a second take since the last touch of a contact."""
    return home.value(connection, f"{SECOND_TAKE}:{contact_id}") == _last_touch(connection, contact_id)


def asked(connection: sqlite3.Connection, letter: Letter, findings: Sequence[Finding]) -> None:
    """Remember that the owner has been asked about a second take, so that it is asked once."""
    if any(finding.name == SECOND_TAKE for finding in findings):
        last = _last_touch(connection, letter.contact_id)
        home.set_value(connection, f"{SECOND_TAKE}:{letter.contact_id}", last)


def _last_touch(connection: sqlite3.Connection, contact_id: int) -> str:
    rows = touches.listed(connection, contact_id, limit=1)
    return str(rows[0].id) if rows else ""


def never_invoiced(
    household: Household, connection: sqlite3.Connection, letter: Letter, *, now: datetime
) -> Finding | None:
    """The dunning guard: a payment reminder to somebody to whom no invoice was sent, and what they had asked for."""
    demand = demand_in(letter, household.config.owner.language)
    if demand is None:
        return None
    contact = views.contact(connection, letter.contact_id)
    organisation_id = None if contact is None else contact.organisation_id
    asked = commitments.instructions(connection, contact_id=letter.contact_id, organisation_id=organisation_id)
    open_ones = [row for row in asked if row.live]
    since = min((row.said_at for row in open_ones), default=now - INVOICES_LOOKED_BACK)
    if first_invoice(connection, letter.contact_id, organisation_id, since=since) is not None:
        return None
    told = next((row for row in open_ones if row.kind == Kind.INVOICE), next(iter(open_ones), None))
    if told is None:
        return Finding("never-invoiced", "no invoice to them is in Sent: was one ever sent?", stops=True)
    on = told.said_at.astimezone(household.config.owner.timezone)
    to = f" to {told.detail}" if told.kind == Kind.INVOICE and told.detail else ""
    asked_for = f"they asked for it{to}" if told.kind == Kind.INVOICE else f"they gave order number {told.detail}"
    return Finding(
        "never-invoiced", f"never invoiced; {asked_for} on {on.day} {on:%B %Y}", stops=True, message_id=told.message_id
    )


def demand_in(letter: Letter, owners_language: str) -> str | None:
    """The words that make a letter a payment reminder, in its subject or its unquoted text."""
    languages = (letter.language,) if letter.language else tuple(dict.fromkeys((owners_language, *LANGUAGES)))
    words = f"{letter.subject}\n\n{new_text(letter.text)}"
    return next((found for language in languages if (found := demands_payment(words, language)) is not None), None)
