"""What machines report about people: mail of ours that did not arrive, and until when somebody is away."""

from __future__ import annotations

import re
from datetime import datetime, time

from inboxcrm.domain.address import base_key
from inboxcrm.domain.reply_safety import Reason, Verdict
from inboxcrm.domain.safety.absences import read_absence
from inboxcrm.domain.safety.bounces import Report, ReportKind, read_report
from inboxcrm.service.file import Filing, Person
from inboxcrm.store import answers, contacts, home, matters, messages

_BOUNCES = frozenset(
    (Reason.DSN, Reason.BOUNCE_LIKE, Reason.NULL_RETURN_PATH, Reason.VENDOR_AUTO, Reason.NO_USABLE_SENDER)
)
_DAEMON = re.compile(r"mail(?:er)?[-_.]?daemon|postmaster")
"""Who signs bounces that another row of the gate stopped first."""

_ABSENCES = frozenset(
    (
        Reason.AUTO_SUBMITTED,
        Reason.NULL_RETURN_PATH,
        Reason.AUTO_RESPONSE_SUPPRESS,
        Reason.PRECEDENCE,
        Reason.VENDOR_AUTO,
        Reason.AUTO_SUBJECT,
        Reason.AUTO_TEXT,
        Reason.THREAD_ALREADY_ACKED,
    )
)

LONGEST_REPORT = 8 << 20
"""Octets of a mail in which a report is looked for; what it quotes behind them does not matter."""


def take_note(filing: Filing, verdict: Verdict, person: Person, row_id: int) -> None:
    """Read what a mail reports that perhaps no person wrote. It changes no turn, keeps no promise, answers nobody."""
    reasons = frozenset(verdict.reasons)
    author = filing.message.author
    if reasons & _BOUNCES or (author is not None and _DAEMON.fullmatch(author.local)):
        _bounce(filing, row_id)
    if reasons & _ABSENCES and person.contact_id is not None:
        _absence(filing, person.contact_id)


def _bounce(filing: Filing, row_id: int) -> None:
    """Link a report to the mail it is about. One that names no mail of ours, or nobody we wrote to, only shows."""
    report = read_report(filing.message, filing.head(LONGEST_REPORT))
    ours = answers.our_mail(filing.connection, report.quoted_ids)
    if ours is None:
        return
    if ours.matter_id is not None:
        messages.move_to_matter(filing.connection, row_id, ours.matter_id)
        ids = [filing.message.message_id] if filing.message.message_id is not None else []
        matters.extend(
            filing.connection,
            ours.matter_id,
            ids=ids,
            people=(),
            at=filing.received_at,
            turn=None,
            by_person=False,
            contact_id=None,
        )
    if report.kind is ReportKind.FAILED:
        _undeliverable(filing, report, ours)


def _undeliverable(filing: Filing, report: Report, ours: answers.OurMail) -> None:
    written_to = {base_key(key): key for key in ours.recipients}
    for failure in report.failures:
        key = written_to.get(base_key(failure.address))
        if key is None or not failure.permanent:
            continue
        why = " ".join(filter(None, (failure.status, failure.diagnostic))) or "the server refused the address"
        contacts.mark_undeliverable(filing.connection, key, why=why[:300], at=filing.received_at)
        home.journal(filing.connection, "undeliverable", ours.mail_id, {"why": why[:300]}, now=filing.now)


def _absence(filing: Filing, contact_id: int) -> None:
    zone = filing.household.config.owner.timezone
    absence = read_absence(filing.message, received_on=filing.received_at.astimezone(zone).date())
    day = absence.back_on or absence.until
    if day is not None:
        contacts.mark_away(filing.connection, contact_id, datetime.combine(day, time(0), tzinfo=zone))
