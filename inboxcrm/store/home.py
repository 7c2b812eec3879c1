"""The SQL of the home's own state: its secret, pause, alarms, absence and the journal of what people did."""

from __future__ import annotations

import json
import secrets
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from inboxcrm.domain.office_hours import Away
from inboxcrm.store.times import to_instant, to_instant_or_none, to_text


def secret(connection: sqlite3.Connection) -> bytes:
    """The home's own key, made once: our Message-IDs and loop tokens derive from it.

    It lies beside the ledger on purpose: whoever puts a backup of the one file back derives the same Message-IDs, and
    so finds in Sent what was sent before. In a file of its own it could be left behind, and a mail be sent twice. The
    browser cannot read it (see vault).
    """
    stored = value(connection, "secret")
    if stored is None:
        stored = secrets.token_hex(32)
        set_value(connection, "secret", stored)
    return bytes.fromhex(stored)


def value(connection: sqlite3.Connection, key: str) -> str | None:
    """One remembered value."""
    row = connection.execute("SELECT value FROM home WHERE key = ?", (key,)).fetchone()
    return None if row is None else str(row[0])


def set_value(connection: sqlite3.Connection, key: str, text: str | None) -> None:
    """Remember a value, or forget it."""
    if text is None:
        connection.execute("DELETE FROM home WHERE key = ?", (key,))
    else:
        connection.execute("INSERT OR REPLACE INTO home (key, value) VALUES (?, ?)", (key, text))


def try_writing(connection: sqlite3.Connection, *, now: datetime) -> None:
    """Write for no other reason than to see whether that can be done."""
    set_value(connection, "tried_writing_at", to_text(now))


_LET_IN = "let_in:"


def note_let_in(connection: sqlite3.Connection, mailbox: str, *, now: datetime) -> None:
    """A person tried the log-in to a mailbox, and was let in."""
    set_value(connection, _LET_IN + mailbox, to_text(now))


def let_in_at(connection: sqlite3.Connection, mailbox: str) -> datetime | None:
    """When that was last."""
    return to_instant_or_none(value(connection, _LET_IN + mailbox))


_BEGAN_WITH = "began_with"


def began_with(connection: sqlite3.Connection) -> str | None:
    """The mark of the settings that the last daemon began with."""
    return value(connection, _BEGAN_WITH)


def begin_with(connection: sqlite3.Connection, mark: str) -> None:
    """A daemon begins with the settings of this mark."""
    set_value(connection, _BEGAN_WITH, mark)


_STARTS = "starts_unlasting"

FELL_BY = "fell_by"
"""What ended the last daemon, in a few words, where it was no person."""


def starts(connection: sqlite3.Connection) -> list[datetime]:
    """When daemons began of which none has lasted yet or was ended by a person, oldest first."""
    return [to_instant(at) for at in json.loads(value(connection, _STARTS) or "[]")]


def keep_starts(connection: sqlite3.Connection, at: Sequence[datetime]) -> None:
    """Remember these in their place."""
    set_value(connection, _STARTS, json.dumps([to_text(each) for each in at]) if at else None)


_GOOD_RULES = "good_rules"


def good_rules(connection: sqlite3.Connection) -> Mapping[str, str] | None:
    """The home's own files of rules, by name, as they last could be used; None before they ever were."""
    kept = value(connection, _GOOD_RULES)
    return None if kept is None else dict(json.loads(kept))


def keep_good_rules(connection: sqlite3.Connection, texts: Mapping[str, str]) -> None:
    """Remember the files of rules that are in force."""
    told = json.dumps(dict(texts))
    if value(connection, _GOOD_RULES) != told:
        set_value(connection, _GOOD_RULES, told)


def paused_at(connection: sqlite3.Connection) -> datetime | None:
    """Since when all automatic mail is stopped, or None."""
    return to_instant_or_none(value(connection, "paused_at"))


BRAKE = "brake_pulled_at"


def braked_at(connection: sqlite3.Connection) -> datetime | None:
    """Since when automatic mail waits for approval because there was too much of it, or None."""
    return to_instant_or_none(value(connection, BRAKE))


OF_RULES = "rule"
"""The kind of an alarm by which a rule tells the owner something."""


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something the owner must see once, until it is cleared."""

    id: int
    kind: str
    raised_at: datetime
    detail: str

    @property
    def head(self) -> str:
        """What stands before its words: what a rule of the owner's own has to say is no alarm."""
        return "YOUR RULES" if self.kind == OF_RULES else f"ALARM {self.kind}"


def raise_alarm(connection: sqlite3.Connection, kind: str, detail: str, *, now: datetime) -> bool:
    """Raise an alarm unless the very same one stands; answers whether it is new."""
    cursor = connection.execute(
        "INSERT OR IGNORE INTO alarms (kind, raised_at, detail) VALUES (?, ?, ?)", (kind, to_text(now), detail)
    )
    return cursor.rowcount > 0


def alarmed_lately(connection: sqlite3.Connection, kind: str, about: str, *, since: datetime) -> bool:
    """Whether an alarm of a kind whose detail begins like this stands, or was raised since then and cleared."""
    row = connection.execute(
        """
        SELECT 1
        FROM alarms
        WHERE kind = ? AND SUBSTR(detail, 1, LENGTH(?)) = ? AND (cleared_at IS NULL OR raised_at > ?)
        """,
        (kind, about, about, to_text(since)),
    ).fetchone()
    return row is not None


def alarms(connection: sqlite3.Connection) -> list[Alarm]:
    """The alarms that stand, oldest first."""
    rows = connection.execute("SELECT * FROM alarms WHERE cleared_at IS NULL ORDER BY id")
    return [Alarm(row["id"], row["kind"], to_instant(row["raised_at"]), row["detail"]) for row in rows]


def is_alarmed(connection: sqlite3.Connection, kind: str, about: str) -> bool:
    """Whether an alarm of a kind whose detail begins like this stands."""
    return any(each.kind == kind and each.detail.startswith(about) for each in alarms(connection))


def clear_alarms(connection: sqlite3.Connection, kind: str, *, now: datetime) -> int:
    """Clear the alarms of a kind."""
    cursor = connection.execute(
        "UPDATE alarms SET cleared_at = ? WHERE kind = ? AND cleared_at IS NULL", (to_text(now), kind)
    )
    return cursor.rowcount


def clear_alarms_about(connection: sqlite3.Connection, kind: str, about: str, *, now: datetime) -> int:
    """Clear the alarms of a kind whose detail begins like this."""
    cursor = connection.execute(
        """
        UPDATE alarms SET cleared_at = ?
        WHERE kind = ? AND cleared_at IS NULL AND SUBSTR(detail, 1, LENGTH(?)) = ?
        """,
        (to_text(now), kind, about, about),
    )
    return cursor.rowcount


def journal(
    connection: sqlite3.Connection, kind: str, subject: str | None, detail: Mapping[str, object], *, now: datetime
) -> None:
    """Note what happened or what a person did; never a body, never a password."""
    connection.execute(
        "INSERT INTO events (at, kind, subject, detail) VALUES (?, ?, ?, ?)",
        (to_text(now), kind, subject, json.dumps(detail)),
    )


def add_away(connection: sqlite3.Connection, away: Away, *, now: datetime) -> int:
    """Enter a period of absence."""
    cursor = connection.execute(
        "INSERT INTO away (start_at, end_at, kind, wording, buffer_minutes, created_at) VALUES (?, ?, ?, ?, ?, ?)",
        (
            to_text(away.start_at),
            to_text(away.end_at),
            away.kind,
            away.wording,
            round(away.buffer / timedelta(minutes=1)),
            to_text(now),
        ),
    )
    return int(cursor.lastrowid or 0)


def end_away(connection: sqlite3.Connection, away_id: int, *, now: datetime) -> bool:
    """Take back an absence: one that has begun ends now, one to come is cancelled."""
    cursor = connection.execute(
        """
        UPDATE away
        SET cancelled_at = CASE WHEN start_at >= :now THEN :now ELSE NULL END,
            end_at = CASE WHEN start_at < :now THEN :now ELSE end_at END
        WHERE id = :id AND cancelled_at IS NULL AND end_at > :now
        """,
        {"id": away_id, "now": to_text(now)},
    )
    return cursor.rowcount > 0


def absences(connection: sqlite3.Connection, *, since: datetime | None = None) -> tuple[tuple[int, Away], ...]:
    """The absences that were not cancelled, with their row ids; with `since` those that end after it."""
    rows = connection.execute(
        "SELECT * FROM away WHERE cancelled_at IS NULL AND end_at > ? ORDER BY start_at",
        ("" if since is None else to_text(since),),
    )
    return tuple((row["id"], absence(row)) for row in rows)


def absence(row: sqlite3.Row) -> Away:
    """The absence that a row of `away` holds."""
    return Away(
        to_instant(row["start_at"]),
        to_instant(row["end_at"]),
        row["kind"],
        row["wording"],
        timedelta(minutes=row["buffer_minutes"]),
    )
