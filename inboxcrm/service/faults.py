"""Tells the owner that the gate itself failed: one alarm for each fault, however many mails meet it."""

from __future__ import annotations

import logging
import sqlite3
from datetime import datetime

from inboxcrm.domain.reply_safety import Verdict
from inboxcrm.store import home

log = logging.getLogger("inboxcrm.gate")

ALARM = "gate-failed"
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
