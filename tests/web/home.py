"""A home for the tests of the window: a client, a matter, a hostile mail, a promise, an outgoing mail."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

from inboxcrm.clock import SystemClock
from inboxcrm.config import Owner
from inboxcrm.domain.address import parse_addresses
from inboxcrm.domain.mime import parse
from inboxcrm.store import contacts, folders, home, matters, messages
from inboxcrm.store.times import to_text
from tests.fresh import fresh_database

NOW = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
OWNER = Owner("Ann Example", ("ann@example.org",), ZoneInfo("Europe/Zurich"), "en")

HOSTILE = b"""From: "Bob <script>alert(1)</script>" <bob@example.com>
To: ann@example.org
Subject: =?utf-8?q?Offer_=3Cimg_src=3Dx_onerror=3Dalert(2)=3E?=
Message-ID: <one@example.com>
Date: Mon, 2 Mar 2026 10:00:00 +0100
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

--outer
Content-Type: multipart/alternative; boundary="inner"

--inner
Content-Type: text/plain; charset=utf-8

Hello Ann, could you send the offer?
<script>document.title='owned'</script>
See https://evil.example/login?next=example.org for the rest.

> What you wrote
> earlier

--inner
Content-Type: text/html; charset=utf-8

<html><body onload="alert(3)"><base href="http://evil.example/"><p style="color:red">Hello <b>Ann</b></p>
<script>parent.document.title='owned'</script><img src="http://evil.example/pixel.png"><svg onload="alert(4)"></svg>
<a href="javascript:alert(5)">press</a><form action="http://evil.example/"><input name=x></form>
<iframe src="http://evil.example/"></iframe><meta http-equiv="refresh" content="0;url=http://evil.example/">
<style>@import url(http://evil.example/x.css);</style></body></html>
--inner--

--outer
Content-Type: text/html; name="../../<b>x</b>.html"
Content-Disposition: attachment; filename="../../<b>x</b>.html"
Content-Transfer-Encoding: base64

PHNjcmlwdD5hbGVydCg2KTwvc2NyaXB0Pg==
--outer--
"""


class FixedClock(SystemClock):
    """Always the same moment."""

    def now(self) -> datetime:
        return NOW


@dataclass(frozen=True, slots=True)
class Rows:
    """The ids of what stands in the home."""

    contact: int
    matter: int
    message: int


def build(path: Path) -> Rows:
    """Fill a new database."""
    book = fresh_database(path)
    received = NOW - timedelta(hours=23)
    with book.write() as connection:
        home.secret(connection)
        folders.enrol(connection, "main", now=NOW)
        organisation = contacts.found_organisation(connection, "example.com")
        address = parse_addresses('"Bob" <bob@example.com>').addresses[0]
        contact = contacts.add_contact(connection, address, organisation, now=received)
        matter = matters.open_matter(
            connection,
            contact_id=contact,
            organisation_id=organisation,
            subject="Offer",
            subject_key="offer",
            turn="mine",
            at=received,
        )
        message = add_message(connection, HOSTILE, contact=contact, matter=matter, at=received)
        _promise_and_answer(connection, contact=contact, matter=matter, message=message, at=received)
        connection.execute(
            "INSERT INTO decisions (message_id, decided_at, story) VALUES (?, ?, ?)",
            (message, to_text(received), json.dumps(STORY)),
        )
    book.close()
    return Rows(contact, matter, message)


def add_message(
    connection: sqlite3.Connection, raw: bytes, *, contact: int | None, matter: int | None, at: datetime
) -> int:
    """File a mail as the daemon would, by hand."""
    parsed = parse(raw)
    row_id = messages.insert(
        connection,
        parsed,
        raw,
        messages.Filed(
            sha256(raw).digest(),
            "live",
            "in",
            "human",
            "review",
            ("auth-fail",),
            at,
            contact,
            matter,
            "en",
            parsed.text[:200],
        ),
    )
    messages.index(connection)
    return row_id


def _promise_and_answer(
    connection: sqlite3.Connection, *, contact: int, matter: int, message: int, at: datetime
) -> None:
    due = to_text(NOW + timedelta(hours=7))
    connection.execute(
        """
        INSERT INTO promises (id, matter_id, message_id, contact_id, state, received_at, due_at, counted_from,
                              target_minutes, walk, told_at, told_due_at)
        VALUES (1, ?, ?, ?, 'open', ?, ?, ?, 480, '[]', ?, ?)
        """,
        (matter, message, contact, to_text(at), due, to_text(at), to_text(at), due),
    )
    connection.execute(
        "INSERT INTO promise_events (promise_id, at, event, to_state, detail) VALUES (1, ?, 'made', 'open', ?)",
        (to_text(at), json.dumps({"due_at": due})),
    )
    _insert(
        connection,
        "outbox",
        kind="auto",
        mailbox_id=1,
        message_id=message,
        matter_id=matter,
        promise_id=1,
        template="acknowledge",
        state="sent",
        recipient="bob@example.com",
        subject="Automatic reply: Offer",
        text="Hello Bob,\n\nreceived.",
        created_at=to_text(at),
        due_at=due,
        send_after=to_text(at),
        expires_at=due,
        attempts=1,
        ended_at=to_text(at),
        reply="250 ok",
    )


def _insert(connection: sqlite3.Connection, table: str, **values: object) -> None:
    """A row; what the table demands beyond these values is empty, because no page shows it."""
    empty: dict[str, object] = {"INTEGER": 0, "TEXT": "", "BLOB": b""}
    needed = {
        name: empty[kind]
        for _, name, kind, not_null, default, key in connection.execute(f"PRAGMA table_info({table})")
        if not_null and default is None and not key
    }
    row = {**needed, **values}
    names, marks = ", ".join(row), ", ".join(f":{name}" for name in row)
    connection.execute(f"INSERT INTO {table} ({names}) VALUES ({marks})", row)


def _finding(row: str, reason: str | None = None, outcome: str | None = None) -> dict[str, object]:
    return {"row": row, "reason": reason, "outcome": outcome, "stops": False, "saw": "dkim=fail example.com"}


STORY: dict[str, object] = {
    "gate": {
        "outcome": "review",
        "class": "human",
        "reasons": ["auth-fail"],
        "recipient": "bob@example.com",
        "authenticated": False,
        "asked": [_finding("A1"), _finding("D5", "auth-fail", "review")],
    },
    "link": "bob@example.com is in the address book",
    "placement": "nothing on record that it continues",
    "rules": [{"rule": "urgent", "because": "the subject says so"}],
    "promise": {"made": True, "because": "a person waits for an answer"},
    "expectation": {
        "received_at": "2026-03-02T10:00:00Z",
        "due_at": "2026-03-03T16:00:00Z",
        "exact_at": "2026-03-03T10:00:00Z",
        "target_hours": "8h",
        "walk": [
            {
                "kind": "received",
                "start": "2026-03-02T10:00:00Z",
                "end": "2026-03-02T10:00:00Z",
                "counted_minutes": 0,
                "left_minutes": 480,
                "name": "",
            }
        ],
        "zone": "Europe/Zurich",
    },
    "speech": {"acknowledge": False, "because": "the gate says review: auth-fail"},
}

PAYLOADS: Sequence[str] = (
    "<script>alert('x')</script>",
    "\"><img src=x onerror=alert('x')>",
    "'><svg/onload=alert(1)>",
    "{{ 7*7 }}{% include 'x' %}<b>",
    "javascript:alert(1)<a href=javascript:alert(1)>",
    "</title></textarea></style><script>alert(1)</script>",
)
