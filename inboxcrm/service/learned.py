"""Which open time to promise: learned from the owner's own answers in the ledger, within the bounds of the plan."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from functools import partial

from inboxcrm.config import PlanConfig
from inboxcrm.domain import learning
from inboxcrm.domain.durations import format_hours
from inboxcrm.domain.learning import Observation, Target
from inboxcrm.domain.ruler import Ruler
from inboxcrm.service.household import STANDARD_PLAN, Household, Learned
from inboxcrm.store import home, promises
from inboxcrm.store.promises import AnswerTime

LOOKED_BACK = timedelta(days=400)
"""Answers older than this teach nothing: at a half-life of 60 days they would weigh one part in a hundred."""

MOST = 150
"""How many of the newest promises are looked at, in all, of the plan and of the contact.

The one before them would weigh a thousandth of the newest: answers halve in weight every 15.
"""

KEPT = timedelta(minutes=5)

ALARM = "ceiling-unrealistic"
ALARM_PAUSE = timedelta(days=7)


def target(
    household: Household, connection: sqlite3.Connection, *, contact_id: int | None, plan: str | None, now: datetime
) -> Target:
    """The target for a mail that comes now from this contact, under this plan (None or gone: the standard one).

    Only what was known at `now` counts, so that a replay of the past learns no more than the past knew. What everybody
    teaches is worked out anew when an answer was given, and every `KEPT` besides, since what is open grows older.
    """
    terms = household.plan(plan)
    answers, last = promises.answers_to(connection, contact_id, now=now)
    if answers >= learning.ENOUGH_OF_CONTACT:
        return _work_out(household, connection, contact_id, terms, now)
    kept = household.learned.get(terms.name)
    if kept is not None and kept.terms is terms and kept.last == last and now - KEPT < kept.at <= now:
        return kept.target
    found = _work_out(household, connection, None, terms, now)
    household.learned[terms.name] = Learned(terms, last, now, found)
    return found


def _work_out(
    household: Household, connection: sqlite3.Connection, contact_id: int | None, terms: PlanConfig, now: datetime
) -> Target:
    ask = partial(
        promises.answer_times,
        connection,
        contact_id=contact_id,
        plan=terms.name,
        standard_plan=STANDARD_PLAN,
        since=now - LOOKED_BACK,
        now=now,
        most=MOST,
    )
    rows = [] if contact_id is None else ask(alone=True)
    if sum(row.answered for row in rows) < learning.ENOUGH_OF_CONTACT:  # their own teach too little: everybody's
        rows = ask()
    if sum(row.answered for row in rows) < learning.ENOUGH_OF_CONTACT:
        return learning.target(now=now, default=terms.target, floor=terms.floor, ceiling=terms.ceiling)
    ruler = household.ruler(connection, now, LOOKED_BACK, terms.name)
    seen = [(row, _observation(row, ruler, now)) for row in rows]
    return learning.target(
        now=now,
        default=terms.target,
        contact=[each for row, each in seen if row.own],
        plan=[each for row, each in seen if row.of_plan] if len(household.config.plans) > 1 else (),
        everyone=[each for _, each in seen],
        floor=terms.floor,
        ceiling=terms.ceiling,
    )


def _observation(row: AnswerTime, ruler: Ruler, now: datetime) -> Observation:
    settled = row.ended_at is not None and not row.answered
    return Observation(row.received_at, ruler.between(row.received_at, row.ended_at or now), row.answered, settled)


def warn(household: Household, connection: sqlite3.Connection, plan: str | None, found: Target, now: datetime) -> None:
    """Tell the owner of a plan whose ceiling is under what was learned, at most once a week for each plan."""
    terms: PlanConfig = household.plan(plan)
    if not found.unrealistic or found.learned is None or terms.ceiling is None:
        return
    about = f"plan {terms.name}: "
    if home.alarmed_lately(connection, ALARM, about, since=now - ALARM_PAUSE):
        return
    home.raise_alarm(
        connection,
        ALARM,
        f"{about}its ceiling of {format_hours(terms.ceiling)} is promised, but four answers in five take you "
        f"{format_hours(found.learned)} of open time ({found.answers} answers)",
        now=now,
    )
