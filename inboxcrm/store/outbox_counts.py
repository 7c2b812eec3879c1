"""What the outbox counts that bears on one more mail: how much went where lately, and who takes none."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta

from inboxcrm.domain.outbox import OutboxState
from inboxcrm.domain.refusals import takes_no_mail
from inboxcrm.domain.safety import limits
from inboxcrm.store import home, tombstones
from inboxcrm.store.outbox import DISMISSED, Entry
from inboxcrm.store.times import to_text, to_text_or_none

_LEFT = f"""
    kind = 'auto'
    AND (state NOT IN ('cancelled', 'expired', 'failed') OR (state = 'failed' AND reply = '{DISMISSED}'))
"""
"""Automatic mail that left, may have left, or still may; a shown one counts, so that shadow shows what would happen."""


def counts(connection: sqlite3.Connection, entry: Entry, *, away_text: str, now: datetime) -> limits.Counts:
    """What the ledger holds that limits one more automatic mail; `away_text` is the template that tells an absence."""
    values = {name: to_text(now - within) for name, within in _WINDOWS.items()}
    row = connection.execute(
        _COUNT,
        {
            **values,
            "earliest": min(values.values()),
            **_counted_as(connection, entry),
            "subject": entry.subject_key,
            "matter": entry.matter_id,
            "away": away_text,
            "promise": entry.promise_id,
            "due_at": to_text_or_none(entry.due_at),
        },
    ).fetchone()
    return limits.Counts(**dict(zip(("this_promise_version", *_COUNTED), row, strict=True)))


def _counted_as(connection: sqlite3.Connection, entry: Entry) -> dict[str, str]:
    """Whose mail counts: the recipient's address and domain, and what stands for them since somebody was erased."""
    names = {"base": entry.recipient_base, "domain": entry.recipient_domain}
    if not tombstones.any_laid(connection):
        return names | {f"erased_{name}": value for name, value in names.items()}
    secret = home.secret(connection)
    return names | {f"erased_{name}": tombstones.stands_for(secret, value) for name, value in names.items()}


_WINDOWS = {
    "minutes": limits.WITHIN_SENDER_PAUSE,
    "hour": limits.WITHIN_HOUR,
    "day": limits.WITHIN_DAY,
    "days": limits.WITHIN_AWAY,
    "week": limits.WITHIN_MATTER,
}
_COUNTED = {
    "matter_7_days": ("week", "matter_id = :matter"),
    "sender_10_minutes": ("minutes", "recipient_base IN (:base, :erased_base)"),
    "sender_day": ("day", "recipient_base IN (:base, :erased_base)"),
    "sender_away_4_days": ("days", "recipient_base IN (:base, :erased_base) AND template = :away"),
    "domain_day": ("day", "recipient_domain IN (:domain, :erased_domain)"),
    "domain_subject_day": ("day", "recipient_domain IN (:domain, :erased_domain) AND subject_key = :subject"),
    "forms_day": ("day", "form_lead"),
    "total_hour": ("hour", "1"),
    "total_day": ("day", "1"),
    "new_strangers_day": ("day", "stranger"),
}
"""What is counted by its field of `limits.Counts`: how far back, and which mails."""

_COUNTS = ", ".join(
    f"COUNT(*) FILTER (WHERE created_at > :{window} AND {condition})" for window, condition in _COUNTED.values()
)
_COUNT = f"""
    SELECT (SELECT COUNT(*) FROM outbox WHERE {_LEFT} AND promise_id = :promise AND due_at IS :due_at), {_COUNTS}
    FROM outbox
    WHERE {_LEFT} AND created_at > :earliest
"""  # noqa: S608 - ours
"""One walk over the mails of the longest window: as many as the limits let through in a week."""


def waiting_for_approval(connection: sqlite3.Connection) -> int:
    """How many automatic mails wait for a person."""
    row = connection.execute(
        "SELECT COUNT(*) FROM outbox WHERE kind = 'auto' AND (state = 'awaiting' OR (state = 'held' AND hold))"
    ).fetchone()
    return int(row[0])


def sent_lately(connection: sqlite3.Connection, mailbox: str, now: datetime) -> tuple[int, int]:
    """How many mails of a mailbox its server accepted within a minute and within a day.

    What a clock that ran ahead dated later than now counts for the day, and for no minute. No mail waits longer than
    two days to go. The `+` keeps SQLite from walking over all that was ever sent.
    """
    row = connection.execute(
        f"""
        SELECT COUNT(*) FILTER (WHERE outbox.ended_at > :minute AND outbox.ended_at <= :now), COUNT(*)
        FROM outbox
        JOIN mailboxes ON mailboxes.id = outbox.mailbox_id
        WHERE mailboxes.name = :mailbox AND +outbox.state = '{OutboxState.SENT}'
          AND outbox.created_at > :created AND outbox.ended_at > :day
        """,  # noqa: S608 - a state
        {
            "mailbox": mailbox,
            "created": to_text(now - timedelta(days=8)),
            "minute": to_text(now - timedelta(minutes=1)),
            "day": to_text(now - timedelta(days=1)),
            "now": to_text(now),
        },
    ).fetchone()
    return int(row[0]), int(row[1])


def refusal_of_domain(connection: sqlite3.Connection, domain: str, *, since: datetime) -> str | None:
    """The reply by which our server told since then that a domain takes no mail at all; None where there is none."""
    rows = connection.execute(
        """
        SELECT reply FROM outbox
        WHERE state = 'failed' AND created_at >= ? AND LOWER(SUBSTR(recipient, INSTR(recipient, '@') + 1)) = ?
        ORDER BY id DESC
        """,
        (to_text(since), domain),
    )
    return next((reply for (reply,) in rows if reply is not None and takes_no_mail(reply)), None)


def went_to(connection: sqlite3.Connection, recipient: str, *, since: datetime) -> bool:
    """Whether an automatic mail to this recipient was entered since then and not dropped."""
    row = connection.execute(
        f"SELECT 1 FROM outbox WHERE {_LEFT} AND LOWER(recipient) = ? AND created_at >= ?",  # noqa: S608 - ours
        (recipient, to_text(since)),
    ).fetchone()
    return row is not None
