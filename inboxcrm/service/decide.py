"""Decides about one live mail: plans what comes of it, and writes down what was decided and why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.domain import plan as planning
from inboxcrm.domain.dedupe import content_key, identity_key
from inboxcrm.domain.expectation import Expectation
from inboxcrm.domain.office_hours import OfficeCalendar
from inboxcrm.domain.plan import Acknowledge, Chased, MakePromise, Plan, Silence, Terms
from inboxcrm.domain.policies import Policy
from inboxcrm.domain.promise import Entry, Event, answered
from inboxcrm.domain.quoting import normalised_subject
from inboxcrm.domain.reply_safety import MailClass, Verdict, sender_is_proved
from inboxcrm.domain.rules import On, Situation
from inboxcrm.domain.settled import settled_by
from inboxcrm.domain.threads import Placement, departs
from inboxcrm.errors import InternalError
from inboxcrm.service import call_back, duties, file, learned, reports, story, urgent, workflows
from inboxcrm.service.acknowledge import Speech, write
from inboxcrm.service.file import Filing, Person
from inboxcrm.service.gathering import Gathered, came_already
from inboxcrm.store import (
    contacts,
    decisions,
    follow_ups,
    ledger_keys,
    messages,
    outbox,
    outbox_counts,
    promises,
    questions,
    unowed,
)
from inboxcrm.store.contacts import Card


@dataclass(frozen=True, slots=True)
class _Considered:
    """Whose mail it is and where it belongs, what holds for it, and what was decided.

    `settled` is the sentence that says so, where something is owed. `again`: the very same mail came another way.
    """

    person: Person
    placement: Placement
    card: Card
    terms: Terms
    calendar: OfficeCalendar
    situation: Situation
    plan: Plan
    settled: str | None
    again: bool


def live(filing: Filing, mailbox_id: int, gathered: Gathered, verdict: Verdict) -> tuple[int, bool]:
    """Plan and commit one live mail; answers its row and whether the outbox has something new to look at."""
    seen = _consider(filing, gathered, verdict)
    row_id, matter_id = file.store(
        filing,
        seen.person,
        seen.placement,
        direction="in",
        mail_class=verdict.mail_class,
        turn="mine" if seen.plan.promise is not None else None,
        outcome=verdict.outcome,
        reasons=verdict.reasons,
    )
    promise_id = _enter(filing, verdict, seen, row_id, matter_id, gathered.answer)
    spoken: Acknowledge | Silence = seen.plan.speech
    if isinstance(spoken, Acknowledge):
        speech = Speech(spoken, seen.plan, seen.card, seen.situation, row_id, matter_id, promise_id, mailbox_id)
        spoken = write(filing, speech)
    keys = [identity_key(filing.message), content_key(filing.message)]
    ledger_keys.keep(filing.connection, keys, row_id, at=filing.now)
    rung = urgent.ring(
        filing,
        verdict,
        seen.situation,
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
    told = story.tell(seen.plan, spoken, filing.household.config.owner, basis=seen.terms.basis, rung=rung)
    decisions.keep(filing.connection, row_id, told, at=filing.now)
    return row_id, not isinstance(spoken, Silence)


def _consider(filing: Filing, gathered: Gathered, verdict: Verdict) -> _Considered:
    connection, household = filing.connection, filing.household
    link = file.link(filing, file.writer(filing.message, verdict), human=verdict.mail_class is MailClass.HUMAN)
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
    again = gathered.history.duplicate and came_already(filing)
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
    return _Considered(person, placement, card, terms, calendar, situation, decided, settled, again)


def _enter(
    filing: Filing,
    verdict: Verdict,
    seen: _Considered,
    row_id: int,
    matter_id: int | None,
    answer: tuple[int, datetime] | None,
) -> int | None:
    """Write down what follows from the mail but for what is said: the promise, what is asked, what rules begin."""
    word = seen.plan.word
    if verdict.mail_class is not MailClass.HUMAN:
        reports.take_note(filing, verdict, seen.person, row_id)
    if verdict.mail_class is not MailClass.MACHINE and not seen.again:
        _word_of_a_person(filing, seen.plan, row_id, matter_id, settled=seen.settled)
    promise_id = _promise(filing, row_id, matter_id, seen.person, seen.plan, seen.calendar, answer)
    if promise_id is not None and seen.plan.wish is not None:
        call_back.note(filing, promise_id, row_id, seen.plan.wish)
    if word.follows and not seen.again:
        workflows.begin(
            filing.connection,
            word.follows,
            on=On.RECEIVED,
            message_id=row_id,
            matter_id=matter_id,
            contact_id=seen.person.contact_id,
            promise_id=promise_id,
            since=filing.received_at,
            calendar=seen.calendar,
            now=filing.now,
        )
    if seen.terms.basis is not None and isinstance(seen.plan.promise, MakePromise):
        plan = word.plan or seen.situation.plan or None
        learned.warn(filing.household, filing.connection, plan, seen.terms.basis, filing.now)
    return promise_id


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
