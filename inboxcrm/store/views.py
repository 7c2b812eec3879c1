"""The read model in Python: a value and a reader for each view."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from inboxcrm.store.times import to_instant, to_instant_or_none, to_text

PAGE = 50


@dataclass(frozen=True, slots=True)
class MessageRow:
    """One message as lists show it."""

    id: int
    received_at: datetime
    direction: str
    mail_class: str
    outcome: str | None
    reasons: tuple[str, ...]
    sender: str
    recipients: str
    subject: str
    preview: str
    attachments: tuple[Mapping[str, Any], ...]
    size: int
    message_id: str | None
    matter_id: int | None
    contact_id: int | None
    contact: str | None
    organisation: str | None


@dataclass(frozen=True, slots=True)
class OwedRow:
    """One answer that is owed: the promise, the mail it is about, and what the sender was told."""

    promise_id: int
    state: str
    received_at: datetime
    due_at: datetime | None
    told_due_at: datetime | None
    told_at: datetime | None
    asked: int
    snoozed_until: datetime | None
    matter_id: int
    message_id: int
    contact_id: int | None
    contact: str
    sender: str
    organisation: str | None
    plan: str | None
    stranger: bool
    subject: str
    preview: str
    outcome: str | None
    reasons: tuple[str, ...]
    mail_class: str
    acknowledgement: str | None
    warned_at: datetime | None = None

    @property
    def shown_state(self) -> str:
        """The state as the queue says it: a live promise that was warned of and is not broken is "warned"."""
        return "warned" if self.warned_at is not None and self.state != "broken" else self.state


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """One promise, live or ended."""

    id: int
    state: str
    received_at: datetime
    due_at: datetime | None
    told_due_at: datetime | None
    ended_at: datetime | None
    ended_how: str | None
    asked: int
    extensions: int
    matter_id: int
    message_id: int
    contact_id: int | None
    contact: str | None
    organisation: str | None
    subject: str


@dataclass(frozen=True, slots=True)
class MatterRow:
    """One matter. `turn` is "mine", "theirs" or "nobody"."""

    id: int
    subject: str
    turn: str
    opened_at: datetime
    last_at: datetime
    contact_id: int | None
    contact: str | None
    organisation: str | None
    messages: int


@dataclass(frozen=True, slots=True)
class ContactRow:
    """One contact as the card and the list show it; `known_since` is None for a stranger.

    `plan` is the one that holds, `own_plan` the one set on the contact and not on the organisation.
    """

    id: int
    name: str
    organisation: str | None
    organisation_id: int | None
    addresses: str
    plan: str | None
    own_plan: str | None
    policy: str | None
    language: str | None
    timezone: str | None
    known_since: datetime | None
    known_because: str | None
    away_until: datetime | None
    undeliverable_at: datetime | None
    last_at: datetime | None
    messages: int
    owed: int


@dataclass(frozen=True, slots=True)
class OutboxRow:
    """One outgoing mail with the text that goes, went or would go out."""

    id: int
    kind: str
    state: str
    template: str
    recipient: str
    subject: str
    text: str
    due_at: datetime | None
    created_at: datetime
    send_after: datetime
    expires_at: datetime
    ended_at: datetime | None
    attempts: int
    reply: str | None
    message_id: int | None
    matter_id: int | None
    promise_id: int | None
    contact_id: int | None
    contact: str | None


@dataclass(frozen=True, slots=True)
class MailboxRow:
    """How a mailbox fares. `backlog` counts messages still to be read, None before anything is known."""

    name: str
    state: str
    cause: str | None
    last_checked_at: datetime | None
    last_mail_at: datetime | None
    next_attempt_at: datetime | None
    backlog: int
    messages: int
    quarantined: int


@dataclass(frozen=True, slots=True)
class Hit:
    """A search result: the message, and where the words were found between the marks asked for."""

    message: MessageRow
    snippet: str


_INSTANTS = frozenset(("known_since", "away_until", "snoozed_until", "send_after"))
_LISTS = frozenset(("reasons", "attachments"))


def _values(row: sqlite3.Row) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for name in row.keys():  # noqa: SIM118 - iterating a Row gives its values
        value = row[name]
        if name.endswith("_at") or name in _INSTANTS:
            value = to_instant_or_none(value)
        elif name in _LISTS:
            value = tuple(json.loads(value or "[]"))
        elif name == "stranger":
            value = bool(value)
        values["mail_class" if name == "class" else name] = value
    return values


def message(connection: sqlite3.Connection, message_id: int) -> MessageRow | None:
    """One message."""
    row = connection.execute("SELECT * FROM message_list WHERE id = ?", (message_id,)).fetchone()
    return None if row is None else MessageRow(**_values(row))


def newest(connection: sqlite3.Connection, *, limit: int = PAGE, offset: int = 0) -> list[MessageRow]:
    """The newest messages."""
    rows = connection.execute(
        "SELECT * FROM message_list ORDER BY received_at DESC, id DESC LIMIT ? OFFSET ?", (limit, offset)
    )
    return [MessageRow(**_values(row)) for row in rows]


def count_messages(connection: sqlite3.Connection) -> int:
    """How many messages are on record."""
    return int(connection.execute("SELECT COUNT(*) FROM messages").fetchone()[0])


def newest_id(connection: sqlite3.Connection) -> int:
    """The row of the message that was stored last; 0 while there is none."""
    return int(connection.execute("SELECT COALESCE(MAX(id), 0) FROM messages").fetchone()[0])


def first_incoming_after(connection: sqlite3.Connection, row_id: int) -> int | None:
    """The first message to the owner that was stored after this row."""
    row = connection.execute("SELECT MIN(id) FROM messages WHERE id > ? AND direction = 'in'", (row_id,)).fetchone()
    return None if row[0] is None else int(row[0])


def of_matter(connection: sqlite3.Connection, matter_id: int, *, limit: int = -1, offset: int = 0) -> list[MessageRow]:
    """A matter's messages, oldest first; all of them where no limit is given."""
    rows = connection.execute(
        "SELECT * FROM message_list WHERE matter_id = ? ORDER BY received_at, id LIMIT ? OFFSET ?",
        (matter_id, limit, offset),
    )
    return [MessageRow(**_values(row)) for row in rows]


def timeline(connection: sqlite3.Connection, contact_id: int, *, limit: int = 200, offset: int = 0) -> list[MessageRow]:
    """What went to and fro with a contact, newest first."""
    rows = connection.execute(
        "SELECT * FROM message_list WHERE contact_id = ? ORDER BY received_at DESC, id DESC LIMIT ? OFFSET ?",
        (contact_id, limit, offset),
    )
    return [MessageRow(**_values(row)) for row in rows]


def text(connection: sqlite3.Connection, message_id: int) -> str:
    """A message's letter as text; hostile characters are still in it, show it through `domain.text.visible`."""
    row = connection.execute("SELECT text FROM letters WHERE message_id = ?", (message_id,)).fetchone()
    return "" if row is None else str(row["text"])


def queue(connection: sqlite3.Connection, *, now: datetime, zone: ZoneInfo) -> list[OwedRow]:
    """What is owed, in the order in which the owner should look: broken, due today, plan, asked twice, oldest.

    Snoozed rows are left out until their time; `zone` says which day is today.
    """
    rows = connection.execute("SELECT * FROM owed WHERE snoozed_until IS NULL OR snoozed_until <= ?", (to_text(now),))
    today = now.astimezone(zone).date()
    return sorted((OwedRow(**_values(row)) for row in rows), key=lambda row: _urgency(row, today, zone))


def all_owed(connection: sqlite3.Connection) -> list[OwedRow]:
    """Everything that is owed, snoozed or not, the one due first at the head."""
    rows = connection.execute("SELECT * FROM owed ORDER BY due_at IS NULL, due_at, promise_id")
    return [OwedRow(**_values(row)) for row in rows]


def by_person(rows: Sequence[OwedRow]) -> list[list[OwedRow]]:
    """The queue as one pile for each person, in the order of its most urgent sheet."""
    piles: dict[object, list[OwedRow]] = {}
    for row in rows:
        piles.setdefault(row.contact_id or row.sender, []).append(row)
    return list(piles.values())


def _urgency(row: OwedRow, today: date, zone: ZoneInfo) -> tuple[bool, bool, bool, bool, datetime]:
    due_today = row.due_at is not None and row.due_at.astimezone(zone).date() <= today
    return (row.state != "broken", not due_today, row.plan is None, row.asked < 2, row.received_at)


def owed(connection: sqlite3.Connection, promise_id: int) -> OwedRow | None:
    """One live promise."""
    row = connection.execute("SELECT * FROM owed WHERE promise_id = ?", (promise_id,)).fetchone()
    return None if row is None else OwedRow(**_values(row))


@dataclass(frozen=True, slots=True)
class Pile:
    """One person's place in the queue: the promises, the most urgent first, and how urgent that one is.

    `person` is the contact's id, or the sender as written where there is no contact.
    """

    person: int | str
    promise_ids: tuple[int, ...]
    broken: bool
    due_today: bool


def piles(connection: sqlite3.Connection, *, now: datetime, zone: ZoneInfo) -> list[Pile]:
    """The queue as `by_person` arranges it, without the rows themselves: fast however much is owed.

    Read the rows that are shown with `owed`.
    """
    tomorrow = datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(0), tzinfo=zone)
    rows = connection.execute(
        """
        SELECT promises.id AS id, COALESCE(promises.contact_id, messages.sender) AS person,
               promises.state = 'broken' AS broken, COALESCE(promises.due_at < :tomorrow, 0) AS today
        FROM promises
        JOIN messages ON messages.id = promises.message_id
        LEFT JOIN contacts ON contacts.id = promises.contact_id
        LEFT JOIN organisations ON organisations.id = contacts.organisation_id
        WHERE promises.state IN ('open', 'extended', 'broken')
          AND (promises.snoozed_until IS NULL OR promises.snoozed_until <= :now)
        ORDER BY broken DESC, today DESC, COALESCE(contacts.plan, organisations.plan) IS NULL,
                 promises.chasers = 0, promises.received_at, promises.id
        """,
        {"tomorrow": to_text(tomorrow), "now": to_text(now)},
    )
    found: dict[int | str, list[tuple[int, bool, bool]]] = {}
    for promise_id, person, broken, today in rows:
        found.setdefault(person, []).append((promise_id, bool(broken), bool(today)))
    return [Pile(person, tuple(each[0] for each in pile), pile[0][1], pile[0][2]) for person, pile in found.items()]


def owed_in_matter(connection: sqlite3.Connection, matter_id: int) -> OwedRow | None:
    """The live promise of a matter."""
    row = connection.execute("SELECT * FROM owed WHERE matter_id = ?", (matter_id,)).fetchone()
    return None if row is None else OwedRow(**_values(row))


@dataclass(frozen=True, slots=True)
class Touch:
    """When and how the owner last turned to a contact: "mail", "phone", "met" or the owner's own words."""

    at: datetime
    how: str


def last_touch(connection: sqlite3.Connection, contact_id: int) -> Touch | None:
    """The last mail the owner wrote to a contact by hand, or the last answer given by another channel."""
    row = connection.execute(
        """
        SELECT received_at AS at, 'mail' AS how
        FROM messages
        WHERE contact_id = :id AND direction = 'out'
        UNION ALL
        SELECT ended_at AS at, ended_how AS how
        FROM promises
        WHERE contact_id = :id AND state IN ('kept', 'kept_late') AND ended_how <> 'mail'
        ORDER BY at DESC
        LIMIT 1
        """,
        {"id": contact_id},
    ).fetchone()
    return None if row is None else Touch(to_instant(row["at"]), row["how"])


@dataclass(frozen=True, slots=True)
class MonthRow:
    """What became of the promises made in one month (`2026-03`, UTC)."""

    month: str
    kept: int
    kept_late: int
    broken: int
    live: int
    settled: int


def record(connection: sqlite3.Connection, *, months: int = 24) -> list[MonthRow]:
    """The record by month, newest first; `settled` were withdrawn or needed no answer."""
    rows = connection.execute(
        """
        SELECT SUBSTR(received_at, 1, 7) AS month,
               SUM(state = 'kept') AS kept,
               SUM(state = 'kept_late') AS kept_late,
               SUM(state = 'broken') AS broken,
               SUM(state IN ('open', 'extended')) AS live,
               SUM(state IN ('withdrawn', 'moot')) AS settled
        FROM promises
        GROUP BY month
        ORDER BY month DESC
        LIMIT ?
        """,
        (months,),
    )
    return [MonthRow(**dict(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One promise with all that the record asks; `first_told_due_at` is the time the sender was told first."""

    id: int
    received_at: datetime
    state: str
    due_at: datetime | None
    ended_at: datetime | None
    ended_how: str | None
    extensions: int
    was_broken: bool
    first_told_due_at: datetime | None
    target_source: str | None
    learned_minutes: int | None
    contact_id: int | None
    contact: str
    organisation: str | None
    plan: str | None


def promise_record(connection: sqlite3.Connection, *, since: datetime) -> list[RecordRow]:
    """The promises made since then, oldest first."""
    rows = connection.execute(
        "SELECT * FROM promise_record WHERE received_at >= ? ORDER BY received_at, id", (to_text(since),)
    )
    return [RecordRow(**(_values(row) | {"was_broken": bool(row["was_broken"])})) for row in rows]


def owed_to(connection: sqlite3.Connection, contact_id: int) -> list[OwedRow]:
    """What is owed to one contact, oldest first, snoozed or not."""
    rows = connection.execute("SELECT * FROM owed WHERE contact_id = ? ORDER BY received_at", (contact_id,))
    return [OwedRow(**_values(row)) for row in rows]


def promises(connection: sqlite3.Connection, *, limit: int = PAGE, offset: int = 0) -> list[PromiseRow]:
    """The ledger, newest first."""
    rows = connection.execute(
        "SELECT * FROM promise_list ORDER BY received_at DESC, id DESC LIMIT ? OFFSET ?", (limit, offset)
    )
    return [PromiseRow(**_values(row)) for row in rows]


def promises_of_matter(connection: sqlite3.Connection, matter_id: int) -> list[PromiseRow]:
    """The promises of a matter, oldest first; at most one of them is live."""
    rows = connection.execute("SELECT * FROM promise_list WHERE matter_id = ? ORDER BY id", (matter_id,))
    return [PromiseRow(**_values(row)) for row in rows]


def matter(connection: sqlite3.Connection, matter_id: int) -> MatterRow | None:
    """One matter."""
    row = connection.execute("SELECT * FROM matter_list WHERE id = ?", (matter_id,)).fetchone()
    return None if row is None else MatterRow(**_values(row))


def contacts(connection: sqlite3.Connection, *, like: str = "", limit: int = PAGE, offset: int = 0) -> list[ContactRow]:
    """Contacts whose name, address or organisation holds these words, the latest correspondents first."""
    rows = connection.execute(
        """
        SELECT * FROM contact_list
        WHERE :like = '' OR name LIKE :pattern ESCAPE '\\' OR addresses LIKE :pattern ESCAPE '\\'
           OR organisation LIKE :pattern ESCAPE '\\'
        ORDER BY last_at DESC, name
        LIMIT :limit OFFSET :offset
        """,
        {"like": like, "pattern": f"%{_escaped(like)}%", "limit": limit, "offset": offset},
    )
    return [ContactRow(**_values(row)) for row in rows]


def _escaped(words: str) -> str:
    return words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


def contact(connection: sqlite3.Connection, contact_id: int) -> ContactRow | None:
    """One contact."""
    row = connection.execute("SELECT * FROM contact_list WHERE id = ?", (contact_id,)).fetchone()
    return None if row is None else ContactRow(**_values(row))


def outbox(
    connection: sqlite3.Connection, *, states: Sequence[str] = (), limit: int = PAGE, offset: int = 0
) -> list[OutboxRow]:
    """Outgoing mail, newest first, of these states or of all."""
    marks = ", ".join("?" * len(states))
    condition = f"WHERE state IN ({marks})" if states else ""
    rows = connection.execute(
        f"SELECT * FROM outbox_list {condition} ORDER BY id DESC LIMIT ? OFFSET ?",  # noqa: S608 - question marks only
        (*states, limit, offset),
    )
    return [OutboxRow(**_values(row)) for row in rows]


def outbox_item(connection: sqlite3.Connection, item_id: int) -> OutboxRow | None:
    """One outgoing mail."""
    row = connection.execute("SELECT * FROM outbox_list WHERE id = ?", (item_id,)).fetchone()
    return None if row is None else OutboxRow(**_values(row))


def outbox_of_matter(connection: sqlite3.Connection, matter_id: int) -> list[OutboxRow]:
    """What went, goes or would go out in a matter, oldest first."""
    rows = connection.execute("SELECT * FROM outbox_list WHERE matter_id = ? ORDER BY id", (matter_id,))
    return [OutboxRow(**_values(row)) for row in rows]


def mailboxes(connection: sqlite3.Connection) -> list[MailboxRow]:
    """Every mailbox of the home."""
    return [MailboxRow(**_values(row)) for row in connection.execute("SELECT * FROM mailbox_list ORDER BY name")]


CANDIDATES = 5_000
"""How many of the newest matches a search orders by time: a common word would match everything."""


def search(
    connection: sqlite3.Connection,
    words: str,
    *,
    limit: int = PAGE,
    offset: int = 0,
    marks: tuple[str, str] = ("[", "]"),
) -> list[Hit]:
    """The newest messages that hold all of these words (the last one may be a beginning).

    The words are data: each is quoted, so no FTS5 operator in them means anything. `marks` stand around what was found.
    The snippets come from one pass over the rows of the page: a lookup for each row reads all matches of a prefix anew.
    """
    query = match_expression(words)
    if not query:
        return []
    rows = connection.execute(
        """
        WITH hits AS (
          SELECT rowid FROM search WHERE search MATCH :query ORDER BY rowid DESC LIMIT :candidates
        ),
        page AS (
          SELECT messages.id AS id, messages.received_at AS at
          FROM hits
          JOIN messages ON messages.id = hits.rowid
          ORDER BY at DESC, id DESC
          LIMIT :limit OFFSET :offset
        )
        SELECT search.rowid AS id, snippet(search, -1, :before, :behind, ' … ', 14) AS snippet
        FROM search
        WHERE search MATCH :query
          AND search.rowid BETWEEN (SELECT MIN(id) FROM page) AND (SELECT MAX(id) FROM page)
          AND +search.rowid IN (SELECT id FROM page)
        """,
        {
            "query": query,
            "candidates": CANDIDATES,
            "limit": limit,
            "offset": offset,
            "before": marks[0],
            "behind": marks[1],
        },
    ).fetchall()
    hits = [Hit(found, row["snippet"]) for row in rows if (found := message(connection, row["id"])) is not None]
    return sorted(hits, key=lambda hit: (hit.message.received_at, hit.message.id), reverse=True)


MAX_SEARCH_TERMS = 32


def match_expression(words: str) -> str:
    """Free words as an FTS5 expression: every term quoted, all required, the last one as a prefix."""
    terms = [term.replace('"', '""') for term in words.replace("\0", " ").split()][:MAX_SEARCH_TERMS]
    if not terms:
        return ""
    quoted = [f'"{term}"' for term in terms]
    return " ".join(quoted) + ("*" if terms[-1][-1:].isalnum() else "")


@dataclass(frozen=True, slots=True)
class Step:
    """One event in the life of a promise."""

    at: datetime
    event: str
    state: str
    detail: Mapping[str, Any]


def promise_story(connection: sqlite3.Connection, promise_id: int) -> list[Step]:
    """What happened to a promise, oldest first."""
    rows = connection.execute("SELECT * FROM promise_events WHERE promise_id = ? ORDER BY id", (promise_id,))
    return [Step(to_instant(row["at"]), row["event"], row["to_state"], json.loads(row["detail"])) for row in rows]


def promises_of_message(connection: sqlite3.Connection, message_id: int) -> list[PromiseRow]:
    """The promises that a message made, at most one."""
    rows = connection.execute("SELECT * FROM promise_list WHERE message_id = ?", (message_id,))
    return [PromiseRow(**_values(row)) for row in rows]


def defects(connection: sqlite3.Connection, message_id: int) -> tuple[str, ...]:
    """What was wrong with a message as it came, in the words of `domain.mime`."""
    row = connection.execute("SELECT defects FROM messages WHERE id = ?", (message_id,)).fetchone()
    return () if row is None else tuple(json.loads(row["defects"]))


def decision(connection: sqlite3.Connection, message_id: int) -> Mapping[str, Any] | None:
    """The stored reasons of a message: verdict row by row, link, placement, rules, walk, speech."""
    row = connection.execute("SELECT story FROM decisions WHERE message_id = ?", (message_id,)).fetchone()
    return None if row is None else dict(json.loads(row["story"]))


def find(connection: sqlite3.Connection, reference: str) -> int | None:
    """The message a person means by a row id or a Message-ID (with or without its angle brackets)."""
    if reference.isdigit():
        row = connection.execute("SELECT id FROM messages WHERE id = ?", (int(reference),)).fetchone()
    else:
        bare = reference.strip().strip("<>")
        row = connection.execute(
            "SELECT id FROM messages WHERE message_id = ? ORDER BY id LIMIT 1", (f"<{bare}>",)
        ).fetchone()
    return None if row is None else int(row["id"])


def filed(connection: sqlite3.Connection, *, since: datetime) -> list[MessageRow]:
    """The mail of people since then that was filed without a decision, oldest first: a backlog, an import."""
    rows = connection.execute(
        """
        SELECT * FROM message_list
        WHERE direction = 'in' AND class <> 'machine' AND received_at >= ?
          AND NOT EXISTS (SELECT 1 FROM decisions WHERE decisions.message_id = message_list.id)
        ORDER BY received_at, id
        """,
        (to_text(since),),
    )
    return [MessageRow(**_values(row)) for row in rows]


@dataclass(frozen=True, slots=True)
class JudgedRow:
    """One live mail with what was decided about it when it came. `chased`: an answer was owed in its matter already."""

    id: int
    received_at: datetime
    mail_class: str
    outcome: str
    reasons: tuple[str, ...]
    language: str | None
    matter_id: int | None
    authenticated: bool
    chased: bool
    said: str


def judged(connection: sqlite3.Connection, *, since: datetime) -> list[JudgedRow]:
    """The live mails that came since then and were decided about, oldest first."""
    rows = connection.execute(
        """
        SELECT messages.id, messages.received_at, messages.class, messages.outcome, messages.reasons,
               messages.language, messages.matter_id, decisions.story
        FROM messages
        JOIN decisions ON decisions.message_id = messages.id
        WHERE messages.direction = 'in' AND messages.origin = 'live' AND messages.received_at >= ?
          AND messages.outcome IS NOT NULL
        ORDER BY messages.received_at, messages.id
        """,
        (to_text(since),),
    )
    return [_judged(row) for row in rows]


def _judged(row: sqlite3.Row) -> JudgedRow:
    story = json.loads(row["story"])
    speech = story["speech"]
    return JudgedRow(
        id=row["id"],
        received_at=to_instant(row["received_at"]),
        mail_class=row["class"],
        outcome=row["outcome"],
        reasons=tuple(json.loads(row["reasons"])),
        language=row["language"],
        matter_id=row["matter_id"],
        authenticated=bool(story["gate"].get("authenticated")),
        chased=story["expectation"] is not None and not story["promise"]["made"],
        said=f'acknowledged with "{speech["template"]}"' if speech["acknowledge"] else f"not: {speech['because']}",
    )
