"""The main job between real servers: Exim delivers to Dovecot or Cyrus, the daemon runs, two hundred mails arrive."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import aiosmtplib
import pytest

from inboxcrm.clock import SystemClock
from inboxcrm.testing.smtp_server import SubmissionServer
from tests.conftest import MakeExim
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.exim import Exim
from tests.testing.places import Place
from tests.whole.daemon import VARIABLE, Running, ask, make_home, until
from tests.whole.letters import BODY, letter
from tests.whole.program import PATIENCE, inboxcrm

ALL = 200
STRANGERS, CLIENTS = 16, 10
"""Together under the thirty an hour at which the brake is pulled."""

LAST = "last@final.example"


@dataclass
class Post:
    """Everything that is posted: who is due an acknowledgement, and who must get none."""

    owner: str
    mails: list[tuple[str, bytes]] = field(default_factory=list)
    due: list[str] = field(default_factory=list)

    def human(self, key: str, sender: str, **more: str) -> None:
        self.due.append(sender)
        self.mails.append((sender, letter(key, sender=f"Person {key} <{sender}>", to=self.owner, **more)))

    def other(self, key: str, sender: str, *fields: str, envelope: str | None = None, **more: str) -> None:
        to = more.pop("to", self.owner)
        raw = letter(key, sender=f"Thing {key} <{sender}>", to=to, fields=fields, **more)
        self.mails.append((sender if envelope is None else envelope, raw))


HTML = "<p>Dear Ann,</p><p>until when does <b>the offer</b> stand?</p>"


def posted(owner: str) -> Post:
    """Two hundred mails of mixed kinds, the kinds interleaved."""
    post = Post(owner)
    for n in range(STRANGERS):
        kind = {"content_type": "text/html; charset=utf-8", "text": HTML} if n % 4 == 3 else {}
        post.human(f"stranger{n}", f"person{n}@new{n}.example", **kind)
    for n in range(CLIENTS):
        post.human(f"client{n}", f"client{n}@known{n}.example")
    copied = f"Carl Colleague <carl@known0.example>\r\nCc: {owner}"
    for n in range((ALL - len(post.mails)) // 10 + 1):
        at = f"kind{n}.example"
        post.other(f"list{n}", f"poster@{at}", f"List-Id: <talk.{at}>")
        post.other(f"robot{n}", f"service@{at}", "Auto-Submitted: auto-generated")
        post.other(f"away{n}", f"away@{at}", "Auto-Submitted: auto-replied", subject="Out of office")
        post.other(f"bulk{n}", f"news@{at}", "Precedence: bulk", "List-Unsubscribe: <https://example.net/u>")
        post.other(f"bounce{n}", f"mailer-daemon@{at}", envelope="", subject="Undelivered Mail")
        post.other(f"noreply{n}", f"no-reply@{at}")
        post.other(f"copied{n}", f"copied@{at}", to=copied)
        post.other(f"exchange{n}", f"room@{at}", "X-Auto-Response-Suppress: All")
        post.other(f"blind{n}", f"blind@{at}", to="Undisclosed <somebody@elsewhere.example>")
        post.other(
            f"again{n}", f"client{n % CLIENTS}@known{n % CLIENTS}.example", subject=f"Re: Question client{n % CLIENTS}"
        )
    post.mails = post.mails[:ALL]
    return Post(owner, [post.mails[(n * 7) % ALL] for n in range(ALL)], post.due)


def history(owner: str) -> list[bytes]:
    """What the owner wrote to the clients long ago."""
    return [
        letter(f"old{n}", sender=owner, to=f"Client <client{n}@known{n}.example>", subject="Welcome")
        for n in range(CLIENTS)
    ]


async def deliver(exim: Exim, recipient: str, mails: list[tuple[str, bytes]]) -> None:
    """Hand mails to the MTA as the world does."""
    async with aiosmtplib.SMTP(hostname=exim.host, port=exim.port, start_tls=False, timeout=30) as client:
        await client.ehlo()
        for sender, raw in mails:
            await client.mail(sender)
            await client.rcpt(recipient)
            await client.data(raw)


@dataclass
class Box:
    """The owner's account on a real server."""

    place: Place
    lmtp_port: int

    def prepare(self, sent: list[bytes], at: datetime) -> None:
        """File what was sent long ago, and leave flags for others to find."""
        client = self.place.client()
        try:
            for raw in sent:
                client.append("Sent", raw, (b"\\Seen",), at)
            for n, flags in enumerate([(b"\\Seen",), (b"\\Flagged", b"$Label1"), ()]):
                raw = letter(f"before{n}", sender=f"before@old{n}.example", to="ann@inbox.example")
                client.append("INBOX", raw, flags, at)
        finally:
            client.logout()

    def append_answer(self, raw: bytes) -> None:
        client = self.place.client()
        try:
            client.append("Sent", raw, (b"\\Seen",), SystemClock().now())
        finally:
            client.logout()

    def flags(self) -> Mapping[int, set[bytes]]:
        """The flags of every mail in INBOX, \\Recent aside, which no client can set."""
        client = self.place.client()
        try:
            client.select_folder("INBOX", readonly=True)
            found = client.fetch(client.search(["ALL"]), ["FLAGS"])
            return {uid: {*map(bytes, items[b"FLAGS"])} - {b"\\Recent"} for uid, items in found.items()}
        finally:
            client.logout()


@pytest.fixture(params=["dovecot", "cyrus"])
async def box(request: pytest.FixtureRequest, user: str) -> Box:
    if request.param == "dovecot":
        dovecot: Dovecot = request.getfixturevalue("dovecot")
        return Box(Place(dovecot.host, dovecot.port, user, dovecot.password), dovecot.lmtp_port)
    cyrus: Cyrus = request.getfixturevalue("cyrus")
    cyrus.add_user(user)
    place = Place(cyrus.host, cyrus.port, user, cyrus.password)
    await asyncio.to_thread(lambda: place.client().logout())  # the first login makes the folders
    return Box(place, cyrus.lmtp_port)


@pytest.mark.server
@pytest.mark.timeout(900)  # a minute on a busy machine, however many share it
@pytest.mark.xdist_group("real servers")
async def test_two_hundred_mails_between_real_servers(
    box: Box, make_exim: MakeExim, smtp_sink: SubmissionServer, tmp_path: Path
) -> None:
    owner = f"{box.place.user}@inbox.example"
    exim = make_exim(box.lmtp_port, authentication="spf=pass smtp.mailfrom=$sender_address_domain")
    home = make_home(tmp_path / "home", imap=box.place.port, smtp=exim.port, user=box.place.user, address=owner)
    await asyncio.to_thread(box.prepare, history(owner), SystemClock().now() - timedelta(days=90))
    post = posted(owner)

    async with Running(home, password=box.place.password) as daemon:
        await daemon.watching()
        before = await asyncio.to_thread(box.flags)
        await deliver(exim, owner, post.mails)
        await until(lambda: count(home, "messages WHERE origin = 'live'") >= ALL, "not all mail was read")
        await smtp_sink.wait_for(len(post.due), within=timedelta(seconds=PATIENCE))
        await until(lambda: not count(home, "outbox WHERE state <> 'sent'"), "something still waits")

        await refused_by(daemon, box.place.password)
        await the_owner_answers(home, box, exim, owner)
        after = await asyncio.to_thread(box.flags)
        assert await daemon.terminate() == 0

    acknowledged = Counter(recipient for mail in smtp_sink.accepted for recipient in mail.recipients)
    assert acknowledged == Counter([*post.due, LAST])
    assert {mail.envelope_from for mail in smtp_sink.accepted} == {""}
    assert all_is_on_record(home, post)
    assert {uid: after[uid] for uid in before} == before
    assert not any(flags for uid, flags in after.items() if uid not in before)
    nothing_secret(daemon, box.place.password)


def count(home: Path, what: str) -> int:
    return int(ask(home, f"SELECT COUNT(*) FROM {what}")[0][0])


async def refused_by(daemon: Running, password: str) -> None:
    """A second daemon on the same home goes away, and says whom it found."""
    variables = {VARIABLE: password}
    second = await asyncio.to_thread(inboxcrm, "--home", daemon.home, "run", env=variables)

    assert second.returncode == 75
    assert f"is run by process {daemon.process.pid} already" in second.stderr


async def the_owner_answers(home: Path, box: Box, exim: Exim, owner: str) -> None:
    """With another program, which files its copy in Sent. Before one more mail is acknowledged, Sent is read.

    Without that mail Sent would be read at its next turn, within two minutes.
    """
    answer = letter(
        "answer",
        sender=f"Ann Example <{owner}>",
        to="Person stranger0 <person0@new0.example>",
        subject="Re: Question stranger0",
        fields=["In-Reply-To: <stranger0@new0.example>", "References: <stranger0@new0.example>"],
    )
    await asyncio.to_thread(box.append_answer, answer)
    await deliver(exim, owner, [(LAST, letter("last", sender=f"The Last <{LAST}>", to=owner))])
    kept = "promises JOIN messages ON messages.id = promises.message_id WHERE state = 'kept' AND sender_key = ?"
    await until(
        lambda: ask(home, f"SELECT COUNT(*) FROM {kept}", "person0@new0.example") == [(1,)],
        "the owner's answer kept no promise",
    )
    assert ask(home, "SELECT COUNT(*) FROM promises WHERE state = 'kept'") == [(1,)]
    await until(lambda: count(home, "outbox WHERE state = 'sent'") == STRANGERS + CLIENTS + 1, "something still waits")


def all_is_on_record(home: Path, post: Post) -> bool:
    """Every mail once, each person's with contact and matter and one promise, no machine's with any."""
    live = ask(
        home, "SELECT COUNT(*), COUNT(DISTINCT message_id) FROM messages WHERE origin = 'live' AND direction = 'in'"
    )
    assert live == [(ALL + 1, ALL + 1)]
    people = ask(
        home,
        "SELECT sender_key FROM messages WHERE outcome IN ('ack', 'ack-min')"
        " AND contact_id IS NOT NULL AND matter_id IS NOT NULL",
    )
    assert {row[0] for row in people} >= set(post.due)
    assert (
        ask(home, "SELECT sender_key FROM messages WHERE class = 'machine' AND direction = 'in' AND contact_id NOTNULL")
        == []
    )
    return True


def nothing_secret(daemon: Running, password: str) -> None:
    """The log is JSON, line by line, without bodies, passwords or addresses."""
    events = daemon.events()
    assert {"ingest.batch", "outbox.attempt"} <= {event["event"] for event in events}
    said = daemon.log.read_text()
    assert BODY not in said
    assert f'"{password}"' not in said
    assert "person0@new0.example" not in said
