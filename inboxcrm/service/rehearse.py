"""What the rules would say of a mail, and what would come of it: decided as for a live mail, and nothing written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from inboxcrm.domain import plan as planning
from inboxcrm.domain.address import address
from inboxcrm.domain.language import detect
from inboxcrm.domain.linking import Entry, Nobody
from inboxcrm.domain.message import Message
from inboxcrm.domain.mime import parse
from inboxcrm.domain.modes import Mode
from inboxcrm.domain.plan import Acknowledge, Plan, Silence
from inboxcrm.domain.quoting import new_text
from inboxcrm.domain.reply_safety import Circumstances, History, MailClass, Outcome, Settings, Verdict, judge
from inboxcrm.domain.rules import Situation, Word
from inboxcrm.domain.threads import Candidate, Placement
from inboxcrm.parsing import Parsed
from inboxcrm.service import call_back, file
from inboxcrm.service.decide import situation_of, terms_for
from inboxcrm.service.file import Filing, Person
from inboxcrm.service.gathering import Gathered
from inboxcrm.service.household import Household
from inboxcrm.store import answers, automatic, contacts, messages, views
from inboxcrm.store.register import Register
from inboxcrm.store.views.decisions import JudgedRow

if TYPE_CHECKING:
    from inboxcrm.rulebook import RuleBook


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A mail as the rules saw it, what they said, and what was decided upon that."""

    situation: Situation
    plan: Plan

    @property
    def word(self) -> Word:
        """What the rules said."""
        return self.plan.word

    @property
    def outcome(self) -> str:
        """What would come of it, in a sentence."""
        match self.plan.speech:
            case Acknowledge(template=template, because=because, mode=Mode.SHADOW):
                return f'shown and never sent, with "{template}": {because}'
            case Acknowledge(template=template, hold=hold, because=because, mode=mode):
                waits = ", once you approve" if hold or mode is Mode.APPROVE else ""
                return f'acknowledged with "{template}"{waits}: {because}'
            case Silence(because):
                return f"not acknowledged: {because}"


@dataclass(frozen=True, slots=True)
class Replayed:
    """A stored mail and its rehearsal. `said_then` is what was decided when it came."""

    id: int
    rehearsal: Rehearsal
    said_then: str


def rehearse(house: Household, connection: sqlite3.Connection, raw: bytes, *, received_at: datetime) -> Rehearsal:
    """What would become of a mail that came at this time. The rows of the gate about state (A) are passed over."""
    message = parse(raw)
    text = new_text(message.text)
    parsed = Parsed(message, text, detect(text))
    filing = _filing(house, connection, raw, parsed, received_at)
    entry = _entry(connection, message)
    gathered = _gathered(filing, entry, house.settings(house.config.mailboxes[0]))
    verdict = judge(message, history=gathered.history, settings=gathered.settings, now=received_at, circumstances=None)
    person = _person(entry)
    return _planned(filing, person, gathered, verdict, file.place(filing, person, automatic=False))


def date_of(raw: bytes) -> datetime | None:
    """The date a mail carries, aware, or None."""
    return parse(raw).date


def replay(
    house: Household, connection: sqlite3.Connection, *, since: datetime, rules: RuleBook | None = None
) -> Iterator[Replayed]:
    """Every live mail since then, oldest first, under today's rules (or these), settings and knowledge of the sender.

    What the gate said stands as it was stored, and is not asked again; so does whether an answer was owed already.
    """
    settings = house.settings(house.config.mailboxes[0])
    for row in views.judged(connection, since=since):
        raw = messages.raw(connection, row.id)
        if raw is None:
            continue
        message = parse(raw)
        filing = _filing(house, connection, raw, Parsed(message, new_text(message.text), row.language), row.received_at)
        entry = _entry(connection, message)
        gathered = _known(filing, entry, settings)
        placement = Placement(None, "as it was placed then")
        if row.chased:
            placement = Placement(
                Candidate(row.matter_id or 0, True, row.received_at, live_promise=0), "as it was then"
            )
        planned = _planned(filing, _person(entry), gathered, _said_then(row), placement, rules)
        yield Replayed(row.id, planned, row.said)


def _said_then(row: JudgedRow) -> Verdict:
    """What the gate said when a mail came, as it is on record; the rows that were asked are told by `explain`."""
    outcome = Outcome(row.outcome)
    return Verdict(
        outcome=outcome,
        mail_class=MailClass(row.mail_class),
        reasons=row.reasons,
        asked=(),
        recipient=None if row.recipient is None else address("", row.recipient),
        authenticated=row.authenticated,
        private_details_allowed=row.authenticated and outcome is Outcome.ACK,
    )


def replay_filed(
    house: Household, connection: sqlite3.Connection, *, since: datetime, rules: RuleBook | None = None
) -> Iterator[Replayed]:
    """Every mail of a person since then that was filed without a decision, as if it had come live and begun a matter.

    It is judged by what it says; the rows of the gate about state (A) are passed over.
    """
    settings = house.settings(house.config.mailboxes[0])
    for row in views.filed(connection, since=since):
        raw = messages.raw(connection, row.id)
        if raw is None:
            continue
        message = parse(raw)
        parsed = Parsed(message, new_text(message.text), messages.language(connection, row.id))
        filing = _filing(house, connection, raw, parsed, row.received_at)
        entry = _entry(connection, message)
        gathered = _gathered(filing, entry, settings)
        verdict = judge(message, history=gathered.history, settings=settings, now=row.received_at, circumstances=None)
        placement = Placement(None, "as if it were the first")
        planned = _planned(filing, _person(entry), gathered, verdict, placement, rules)
        yield Replayed(row.id, planned, "filed, and nothing was decided")


def _filing(
    house: Household, connection: sqlite3.Connection, raw: bytes, parsed: Parsed, received_at: datetime
) -> Filing:
    return Filing(
        household=house,
        register=Register(connection),
        raw=raw,
        fingerprint=b"",
        parsed=parsed,
        mailbox=house.config.mailboxes[0].name,
        received_at=received_at,
        origin="live",
        now=received_at,
    )


def _entry(connection: sqlite3.Connection, message: Message) -> Entry | None:
    """What the address book holds of a mail's author today."""
    return None if message.author is None else contacts.entry(connection, message.author.key)


def _known(filing: Filing, entry: Entry | None, settings: Settings) -> Gathered:
    """What is known of the sender, where the gate is not asked."""
    history = History(known=entry is not None and entry.known)
    return Gathered(settings, history, Circumstances(received_at=filing.received_at), None)


def _gathered(filing: Filing, entry: Entry | None, settings: Settings) -> Gathered:
    """The same, and which mails of ours this one answers."""
    connection, author = filing.connection, filing.message.author
    ancestors = list(filing.message.ancestors[: file.IDS_LOOKED_AT])
    known = _known(filing, entry, settings)
    history = replace(
        known.history,
        answered_ids=answers.sent_by_hand_to(connection, ancestors, author.key) if author else frozenset(),
        automatic_ids=automatic.automatic_among(connection, ancestors),
        sent_ids=answers.sent_at_all(connection, ancestors),
    )
    return replace(known, history=history)


def _person(entry: Entry | None) -> Person:
    return Person(None, None) if entry is None else Person(entry.contact_id, entry.organisation_id)


def _planned(
    filing: Filing,
    person: Person,
    gathered: Gathered,
    verdict: Verdict,
    placement: Placement,
    rules: RuleBook | None = None,
) -> Rehearsal:
    house = filing.household
    card = contacts.card(filing.connection, person.contact_id)
    terms = terms_for(filing, person, card, gathered)
    calendar = house.calendar(filing.connection, filing.received_at, card.plan)
    situation = situation_of(filing, card, calendar, gathered, verdict, placement, terms)
    word = (rules or house.rules).speak(situation)
    if word.plan is not None:
        terms = terms_for(filing, person, card, gathered, plan=word.plan)
        calendar = house.calendar(filing.connection, filing.received_at, word.plan)
    decided = planning.plan(
        verdict,
        Nobody("rehearsed"),
        placement,
        word=word,
        terms=terms,
        calendar=calendar,
        received_at=filing.received_at,
        now=filing.received_at,
        answered=False,
        wish=call_back.wish(filing, card, situation) if word.call_back else None,
    )
    return Rehearsal(situation, decided)
