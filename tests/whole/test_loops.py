"""Two machines that answer each other: at most one automatic mail from each, whatever the other one is."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

import pytest

from inboxcrm.clock import SystemClock
from inboxcrm.testing.imap_server import MailServer
from inboxcrm.testing.smtp_server import Accepted, Border, Route, SubmissionServer
from tests.whole.daemon import BORDER, PASSWORD, Running, ask, make_home, until
from tests.whole.letters import letter

pytestmark = pytest.mark.slow

WORK = "ann@work.example"
ANN, BEA, CARL, FENCE = "ann@inbox.example", "bea@other.example", "carl@client.example", "fence@fence.example"


def trusted(mail: Accepted) -> str:
    """Everybody is who they say they are: the worst case, for nothing but the loop is wrong."""
    domain = str(message_from_bytes(mail.raw)["From"]).rpartition("@")[2].rstrip(">")
    return f"dkim=pass header.d={domain}; dmarc=pass header.from={domain}"


@dataclass
class Wires:
    """A post office in which every address leads to a mailbox."""

    mail: MailServer
    office: SubmissionServer
    folder: Path

    def connect(self, user: str, address: str) -> None:
        account = self.mail.account(user, PASSWORD)
        self.office.route(address, Route(account, Border(BORDER, BORDER), trusted))

    def home(self, user: str, address: str) -> Path:
        """A home on that mailbox."""
        self.connect(user, address)
        return make_home(self.folder / user, imap=self.mail.port, smtp=self.office.port, user=user, address=address)

    def second_mailbox(self, home: Path, user: str, address: str) -> None:
        """Give a home another mailbox, at which its owner has another address."""
        self.connect(user, address)
        settings = (home / "config.toml").read_text()
        first = settings[settings.index("[[mailbox]]") : settings.index("[office]")]
        second = first.replace('name = "main"', f'name = "{user}"').replace('user = "ann"', f'user = "{user}"')
        written = settings.replace("[office]", f"{second}[office]").replace(f'["{ANN}"]', f'["{ANN}", "{address}"]')
        (home / "config.toml").write_text(written)

    def post(self, raw: bytes, *, sender: str, to: str) -> None:
        """Deliver a mail that did not come through the office."""
        stamp = Border(BORDER, BORDER).stamp
        domain = sender.rpartition("@")[2]
        results = f"dkim=pass header.d={domain}; dmarc=pass header.from={domain}"
        route = self.office.routes[to]
        stamped = stamp(
            raw, envelope_from=sender, recipient=to, received_at=SystemClock().now(), authentication=results
        )
        route.account.folder("INBOX").append(stamped)

    def inbox(self, user: str) -> list[bytes]:
        return [message.raw for message in self.mail.account(user).folder("INBOX").messages]

    def automatic(self, sender: str) -> int:
        """How many mails this address sent through the office, where only machines send."""
        return sum(sender in str(message_from_bytes(mail.raw)["From"]) for mail in self.office.accepted)

    async def quiet(self, home: Path, seen: int) -> None:
        """Wait until a home has read this many mails and has nothing more to send."""
        await until(
            lambda: ask(home, "SELECT COUNT(*) FROM messages WHERE direction = 'in'") == [(seen,)],
            f"{home.name} has not read {seen} mails",
        )
        waiting = "SELECT COUNT(*) FROM outbox WHERE state IN ('held', 'queued', 'sending')"
        await until(lambda: ask(home, waiting) == [(0,)], f"{home.name} has mail to send")


@pytest.fixture
async def wires(tmp_path: Path) -> AsyncIterator[Wires]:
    async with AsyncExitStack() as stack:
        mail = await stack.enter_async_context(MailServer())
        office = await stack.enter_async_context(SubmissionServer())
        yield Wires(mail, office, tmp_path)


async def test_two_homes_that_write_to_each_other_send_one_automatic_mail_each(wires: Wires) -> None:
    homes = wires.home("ann", ANN), wires.home("bea", BEA)
    async with Running(homes[0]) as ann, Running(homes[1]) as bea:
        await asyncio.gather(ann.watching(), bea.watching())

        wires.post(letter("to-bea", sender=f"Ann Example <{ANN}>", to=BEA), sender=ANN, to=BEA)
        wires.post(letter("to-ann", sender=f"Bea Example <{BEA}>", to=ANN), sender=BEA, to=ANN)
        for home in homes:
            await wires.quiet(home, 2)

    assert (wires.automatic(ANN), wires.automatic(BEA)) == (1, 1)
    for home in homes:
        assert ask(home, "SELECT COUNT(*) FROM promises WHERE state = 'open'") == [(1,)]
        assert ask(home, "SELECT class FROM messages WHERE direction = 'in' ORDER BY class") == [
            ("human",),
            ("machine",),
        ]


def answering(mail: bytes, n: int) -> bytes:
    """Cites our mail as every client does."""
    ours = message_from_bytes(mail)
    fields = [f"In-Reply-To: {ours['Message-ID']}", f"References: {ours['Message-ID']}"]
    return letter(
        f"out{n}", sender=f"Carl <{CARL}>", to=ANN, subject=f"Re: {ours['Subject']}", text=ABSENT, fields=fields
    )


def citing_nothing(mail: bytes, n: int) -> bytes:
    """Takes our subject and no more."""
    ours = message_from_bytes(mail)
    return letter(f"out{n}", sender=f"Carl <{CARL}>", to=ANN, subject=f"Re: {ours['Subject']}", text=ABSENT)


def out_of_the_blue(mail: bytes, n: int) -> bytes:
    """Has nothing of ours at all."""
    return letter(f"out{n}", sender=f"Carl <{CARL}>", to=ANN, subject=f"Holidays {n}", text=f"{ABSENT}{n}")


ABSENT = "I walk in the mountains until Friday and read no mail there."


@pytest.mark.parametrize("responds", [answering, citing_nothing, out_of_the_blue])
async def test_an_out_of_office_responder_without_any_mark_gets_one_automatic_mail(
    wires: Wires, responds: Callable[[bytes, int], bytes]
) -> None:
    home = wires.home("ann", ANN)
    wires.connect("carl", CARL)
    wires.connect("fence", FENCE)
    async with Running(home) as ann:
        await ann.watching()
        wires.post(letter("first", sender=f"Carl <{CARL}>", to=ANN), sender=CARL, to=ANN)
        await until(lambda: wires.inbox("carl"), "Carl's mail was not acknowledged")

        answered = 0
        while answered < min(3, len(wires.inbox("carl"))):
            wires.post(responds(wires.inbox("carl")[answered], answered), sender=CARL, to=ANN)
            answered += 1
            await wires.quiet(home, 1 + answered)
        wires.post(letter("fence", sender=f"Fence <{FENCE}>", to=ANN), sender=FENCE, to=ANN)
        await until(lambda: wires.inbox("fence"), "the daemon no longer works")

    assert len(wires.inbox("carl")) == 1


async def test_two_mailboxes_of_one_home_and_changed_subjects_make_no_second_answer(wires: Wires) -> None:
    homes = wires.home("ann", ANN), wires.home("bea", BEA)
    wires.second_mailbox(homes[0], "work", WORK)
    async with Running(homes[0]) as ann, Running(homes[1]) as bea:
        await asyncio.gather(ann.watching(), bea.watching())
        for number, address in enumerate((ANN, WORK)):
            to_ann = letter(
                f"to-{number}", sender=f"Bea <{BEA}>", to=address, subject=f"Matter {number}", text=f"{number}?"
            )
            to_bea = letter(
                f"from-{number}", sender=f"Ann <{address}>", to=BEA, subject=f"Thing {number}", text=f"{number}!"
            )
            wires.post(to_ann, sender=BEA, to=address)
            wires.post(to_bea, sender=address, to=BEA)
        answers = wires.automatic
        await until(lambda: answers(ANN) + answers(WORK) and answers(BEA), "nobody was acknowledged")
        await wires.quiet(homes[1], 2 + answers(ANN) + answers(WORK))
        await wires.quiet(homes[0], 2 + answers(BEA))

    assert answers(ANN) + answers(WORK) == 1
    assert answers(BEA) <= 2
    to_whom = [mail.recipients for mail in wires.office.accepted if BEA in str(message_from_bytes(mail.raw)["From"])]
    assert len(set(map(str, to_whom))) == len(to_whom)
    kinds = ask(homes[0], "SELECT class, COUNT(*) FROM messages WHERE direction = 'in' GROUP BY class ORDER BY class")
    assert kinds == [("human", 2), ("machine", answers(BEA))]


async def test_an_absence_without_marks_under_other_subjects_at_two_mailboxes_gets_one_automatic_mail(
    wires: Wires,
) -> None:
    home = wires.home("ann", ANN)
    wires.second_mailbox(home, "work", WORK)
    wires.connect("carl", CARL)
    async with Running(home) as ann:
        await ann.watching()
        wires.post(letter("first", sender=f"Carl <{CARL}>", to=ANN), sender=CARL, to=ANN)
        await until(lambda: wires.inbox("carl"), "Carl's mail was not acknowledged")

        for number, address in enumerate((WORK, ANN, WORK)):
            raw = letter(
                f"o{number}", sender=f"Carl <{CARL}>", to=address, subject=f"Away {number}", text=f"{ABSENT}{number}"
            )
            wires.post(raw, sender=CARL, to=address)
            await wires.quiet(home, 2 + number)

    assert len(wires.inbox("carl")) == 1
