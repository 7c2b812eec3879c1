"""Does what rules have done over time: begins their steps with the mail, and takes each when its time has come.

Beginning is part of the transaction that decides about the mail; everything else happens in the sweep. A step is one
transaction: what it does and that it was done are true together, so a restart at any moment does it once.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Iterable, Iterator
from datetime import datetime

from inboxcrm.domain.deeds import On, Unless
from inboxcrm.domain.language import detect
from inboxcrm.domain.mime import parse
from inboxcrm.domain.occasions import Kind, Occasion
from inboxcrm.domain.office_hours import OfficeCalendar
from inboxcrm.domain.outbox import OutboxEvent, OutboxState
from inboxcrm.domain.plan import Silence
from inboxcrm.domain.quoting import new_text
from inboxcrm.domain.reply_safety import MailClass, Outcome
from inboxcrm.domain.rules import Follow, Situation, Word
from inboxcrm.domain.text import one_line
from inboxcrm.errors import UserError
from inboxcrm.service import drafting, notify
from inboxcrm.service.household import Household
from inboxcrm.store import commitments, contacts, home, interactions, messages, occasions, outbox, workflows
from inboxcrm.store.workflows import Begun, StepRow

log = logging.getLogger("inboxcrm.workflows")

NOTICE = home.OF_RULES
"""The kind of alarm by which a rule tells the owner something: it stands until the owner has seen it."""

FAULT = "workflow-failed"
LONGEST_OUTCOME = 400
_WHY = {
    Unless.ANSWERED: "answered meanwhile",
    Unless.WRITTEN: "they have written meanwhile",
    Unless.SETTLED: "nothing is owed any more",
}


def begin(
    connection: sqlite3.Connection,
    follows: Iterable[Follow],
    *,
    on: On,
    message_id: int,
    matter_id: int | None,
    contact_id: int | None,
    promise_id: int | None,
    since: datetime,
    calendar: OfficeCalendar,
    now: datetime,
) -> None:
    """Write down what these rules have done, with the text they have now; a mail begins each rule's steps once."""
    for follow in follows:
        begun = Begun(
            follow.rule,
            follow.origin,
            follow.when,
            on,
            message_id,
            matter_id,
            contact_id,
            promise_id,
            since,
        )
        steps = [(step, step.wait.after(since, calendar)) for step in follow.steps]
        workflows.begin(connection, begun, steps, now=now)


async def sweep(household: Household) -> int:
    """Ask the rules about new mail of the owner's own, drop what is moot, take what is due; answers how much moved."""
    moved = await _ask_about_sent(household)
    if await household.read(workflows.overtaken):
        moved += await household.write(_drop_overtaken, household)
    now = household.clock.now()
    is_open = await household.read(lambda connection: household.calendar(connection, now, None).is_open(now))
    for step in await household.read(lambda connection: workflows.due(connection, now, office_open=is_open)):
        await household.write(_take, household, step.id)
        moved += 1
    return moved


async def _ask_about_sent(household: Household) -> int:
    until = await household.read(workflows.sent_until)
    rows = await household.read(lambda connection: workflows.sent_after(connection, until))
    for row_id in rows:
        await household.write(_ask, household, row_id)
    return len(rows)


def _ask(connection: sqlite3.Connection, household: Household, row_id: int) -> None:
    """Ask the rules about one mail that the owner sent; one that a rule had drafted begins nothing anew."""
    workflows.note_sent_until(connection, row_id)
    raw = messages.raw(connection, row_id)
    if raw is None or not household.rules.asks(On.SENT):
        return
    told = drafting.about(household, connection, row_id)
    if isinstance(told, Silence) or workflows.was_drafted(connection, told.message.message_id):
        return
    message = parse(raw)
    text = new_text(message.text)
    entry = contacts.entry(connection, told.to.key)
    calendar = household.calendar(connection, told.at, told.card.plan)
    situation = Situation(
        message=message,
        text=text,
        language=told.card.language or detect(text) or household.config.owner.language,
        outcome=Outcome.SUPPRESS,
        mail_class=MailClass.HUMAN,
        authenticated=True,
        contact=told.card.name,
        known=told.known,
        organisation=told.card.organisation,
        plan=told.card.plan,
        asked=1,
        open=calendar.is_open(told.at),
        holiday=calendar.holidays.get(calendar.day_of(told.at), ""),
        away=calendar.away_at(told.at) is not None,
        received_at=told.at,
        exchanges=0 if told.matter_id is None else messages.exchanges(connection, told.matter_id),
    )
    word: Word = household.rules.speak(situation, on=On.SENT)
    begin(
        connection,
        word.follows,
        on=On.SENT,
        message_id=row_id,
        matter_id=told.matter_id,
        contact_id=None if entry is None else entry.contact_id,
        promise_id=None,
        since=told.at,
        calendar=calendar,
        now=household.clock.now(),
    )


def _drop_overtaken(connection: sqlite3.Connection, household: Household) -> int:
    """End the steps that something has made moot, and take back their drafts as far as they still wait."""
    now = household.clock.now()
    found = workflows.overtaken(connection)
    for step, unless in found:
        if step.state == "waiting":
            workflows.end(connection, step.id, "moot", at=now, outcome=_WHY[unless])
        elif step.outbox_id is not None:
            take_back(connection, step.outbox_id, now, _WHY[unless])
        home.clear_alarms_about(connection, NOTICE, _about(step), now=now)
    return len(found)


def take_back(connection: sqlite3.Connection, item_id: int, now: datetime, why: str) -> None:
    """Take a draft that still waits for the owner out of the outbox."""
    item = outbox.by_id(connection, item_id)
    if item is not None and item.state is OutboxState.AWAITING:
        outbox.happen(connection, item, OutboxEvent.CANCEL, at=now, reply=why)


def _take(connection: sqlite3.Connection, household: Household, step_id: int) -> None:
    """Do what a step says, and that it is done: together or not at all."""
    step, now = workflows.step(connection, step_id), household.clock.now()
    if step is None or step.state != "waiting":
        return
    done: list[str] = []
    failed: list[str] = []
    item_id = None
    deeds = step.step.deeds
    if deeds.draft is not None:
        drafted = _draft(connection, household, step, deeds.draft, now)
        if isinstance(drafted, Silence):
            failed.append(drafted.because)
        else:
            item_id = drafted
            done.append(f"drafted {deeds.draft}, item {drafted}")
    if deeds.notify:
        _notify(connection, household, step, now)
        done.append("told you")
    for what, kept in _remember(connection, household, step, now):
        (done if kept else failed).append(what)
    state = "failed" if failed else "done"
    workflows.end(
        connection, step.id, state, at=now, outcome=one_line("; ".join((*done, *failed)), 400), outbox_id=item_id
    )
    for why in failed:
        home.raise_alarm(connection, FAULT, f"{_about(step)}{why}", now=now)
    log.info("workflow.step", extra={"rule": step.rule, "step": step.number, "state": state})


def _draft(
    connection: sqlite3.Connection, household: Household, step: StepRow, template: str, now: datetime
) -> int | Silence:
    told = drafting.about(household, connection, step.message_id)
    if isinstance(told, Silence):
        return told
    return drafting.draft(
        household,
        connection,
        told,
        template=template,
        dedupe_key=f"workflow:{step.workflow_id}:{step.number}",
        now=now,
    )


def _remember(
    connection: sqlite3.Connection, household: Household, step: StepRow, now: datetime
) -> Iterator[tuple[str, bool]]:
    """Keep what a step has kept, each with whether it could be: a commitment is only suggested."""
    deeds, contact_id = step.step.deeds, step.contact_id
    if deeds.commitment is None and not deeds.occasion and not deeds.interaction:
        return
    if contact_id is None:
        yield "there is no contact to keep it for", False
        return
    zone = household.config.owner.timezone
    if deeds.commitment is not None:
        within = deeds.commitment.within
        calendar = household.calendar(connection, step.since_at, None)
        commitments.add(
            connection,
            message_id=step.message_id,
            contact_id=contact_id,
            matter_id=step.matter_id,
            side="mine" if deeds.commitment.mine else "theirs",
            kind="deed",
            quote=deeds.commitment.what,
            detail="",
            said_at=step.since_at,
            due_on=None if within is None else within.after(step.since_at, calendar).astimezone(zone).date(),
            state=commitments.SUGGESTED,
        )
        yield f"suggested: {deeds.commitment.what}", True
    if deeds.occasion:
        on = step.since_at.astimezone(zone).date()
        occasion = Occasion(Kind(deeds.occasion), on.month, on.day, on.year)
        occasions.add(connection, contact_id, occasion, note="", source=f"rule {step.rule}", now=now)
        yield f"kept the {deeds.occasion}", True
    if deeds.interaction:
        interactions.add(
            connection,
            contact_id,
            channel=deeds.interaction,
            from_owner=step.asked_on == On.SENT,
            at=step.since_at,
            note=step.subject,
            now=now,
            message_id=step.message_id,
        )
        yield f"kept as {deeds.interaction}", True


def _notify(connection: sqlite3.Connection, household: Household, step: StepRow, now: datetime) -> None:
    """Tell the owner, at the desk and by the other way there is."""
    note = step.step.deeds.note or f"your rule {step.rule}"
    home.raise_alarm(connection, NOTICE, f"{_about(step)}{note}", now=now)
    word = notify.Word(
        key=f"workflow:{step.workflow_id}:{step.number}",
        kind=NOTICE,
        title=step.step.deeds.note or f"Your rule: {step.rule}",
        about=f"{step.contact}: {step.subject or '(no subject)'}",
        message_id=step.message_id,
    )
    notify.tell(household, connection, word, now=now)


def _about(step: StepRow) -> str:
    """How an alarm of a step begins: the same for the same step, whatever it says then."""
    return f"{step.message_id} {one_line(step.contact, 60)}, {one_line(step.subject or '(no subject)', 80)}: "


def next_at(step: StepRow, calendar: OfficeCalendar, now: datetime) -> datetime:
    """When a waiting step is taken: what waits is not taken while the office is closed."""
    due = max(step.due_at, now)
    return due if step.step.wait.at_once else calendar.next_opening(due) or due


def cancel(household: Household, workflow_id: int) -> list[StepRow]:
    """End every step of an instance that still waits; answers them.

    Raises UserError when there is no such instance, or nothing of it waits.
    """
    now = household.clock.now()
    with household.database.write() as connection:
        steps = workflows.of_workflow(connection, workflow_id)
        if not steps:
            raise UserError(f"there is no workflow {workflow_id}. See: inboxcrm workflows")
        waiting = [step for step in steps if step.state == "waiting"]
        if not waiting:
            raise UserError(f"nothing of workflow {workflow_id} waits any more. See: inboxcrm workflows --all")
        for step in waiting:
            workflows.end(connection, step.id, "cancelled", at=now, outcome="cancelled by hand")
        home.journal(connection, "workflow-cancelled", f"workflow {workflow_id}", {"steps": len(waiting)}, now=now)
    return waiting


def skip(household: Household, step_id: int) -> StepRow:
    """End one step that still waits; those behind it come at their time. Raises UserError where it does not wait."""
    now = household.clock.now()
    with household.database.write() as connection:
        step = workflows.step(connection, step_id)
        if step is None or not workflows.end(connection, step_id, "cancelled", at=now, outcome="skipped by hand"):
            raise UserError("that step does not wait any more. See: inboxcrm workflows --all")
        detail = {"step": step.number}
        home.journal(connection, "workflow-skipped", f"workflow {step.workflow_id}", detail, now=now)
    return step
