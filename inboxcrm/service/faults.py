"""Tells the owner what silences the gate: a fault of its own, one alarm for each, or a clock that has gone back."""

from __future__ import annotations

import logging
import sqlite3
from datetime import datetime, timedelta

from inboxcrm.domain.reply_safety import Verdict
from inboxcrm.store import home, ledger_keys
from inboxcrm.store.times import to_text

log = logging.getLogger("inboxcrm.gate")

ALARM = "gate-failed"
CLOCK = "clock-went-back"
CLOCK_SLACK = timedelta(hours=1)
"""How much earlier than the last entry of the ledger the clock may be."""

_FRAME = '  File "'


def gate_failed(connection: sqlite3.Connection, verdict: Verdict, *, now: datetime) -> None:
    """Raise the alarm unless it stands, and log where it happened.

    The words of the error stay out of both: they may quote the mail.
    """
    for finding in verdict.asked:
        if finding.traceback is None:
            continue
        why = f"row {finding.row} failed ({finding.saw}); such mail is left unanswered. The log says where"
        home.raise_alarm(connection, ALARM, why, now=now)
        frames = [line.strip() for line in finding.traceback.splitlines() if line.startswith(_FRAME)]
        log.error("gate.failed", extra={"row": finding.row, "error": finding.saw, "where": frames})


def mind_the_clock(connection: sqlite3.Connection, *, now: datetime) -> bool:
    """Raise the alarm while the clock shows a time before what is on record, since nothing is acknowledged then.

    Answers whether the clock agrees with the record.
    """
    last = ledger_keys.last_moment(connection)
    if last is None or now >= last - CLOCK_SLACK:
        home.clear_alarms(connection, CLOCK, now=now)
        return True
    why = f"this machine's clock is before {to_text(last)}, when a mail was last decided about: nothing is acknowledged"
    home.raise_alarm(connection, CLOCK, why, now=now)
    return False
