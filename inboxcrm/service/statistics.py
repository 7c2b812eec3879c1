"""The record of a home: what became of the promises of the last months, and how true the told times were."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.domain import record
from inboxcrm.domain.promise import State
from inboxcrm.domain.record import Line, Share, Tally, Times
from inboxcrm.domain.ruler import Ruler
from inboxcrm.service.household import STANDARD_PLAN, Household
from inboxcrm.store import views

_ANSWERED = frozenset((State.KEPT, State.KEPT_LATE))


@dataclass(frozen=True, slots=True)
class Group:
    """The figures of a month, a contact, a plan, an organisation or of all; `scope` says which."""

    scope: str
    name: str
    tally: Tally
    times: Times


@dataclass(frozen=True, slots=True)
class Record:
    """All of it. The three shares are the calibration; their aims are in docs/promise.md."""

    groups: tuple[Group, ...]
    kept_of_told: Share
    kept_of_learned: Share
    within_learned: Share


def read(household: Household, connection: sqlite3.Connection, *, since: datetime, now: datetime) -> Record:
    """The record of the promises made since then; months are those of the owner's calendar, newest first."""
    lines = _lines(household, connection, since, now)
    zone = household.config.owner.timezone
    months = record.by(lines, lambda line: f"{line.received_at.astimezone(zone):%Y-%m}")
    groups = [_group("all", "", lines)]
    groups += [_group("month", name, months[name]) for name in reversed(months)]
    groups += [_group("plan", name, each) for name, each in record.by(lines, lambda line: line.plan).items()]
    for scope, found in (
        ("organisation", record.by(lines, lambda line: line.organisation)),
        ("contact", record.by(lines, lambda line: line.contact)),
    ):
        by_size = sorted(found.items(), key=lambda item: -len(item[1]))
        groups += [_group(scope, name, each) for name, each in by_size if name]
    return Record(
        tuple(groups),
        record.kept_of_told(lines, now=now),
        record.kept_of_told(lines, now=now, learned_only=True),
        record.within_learned(lines),
    )


def _group(scope: str, name: str, lines: list[Line]) -> Group:
    return Group(scope, name, record.tally(lines), record.times(lines))


def _lines(household: Household, connection: sqlite3.Connection, since: datetime, now: datetime) -> list[Line]:
    rows = views.promise_record(connection, since=since)
    if not rows:
        return []
    last = max([now, *(row.ended_at for row in rows if row.ended_at is not None)])
    start, end = rows[0].received_at, last + timedelta(days=1)
    rulers = {plan: household.measure(connection, start, end, plan) for plan in {row.plan for row in rows}}
    return [_line(row, rulers[row.plan]) for row in rows]


def _line(row: views.RecordRow, ruler: Ruler) -> Line:
    state = State(row.state)
    answered = state in _ANSWERED and row.ended_at is not None
    return Line(
        received_at=row.received_at,
        state=state,
        extended=row.extensions > 0,
        was_broken=row.was_broken,
        told_due_at=row.first_told_due_at,
        ended_at=row.ended_at,
        learned=None if row.learned_minutes is None else timedelta(minutes=row.learned_minutes),
        answer_time=ruler.between(row.received_at, row.ended_at) if answered and row.ended_at is not None else None,
        contact=row.contact,
        organisation=row.organisation or "",
        plan=row.plan or STANDARD_PLAN,
    )
