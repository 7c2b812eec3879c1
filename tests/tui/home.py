"""A small home for the desk's tests, filled through the store: people, mails, promises, outgoing mail."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from inboxcrm import bootstrap
from inboxcrm.domain import promise as ledger
from inboxcrm.domain.address import address
from inboxcrm.domain.message import Message
from inboxcrm.domain.mime import parse
from inboxcrm.domain.modes import Mode
from inboxcrm.domain.outbox import Draft, OutboxState
from inboxcrm.ports import FolderRole, Listed, Position
from inboxcrm.service.household import Household
from inboxcrm.store import contacts, decisions, folders, listings, matters, messages, outbox, promises
from inboxcrm.testing.clock import FakeClock

NOW = datetime(2026, 3, 3, 10, 0, tzinfo=UTC)
"""A Tuesday, 11:00 in Zurich."""

CONFIG = """
[owner]
name = "Ann Example"
addresses = ["ann@example.org"]
timezone = "Europe/Zurich"
language = "en"

[[mailbox]]
name = "main"
imap = { host = "127.0.0.1", port = 1143, security = "none" }
smtp = { host = "127.0.0.1", port = 1025, security = "none" }
user = "ann"
password = { env = "ANN_PASSWORD" }

[office]
hours = { mon = ["09:00-17:30"], tue = ["09:00-17:30"], wed = ["09:00-17:30"], thu = ["09:00-17:30"] }

[acknowledge]
mode = "approve"

[plans.standard]
target = "8h"
"""


@dataclass(frozen=True, slots=True)
class Mail:
    """The rows of one mail."""

    message_id: int
    matter_id: int
    contact_id: int
    promise_id: int | None


class Home:
    """Puts things into a home."""

    def __init__(self, household: Household, clock: FakeClock) -> None:
        self.household, self.clock = household, clock
        self._numbers = itertools.count(1)
        with household.database.write() as connection:
            self.mailbox_id = folders.enrol(connection, "main", now=NOW)

    def mail(
        self,
        who: str,
        subject: str,
        text: str = "Could you send the figures?",
        *,
        at: datetime = NOW - timedelta(hours=2),
        due: datetime | None = NOW + timedelta(days=1),
        told: bool = False,
        outcome: str = "ack",
        direction: str = "in",
        promised: bool = True,
        matter_id: int | None = None,
    ) -> Mail:
        """A mail from (or, with `direction` "out", to) a person, and the promise made with it."""
        number = next(self._numbers)
        them = address(who, f"{who.split(maxsplit=1)[0].lower()}@client.example")
        own = address("Ann Example", "ann@example.org")
        author, reader = (them, own) if direction == "in" else (own, them)
        with self.household.database.write() as connection:
            known = contacts.entry(connection, them.key)
            if known is not None and known.contact_id is not None:
                contact_id = known.contact_id
            else:
                contact_id = contacts.add_contact(connection, them, None, now=at)
            matter_id = matter_id or matters.open_matter(
                connection,
                contact_id=contact_id,
                organisation_id=None,
                subject=subject,
                subject_key=subject.casefold(),
                turn="mine",
                at=at,
            )
            message = Message(
                headers=(),
                message_id=f"<{number}@client.example>",
                in_reply_to=(),
                references=(),
                from_=(author,),
                sender=(),
                reply_to=(),
                to=(reader,),
                cc=(),
                subject=subject,
                date=at,
                content_type="text/plain",
                parts=(),
                text=text,
                html_only=False,
                size=len(text),
                defects=(),
            )
            filed = messages.Filed(
                fingerprint=f"{number}".encode(),
                origin="live",
                direction=direction,
                mail_class="human",
                outcome=outcome if direction == "in" else None,
                reasons=("authenticated",),
                received_at=at,
                contact_id=contact_id,
                matter_id=matter_id,
                language="en",
                preview=text[:80],
            )
            message_id = messages.insert(connection, message, _raw(message), filed)
            messages.index(connection)
            promise_id = None
            if promised and direction == "in":
                promise_id = promises.make(
                    connection,
                    ledger.made(at, due),
                    matter_id=matter_id,
                    message_id=message_id,
                    contact_id=contact_id,
                    warn_at=None,
                    target=timedelta(hours=8),
                    walk=(),
                    now=at,
                )
                if told:
                    promises.tell(connection, promise_id, due, at=at)
        return Mail(message_id, matter_id, contact_id, promise_id)

    def list_mail(self, who: str, subject: str, *, uid: int) -> int:
        """A mail in INBOX that a first reading has not brought yet; answers the folder's row."""
        raw = f"From: {who} <{who.split(maxsplit=1)[0].lower()}@client.example>\r\nSubject: {subject}\r\n\r\n".encode()
        listed = Listed(uid, NOW - timedelta(days=400), frozenset(), 12_000, raw)
        position = Position(1, 100, backfill_below=50, baseline=100, listed_below=1)
        with self.household.database.write() as connection:
            folder_id = folders.move_to(connection, self.mailbox_id, "INBOX", FolderRole.INBOX, position)
            listings.enter(connection, folder_id, 1, [(listed, parse(raw))])
        return folder_id

    def awaiting(self, mail: Mail, text: str = "Your message is here.") -> int:
        """An acknowledgement that waits for the owner's key."""
        number = next(self._numbers)
        entry = outbox.Entry(
            kind="auto",
            mailbox_id=self.mailbox_id,
            message_id=mail.message_id,
            matter_id=mail.matter_id,
            promise_id=mail.promise_id,
            template="acknowledge",
            state=OutboxState.AWAITING,
            mode=Mode.AUTO,
            hold=True,
            dedupe_key=f"acknowledgement:{number}",
            recipient_base="client",
            recipient_domain="client.example",
            subject_key="",
            stranger=False,
            form_lead=False,
            due_at=None,
            send_after=NOW,
            expires_at=NOW + timedelta(hours=20),
        )
        draft = Draft(b"raw", "", "client@client.example", f"<own-{number}@example.org>", "Automatic reply", text)
        with self.household.database.write() as connection:
            return outbox.add(connection, entry, draft, now=NOW)

    def decided(self, mail: Mail, saw: str = "") -> None:
        """The stored reasons of a mail."""
        finding = {"row": "D1-D4", "reason": "authenticated", "outcome": "ack", "stops": False, "saw": saw}
        silent = {"row": "A1", "reason": None, "outcome": None, "stops": False, "saw": ""}
        gate = {"outcome": "ack", "class": "human", "reasons": ["authenticated"], "recipient": None}
        story = {
            "gate": {**gate, "authenticated": True, "asked": [silent, finding]},
            "link": "known by their address",
            "placement": "nothing on record that it continues",
            "rules": [{"rule": "office hours", "because": "within hours"}],
            "promise": {"made": True, "because": "a person waits for an answer"},
            "expectation": {
                "target_hours": "8h",
                "walk": [
                    {
                        "kind": "open",
                        "start": "2026-03-03T08:00:00Z",
                        "end": "2026-03-03T16:30:00Z",
                        "counted_minutes": 480,
                        "left_minutes": 0,
                        "name": "",
                    }
                ],
            },
            "speech": {"acknowledge": False, "because": "the answer comes soon enough"},
        }
        with self.household.database.write() as connection:
            decisions.keep(connection, mail.message_id, story, at=NOW)


def _raw(message: Message) -> bytes:
    author, reader = message.from_[0].spec, message.to[0].spec
    head = f"From: {author}\nTo: {reader}\nSubject: {message.subject}\nMessage-ID: {message.message_id}\n\n"
    return (head + message.text).encode(errors="replace")


@contextmanager
def opened(folder: Path) -> Iterator[Home]:
    """A fresh home in a folder."""
    (folder / "config.toml").write_text(CONFIG, encoding="utf-8")
    clock = FakeClock(NOW)
    with bootstrap.household(folder, clock=clock) as household:
        yield Home(household, clock)
