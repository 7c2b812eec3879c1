"""Decides about one live mail: gathers what bears on it, plans, and writes down what was decided and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.config import MailboxConfig
from inboxcrm.domain import plan as planning
from inboxcrm.domain.dedupe import SENT_AGAIN_WITHIN, content_key, identity_key
from inboxcrm.domain.expectation import Expectation
from inboxcrm.domain.identifiers import message_ids
from inboxcrm.domain.message import Message
from inboxcrm.domain.office_hours import OfficeCalendar
from inboxcrm.domain.plan import Acknowledge, Chased, MakePromise, Plan, Silence, Terms
from inboxcrm.domain.policies import Policy
from inboxcrm.domain.promise import Entry, Event, answered
from inboxcrm.domain.quoting import normalised_subject
from inboxcrm.domain.reply_safety import Circumstances, History, MailClass, Settings, Verdict, sender_is_proved
from inboxcrm.domain.rules import On, Situation
from inboxcrm.domain.settled import settled_by
from inboxcrm.domain.threads import Placement, departs
from inboxcrm.errors import InternalError
from inboxcrm.ports import Batch
from inboxcrm.service import call_back, duties, file, learned, reports, story, urgent, workflows
from inboxcrm.service.acknowledge import Speech, write
from inboxcrm.service.faults import CLOCK_SLACK
from inboxcrm.service.file import Filing, Person
from inboxcrm.store import (
    answers,
    contacts,
    decisions,
    follow_ups,
    messages,
    outbox,
    outbox_counts,
    promises,
    questions,
    unowed,
)
from inboxcrm.store.contacts import Card

QUOTED_WITHIN = 20_000
"""How much of a letter is searched for Message-IDs of ours, in characters."""


@dataclass(frozen=True, slots=True)
class Gathered:
    """What bears on the gate's question about one mail."""

    settings: Settings
    history: History
    circumstances: Circumstances
    answer: tuple[int, datetime] | None


def gather(filing: Filing, mailbox: MailboxConfig, batch: Batch) -> Gathered:
    """Ask the store everything the gate wants to know.

    Mail that was there before is stopped by row A2 or A3, whatever the rows of state below them would say; they are
    not asked, and only what bears on the class of the mail is gathered for it.
    """
    register, message = filing.register, filing.message
    author = message.author
    ancestors = message.ancestors[: file.IDS_LOOKED_AT]
    entry = register.entry(author.key) if author is not None else None
    answer = _answer(filing) if batch.live else None
    history = History(
        known=entry is not None and entry.known,
        answered_ids=register.sent_by_hand_to(ancestors, author.key) if author else frozenset(),
        automatic_ids=register.automatic_among(ancestors),
        sent_ids=register.sent_at_all((*ancestors, *quoted_ids(message))),
        duplicate=batch.live and _duplicate(filing),
    )
    circumstances = Circumstances(
        received_at=filing.received_at,
        clock_plausible=_clock_plausible(filing),
        first_sync=not batch.live and not batch.reset,
        rebaseline=batch.reset and not batch.live,
        answered=answer is not None,
        folder_role=batch.role.value,
        flags=_flags(filing, batch) if batch.live else frozenset(),
    )
    return Gathered(filing.household.settings(mailbox), history, circumstances, answer)


def quoted_ids(message: Message) -> tuple[str, ...]:
    """The Message-IDs that stand in the words of a mail: a bounce names the mail that came back."""
    return message_ids(message.text[:QUOTED_WITHIN])[: file.IDS_LOOKED_AT]


def _answer(filing: Filing) -> tuple[int, datetime] | None:
    """The owner's mail that answered this one before it was read here, and when; never before it was received.

    What cites a Message-ID was written later, whatever the clock of the program says that put it into Sent; where a
    second mail comes under the same id, the clocks must tell.
    """
    connection, message = filing.connection, filing.message
    author, message_id, received_at = message.author, message.message_id, filing.received_at
    if author is None:
        return None
    answer = None
    if message_id is not None:
        client = answers.Asker(author.key, file.organisation_of(filing, author))
        answer = answers.first_answer(connection, message_id, client=client, since=None)
        if answer is not None and answer[1] < received_at and messages.came_before(connection, message_id, author.key):
            answer = answers.first_answer(connection, message_id, client=client, since=received_at)
    subject_key = normalised_subject(message.subject)
    if answer is None and subject_key:
        answer = answers.first_under_subject(connection, subject_key, to=author.key, after=received_at)
    return None if answer is None else (answer[0], max(answer[1], received_at))


def _flags(filing: Filing, batch: Batch) -> frozenset[str]:
    return next((arrival.flags for arrival in batch.arrivals if arrival.raw is filing.raw), frozenset())


def _duplicate(filing: Filing) -> bool:
    connection, message = filing.connection, filing.message
    since = filing.now - SENT_AGAIN_WITHIN
    if outbox.was_decided(connection, identity_key(message), words=content_key(message), since=since):
        return True
    if message.message_id is None or message.author is None:
        return False
    return messages.came_before(connection, message.message_id, message.author.key)


def _came_already(filing: Filing) -> bool:
    """Whether the very same words, of the same moment, came by another way: to a second address, through a list."""
    return filing.message.date is not None and outbox.came_already(filing.connection, content_key(filing.message))


def _clock_plausible(filing: Filing) -> bool:
    last = filing.register.last_moment()
    return last is None or filing.now >= last - CLOCK_SLACK or _ran_ahead(filing)


def _ran_ahead(filing: Filing) -> bool:
    """Whether the clock is right now and had run ahead when the ledger was written, which is put right then.

    Two others must say so: the server, by when it received the mail, and the sender, by its date.
    """
    date = filing.message.date
    if date is None or any(abs(filing.now - at) > CLOCK_SLACK for at in (filing.received_at, date)):
        return False
    outbox.bring_back(filing.connection, filing.now)
    return True


def live(filing: Filing, mailbox_id: int, gathered: Gathered, verdict: Verdict) -> tuple[int, bool]:
    """Plan and commit one live mail; answers its row and whether the outbox has something new to look at."""
    connection, household = filing.connection, filing.household
    human = verdict.mail_class is MailClass.HUMAN
    link = file.link(filing, file.writer(filing.message, verdict), human=human)
    person = file.settle(filing, link)
    placement = file.place(filing, person, automatic=verdict.mail_class is MailClass.MACHINE)
    card = contacts.card(connection, person.contact_id)
    terms = terms_for(filing, person, card, gathered)
    calendar = household.calendar(connection, filing.received_at, card.plan)
    situation = situation_of(filing, card, calendar, gathered, verdict, placement, terms)
    word = household.rules.speak(situation)
    if word.plan is not None:
        terms = terms_for(filing, person, card, gathered, plan=word.plan)
        calendar = household.calendar(connection, filing.received_at, word.plan)
    owed = placement.matter.live_promise if placement.matter is not None else None
    again = gathered.history.duplicate and _came_already(filing)
    settled = None if owed is None or again else settled_by(filing.parsed.new_text)
    decided = planning.plan(
        verdict,
        link,
        placement,
        word=word,
        terms=terms,
        calendar=calendar,
        received_at=filing.received_at,
        now=filing.now,
        answered=gathered.answer is not None,
        settled=settled is not None,
        again=again,
        wish=call_back.wish(filing, card, situation) if word.call_back else None,
    )
    row_id, matter_id = file.store(
        filing,
        person,
        placement,
        direction="in",
        mail_class=verdict.mail_class,
        turn="mine" if decided.promise is not None else None,
        outcome=verdict.outcome,
        reasons=verdict.reasons,
    )
    if not human:
        reports.take_note(filing, verdict, person, row_id)
    if verdict.mail_class is not MailClass.MACHINE and not again:
        _word_of_a_person(filing, decided, row_id, matter_id, settled=settled)
    promise_id = _promise(filing, row_id, matter_id, person, decided, calendar, gathered.answer)
    if promise_id is not None and decided.wish is not None:
        call_back.note(filing, promise_id, row_id, decided.wish)
    if word.follows and not again:
        workflows.begin(
            connection,
            word.follows,
            on=On.RECEIVED,
            message_id=row_id,
            matter_id=matter_id,
            contact_id=person.contact_id,
            promise_id=promise_id,
            since=filing.received_at,
            calendar=calendar,
            now=filing.now,
        )
    spoken: Acknowledge | Silence = decided.speech
    if isinstance(spoken, Acknowledge):
        speech = Speech(spoken, decided, card, situation, row_id, matter_id, promise_id, mailbox_id)
        spoken = write(filing, speech)
    outbox.keep_keys(connection, [identity_key(filing.message), content_key(filing.message)], row_id, at=filing.now)
    if terms.basis is not None and isinstance(decided.promise, MakePromise):
        learned.warn(household, connection, word.plan or situation.plan or None, terms.basis, filing.now)
    rung = urgent.ring(
        filing,
        verdict,
        situation,
        row_id=row_id,
        promise_id=promise_id,
        answered=gathered.answer is not None,
        proved=lambda: sender_is_proved(
            filing.message,
            history=gathered.history,
            settings=gathered.settings,
            now=filing.now,
            circumstances=gathered.circumstances,
        ),
    )
    told = story.tell(decided, spoken, household.config.owner, basis=terms.basis, rung=rung)
    decisions.keep(connection, row_id, told, at=filing.now)
    return row_id, not isinstance(spoken, Silence)


def _word_of_a_person(
    filing: Filing, decided: Plan, row_id: int, matter_id: int | None, *, settled: str | None
) -> None:
    """A real answer ends the waiting for one; of what owes none, and of an old thread's new subject, the owner decides.

    `settled` is the sentence that says so, where something is owed.
    """
    connection, matter, now = filing.connection, decided.placement.matter, filing.now
    if decided.promise is not None:
        if matter_id is not None:
            follow_ups.end(connection, matter_id, "answered", at=now)
    elif settled is not None and matter is not None:
        questions.ask(connection, "settled", row_id, because=settled, at=now, promise_id=matter.live_promise)
    else:
        unowed.note(connection, row_id, because=", ".join(each.rule for each in decided.word.matches), at=now)
    if matter is None:
        return
    subject = normalised_subject(filing.message.subject)
    if departs(matter, subject_key=subject, received_at=filing.received_at):
        because = f'the thread had rested since {matter.last_at:%Y-%m-%d} and was called "{matter.subject_key}"'
        questions.ask(connection, "new-matter", row_id, because=because, at=now)


def _asked(placement: Placement) -> int:
    """How often the sender has asked for what is owed here, this mail included."""
    return 1 if placement.matter is None or placement.matter.live_promise is None else 2


def terms_for(filing: Filing, person: Person, card: Card, gathered: Gathered, *, plan: str | None = None) -> Terms:
    """What the owner set for this sender: for the contact, else the organisation, else everybody.

    The times of `plan`, which a rule names for this mail, come before those of the sender's own.
    """
    household = filing.household
    settings = household.config.acknowledge
    plan = plan or card.plan or None
    level = household.plan(plan)
    author = filing.message.author
    basis = learned.target(
        household,
        filing.connection,
        contact_id=person.contact_id,
        plan=plan,
        now=filing.now,
    )
    return Terms(
        policy=settings.policy,
        target=basis.open_time,
        normal_expectation=settings.normal_expectation,
        grace=settings.grace,
        grace_closed=settings.grace_closed,
        max_delay=settings.max_delay,
        new_sender=not gathered.history.known,
        acknowledged_today=author is not None
        and outbox_counts.went_to(filing.connection, author.key, since=filing.now - timedelta(days=1)),
        policy_of_contact=Policy(card.policy) if card.policy else None,
        policy_of_plan=level.policy,
        texts=level.templates,
        basis=basis,
    )


def situation_of(
    filing: Filing,
    card: Card,
    calendar: OfficeCalendar,
    gathered: Gathered,
    verdict: Verdict,
    placement: Placement,
    terms: Terms,
) -> Situation:
    """What the rules may ask about this mail. The office is open when the hours that hold for the sender's plan are."""
    matter = placement.matter
    owner = filing.household.config.owner
    at = filing.received_at
    return Situation(
        message=filing.message,
        text=filing.parsed.new_text,
        language=card.language or filing.parsed.language or owner.language,
        outcome=verdict.outcome,
        mail_class=verdict.mail_class,
        authenticated=verdict.authenticated,
        contact=card.name,
        known=gathered.history.known,
        organisation=card.organisation,
        plan=card.plan,
        asked=_asked(placement),
        open=calendar.is_open(at),
        holiday=calendar.holidays.get(calendar.day_of(at), ""),
        away=calendar.away_at(at) is not None,
        received_at=at,
        exchanges=0 if matter is None else messages.exchanges(filing.connection, matter.matter_id),
        slow=terms.target > terms.normal_expectation,
        urgent=urgent.marked(filing.household, card.plan, filing.message) is not None,
    )


def _promise(
    filing: Filing,
    row_id: int,
    matter_id: int | None,
    person: Person,
    decided: Plan,
    calendar: OfficeCalendar,
    answer: tuple[int, datetime] | None,
) -> int | None:
    connection = filing.connection
    match decided.promise:
        case None:
            return None
        case _ if matter_id is None:
            raise InternalError("an answer is owed in no matter")
        case Chased(promise_id):
            promise = promises.by_id(connection, promise_id)
            if promise is not None:
                _asked_again(filing, promise, person, answer)
            return promise_id
        case MakePromise(expectation):
            return _make(filing, row_id, matter_id, person, expectation, calendar, answer)


def _asked_again(
    filing: Filing, promise: promises.Promise, person: Person, answer: tuple[int, datetime] | None
) -> None:
    """The client asks again, or had the answer to this very mail before it was read, which answers all that is owed.

    Others who write in the matter (a colleague of the owner's, a subcontractor) ask nothing again.
    """
    connection, author = filing.connection, filing.message.author
    if not file.is_client(connection, promise, [] if author is None else [author], [person]):
        return
    if answer is None or answer[1] < promise.duty.received_at:
        promises.happen(connection, promise, Entry(Event.CHASED, filing.received_at))
        return
    outbox.cancel_for_matter(connection, promise.matter_id, at=filing.now, why="the owner answered first")
    promises.happen(connection, promise, answered(promise.duty, answer[1]), how="mail", by_message=answer[0])


def _make(
    filing: Filing,
    row_id: int,
    matter_id: int,
    person: Person,
    expectation: Expectation,
    calendar: OfficeCalendar,
    answer: tuple[int, datetime] | None,
) -> int:
    connection = filing.connection
    promise_id = duties.enter(
        connection,
        expectation,
        calendar=calendar,
        matter_id=matter_id,
        message_id=row_id,
        contact_id=person.contact_id,
        now=filing.now,
    )
    if answer is not None:
        promise = promises.by_id(connection, promise_id)
        if promise is not None:
            promises.happen(connection, promise, answered(promise.duty, answer[1]), how="mail", by_message=answer[0])
    return promise_id
