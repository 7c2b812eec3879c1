"""The decision of the whole product on one page: what becomes of a message that has just arrived."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from inboxcrm.domain.asked_call import SLOT, AskedCall
from inboxcrm.domain.expectation import Expectation, expect, not_before, put_off
from inboxcrm.domain.learning import Target
from inboxcrm.domain.linking import Link
from inboxcrm.domain.modes import Mode
from inboxcrm.domain.office_hours import OfficeCalendar
from inboxcrm.domain.policies import Policy
from inboxcrm.domain.reply_safety import MailClass, Outcome, Verdict
from inboxcrm.domain.rules import Word
from inboxcrm.domain.threads import Placement

MINIMAL = "minimal"
AWAY = "away"
AFTER_HOURS = "after-hours"
NEW_SENDER = "new-sender"
ORDINARY = "acknowledge"


@dataclass(frozen=True, slots=True)
class Terms:
    """What the owner set for this sender. `target` and `normal_expectation` count open office time, the rest real time.

    `acknowledged_today`: this sender has had an acknowledgement within 24 hours. `new_sender`: the owner never wrote
    to them, imported or confirmed them. Of the policies the contact's comes first, then that of a rule, then the
    plan's, then everybody's. `texts` are the plan's own, by the name of the text they stand for.
    """

    policy: Policy
    target: timedelta
    normal_expectation: timedelta
    grace: timedelta
    grace_closed: timedelta
    max_delay: timedelta
    new_sender: bool
    acknowledged_today: bool
    policy_of_contact: Policy | None = None
    policy_of_plan: Policy | None = None
    texts: Mapping[str, str] = field(default_factory=dict)
    basis: Target | None = None
    """What `target` was learned from; None where it was not learned at all."""


@dataclass(frozen=True, slots=True)
class Acknowledge:
    """An acknowledgement is to be written, and sent not before one instant nor after the other.

    `expires_at` is never later than the time it names: nobody is told a time that has passed.

    `mode` is the strictest that bears on it; the plan knows that of the rules, and the home's joins it when it is
    entered.
    """

    template: str
    send_after: datetime
    expires_at: datetime
    hold: bool
    because: str
    mode: Mode = Mode.AUTO


@dataclass(frozen=True, slots=True)
class Silence:
    """No acknowledgement, and why."""

    because: str


@dataclass(frozen=True, slots=True)
class MakePromise:
    """An answer is owed from now on."""

    expectation: Expectation


@dataclass(frozen=True, slots=True)
class Chased:
    """The client asked again for what is owed already."""

    promise_id: int


@dataclass(frozen=True, slots=True)
class Plan:
    """What becomes of a message: where it belongs, what is owed, what is said, each with its reason.

    `wish`: they ask to be called, at a time at which that can be if one is named. `again`: the very same mail came
    before.
    """

    verdict: Verdict
    link: Link
    placement: Placement
    word: Word
    promise: MakePromise | Chased | None
    speech: Acknowledge | Silence
    expectation: Expectation | None
    wish: AskedCall | None = None
    again: bool = False


def plan(
    verdict: Verdict,
    link: Link,
    placement: Placement,
    *,
    word: Word,
    terms: Terms,
    calendar: OfficeCalendar,
    received_at: datetime,
    now: datetime,
    answered: bool,
    settled: bool = False,
    again: bool = False,
    wish: AskedCall | None = None,
) -> Plan:
    """Compose the decision. `answered`: the owner's answer to this very mail is on record already. `settled`: they seem
    to say that what is owed to them is settled, which is no chaser; the owner is asked. `again`: the very same mail
    came by another way before, and asked what it asks. `wish`: they ask to be called.

    Mail of class machine owes nothing; mail of class human or unknown makes a promise, told or silent, whatever the
    verdict, unless a rule says that no answer is needed.
    """
    if verdict.mail_class is MailClass.MACHINE or word.no_promise:
        silence = Silence(_why_silent(verdict) or "a rule says that no answer is needed")
        return Plan(verdict, link, placement, word, None, silence, None)
    if again:
        silence = Silence(_why_silent(verdict) or "the same mail came before, by another way")
        return Plan(verdict, link, placement, word, None, silence, None, again=True)
    expectation = expect(received_at, target=word.target or terms.target, calendar=calendar)
    if wish is not None:
        wish = _possible(wish, calendar, now)
        expectation = _with_call(expectation, wish, calendar)
    owed = placement.matter.live_promise if placement.matter is not None else None
    if owed is not None and settled:
        silence = Silence(_why_silent(verdict) or "they seem to say that it is settled: you are asked")
        return Plan(verdict, link, placement, word, None, silence, None)
    promise = MakePromise(expectation) if owed is None else Chased(owed)
    speech = _speech(verdict, promise, expectation, word, terms, calendar, received_at, now, answered)
    return Plan(verdict, link, placement, word, promise, speech, expectation, wish)


def _possible(wish: AskedCall, calendar: OfficeCalendar, now: datetime) -> AskedCall:
    """The wish without a time that has passed, or at which nobody is there."""
    if wish.at is not None and (wish.at <= now or not calendar.is_open(wish.at)):
        return AskedCall(wish.phrase)
    if wish.on is not None and not calendar.open_on(wish.on):
        return AskedCall(wish.phrase)
    return wish


def _with_call(expectation: Expectation, wish: AskedCall, calendar: OfficeCalendar) -> Expectation:
    """A call that is asked for later than an answer would be due, in open time, is due when it was asked for."""
    if wish.at is not None and calendar.is_open(wish.at):
        closes = next(
            span.end for span in calendar.open_on(calendar.day_of(wish.at)) if span.start <= wish.at < span.end
        )
        return not_before(expectation, wish.at, min(closes, wish.at + SLOT), day_only=False)
    if wish.on is not None and calendar.open_on(wish.on):
        spans = calendar.open_on(wish.on)
        return not_before(expectation, spans[0].start, spans[-1].end, day_only=True)
    return expectation


def _why_silent(verdict: Verdict) -> str | None:
    if verdict.outcome in (Outcome.SUPPRESS, Outcome.REVIEW):
        return f"the gate says {verdict.outcome}: {', '.join(verdict.reasons)}"
    return None


def _speech(
    verdict: Verdict,
    promise: MakePromise | Chased,
    expectation: Expectation,
    word: Word,
    terms: Terms,
    calendar: OfficeCalendar,
    received_at: datetime,
    now: datetime,
    answered: bool,
) -> Acknowledge | Silence:
    refused = _why_silent(verdict)
    if refused is not None:
        return Silence(refused)
    if answered:
        return Silence("the owner has answered already")
    if word.quiet:
        return Silence("a rule keeps the machine quiet")
    if isinstance(promise, Chased):
        return Silence("this matter was promised an answer already; the time has not moved")
    expires_at = received_at + terms.max_delay
    if now >= expires_at:
        return Silence("too late for an acknowledgement to be of use")
    if expectation.due_at is not None:
        if now >= expectation.due_at:
            return Silence("the time that it would name has passed")
        expires_at = min(expires_at, expectation.due_at)
    closed = not calendar.is_open(received_at)
    because = _policy(expectation, word, terms, calendar, received_at, closed=closed)
    if isinstance(because, Silence):
        return because
    chosen = _template(verdict, word, terms, calendar, received_at, closed=closed)
    template = terms.texts.get(chosen, chosen)
    send_after = max(now, received_at + (terms.grace_closed if closed else terms.grace))
    return Acknowledge(template, send_after, expires_at, word.hold, because, word.mode)


def _policy_that_holds(word: Word, terms: Terms) -> tuple[Policy, str]:
    """The first that is set, and whose it is."""
    if terms.policy_of_contact is not None:
        return terms.policy_of_contact, "the policy for this sender"
    if word.policy is not None:
        return word.policy, "the policy of a rule"
    if terms.policy_of_plan is not None:
        return terms.policy_of_plan, "the policy of the plan"
    return terms.policy, "the policy for everybody"


def _policy(
    expectation: Expectation,
    word: Word,
    terms: Terms,
    calendar: OfficeCalendar,
    received_at: datetime,
    *,
    closed: bool,
) -> str | Silence:
    """Why to speak, or why not."""
    policy, whose = _policy_that_holds(word, terms)
    match policy:
        case Policy.NEVER:
            return Silence(f"{whose} is never")
        case Policy.ALWAYS:
            return f"{whose} is always"
        case Policy.ONCE_A_DAY if terms.acknowledged_today:
            return Silence(f"{whose} is once a day, and today's has gone")
        case Policy.ONCE_A_DAY:
            return f"{whose} is once a day"
        case Policy.WHEN_SLOW:
            pass
    if terms.new_sender:
        return "the sender is new"
    if calendar.away_at(received_at) is not None:
        return "the owner is away"
    if closed:
        return "it came outside office hours"
    if expectation.exact_at is None or expectation.target > terms.normal_expectation:
        return "the answer will take longer than people ordinarily expect"
    if put_off(expectation, terms.normal_expectation, calendar):
        return "an absence, a holiday or a day without hours puts the answer off"
    return Silence("the answer is expected within the ordinary time")


def _template(
    verdict: Verdict, word: Word, terms: Terms, calendar: OfficeCalendar, received_at: datetime, *, closed: bool
) -> str:
    if verdict.outcome is Outcome.ACK_MIN:
        return MINIMAL
    if word.acknowledge is not None:
        return word.acknowledge
    if calendar.away_at(received_at) is not None:
        return AWAY
    if closed:
        return AFTER_HOURS
    return NEW_SENDER if terms.new_sender else ORDINARY
