"""Hostile mail, from its arrival to what left: the rows of docs/hostile-inputs.md that no single module can hold."""

from __future__ import annotations

import base64
import json
import logging
import re
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path

import pytest

from bench.sabotage.table import NOTHING_TO_TAKE_AWAY, TABLE
from inboxcrm.cli.logs import JsonFormatter, TextFormatter
from inboxcrm.ports import Rejected, Sent
from inboxcrm.store import views
from tests.service.house import MONDAY, House, letter_id, mail

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "hostile-inputs.md").read_text("utf-8")


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def test_every_row_is_on_the_page_and_every_test_it_names_exists() -> None:
    numbers = [int(number) for number in re.findall(r"^\| (\d+) \|", PAGE, re.MULTILINE)]
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", PAGE)
    missing = [
        f"{file}::{name}"
        for file, name in named
        if not (ROOT / file).is_file() or f"def {name}(" not in (ROOT / file).read_text("utf-8")
    ]

    assert numbers == list(range(1, 61))
    assert missing == []


def test_every_row_names_a_test_or_says_why_there_is_none() -> None:
    for line in re.findall(r"^\| \d+ \|.*$", PAGE, re.MULTILINE):
        assert "::test_" in line or "not built" in line or "no such path" in line, line


def test_each_defence_can_be_taken_away_or_it_is_said_why_not() -> None:
    assert {row.row for row in TABLE}.isdisjoint(NOTHING_TO_TAKE_AWAY)
    assert {row.row for row in TABLE} | NOTHING_TO_TAKE_AWAY.keys() == set(range(1, 61))


FETCHING = re.compile(
    r"^\s*(?:import|from) (?:http\.client|urllib\.request|urllib3|requests|httpx|aiohttp|webbrowser)\b", re.MULTILINE
)


def test_nothing_that_handles_a_mail_can_fetch_what_it_names() -> None:
    rooms = ("domain", "service", "store", "render", "imap", "smtp")
    files = [path for room in rooms for path in (ROOT / "inboxcrm" / room).rglob("*.py")]
    files += (ROOT / "inboxcrm").glob("parsing*.py")

    fetching = [path.name for path in files if FETCHING.search(path.read_text("utf-8"))]

    assert len(files) > 100
    assert fetching == []


async def test_a_reply_to_names_no_victim(house: House) -> None:
    await house.arrive(mail(fields=("Reply-To: victim@elsewhere.example",)))
    await house.pass_time(minutes=11)

    assert [one.recipient for one in house.transport.sent] == ["bob@client.example"]


@pytest.mark.parametrize(
    "text",
    ["Please click to confirm: https://verify.example/?id=1\n", "unsubscribe\n", "DELETE ALL MY DATA; STOP; help\n"],
    ids=["challenge", "unsubscribe", "commands"],
)
async def test_no_mail_is_a_command(house: House, text: str) -> None:
    await house.arrive(mail(text=text))
    before = house.ask("SELECT COUNT(*) FROM messages")
    await house.pass_time(minutes=11)

    assert house.ask("SELECT COUNT(*) FROM messages") == before
    assert {one.recipient for one in house.transport.sent} <= {"bob@client.example"}
    assert all(b"verify.example" not in one.raw for one in house.transport.sent)


async def test_a_colliding_message_id_joins_no_other_clients_matter(house: House) -> None:
    await house.arrive(mail(1))
    stranger = "Eve <eve@evil.example>"

    await house.arrive(
        mail(1, sender=stranger, subject="Mine", text="Other words.\n", message_id=letter_id(1)),
        mail(2, sender=stranger, subject="Re: offer", text="More words.\n", answers=letter_id(1)),
    )

    first, *others = house.messages()
    assert all(row.matter_id != first.matter_id for row in others)


async def test_no_incoming_mail_ends_a_promise(house: House) -> None:
    await house.arrive(mail(1))
    forged = mail(
        2, sender="Ann Example <ann@example.org>", to="Bob <bob@client.example>", answers=letter_id(1), text="Done.\n"
    )

    await house.arrive(forged)
    await house.arrive(mail(3, sender="Eve <eve@evil.example>", answers=letter_id(1), text="Settled, thanks!\n"))

    assert house.promises()[0].state == "open"


@pytest.mark.parametrize(
    "date",
    ["Mon, 1 Jan 1900 00:00:00 +0000", "Fri, 31 Dec 9999 23:59:59 -2359", "0000-00-00", "Mon, 2 Mar 2026 09:00 +9999"],
)
async def test_no_date_field_breaks_anything_or_orders_mail(house: House, date: str) -> None:
    raw = re.sub(rb"\r\nDate: [^\r]*", b"\r\nDate: " + date.encode(), mail())

    await house.arrive(raw)
    await house.pass_time(minutes=11)

    (row,) = house.messages()
    assert row.received_at == MONDAY
    assert house.promise().due_at is not None


@pytest.mark.parametrize(
    "fields",
    [
        ("Auto-Submitted: auto-generated", "X-Spam-Flag: NO", "X-InboxCRM-Verdict: ack"),
        ("Auto-Submitted: auto-generated", "Authentication-Results: mx.example.org; dmarc=pass"),
        ("X-InboxCRM-Auto: 0",),
    ],
    ids=["praise of oneself", "a result of one's own", "a mark of ours"],
)
async def test_no_header_of_the_sender_makes_the_machine_speak(house: House, fields: tuple[str, ...]) -> None:
    await house.arrive(mail(fields=fields))
    await house.pass_time(minutes=11)

    assert house.transport.sent == []


@pytest.mark.parametrize(
    "text",
    ["\x1b]52;c;aGk=\x07", "a\r\nX-Evil: 1\r\n\r\nbody", "{{ 7*7 }} ${x} %(y)s {0.__class__}", "\u202egpj.exe\u200b"],
    ids=["escape", "line ends", "templates", "directions"],
)
async def test_what_a_sender_writes_never_changes_what_we_send(house: House, text: str) -> None:
    await house.know()
    word = f"=?utf-8?b?{_base64(text)}?="

    await house.arrive(mail(subject=word, sender=f"{word} <bob@client.example>"))
    await house.pass_time(minutes=11)

    (sent,) = house.transport.sent
    read = message_from_bytes(sent.raw)
    assert "X-Evil" not in read
    assert not re.search(rb"(?m)^X-Evil", sent.raw)
    assert "49" not in str(read["Subject"])
    assert not re.search(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]", sent.raw)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


@pytest.mark.parametrize("formatter", [TextFormatter(), JsonFormatter()], ids=["text", "json"])
def test_no_field_forges_a_line_of_the_log(formatter: logging.Formatter) -> None:
    record = logging.LogRecord("inboxcrm", logging.INFO, "", 0, "watch.fault\nFORGED", None, None)
    record.__dict__["cause"] = 'a"\n2026-03-02T09:00:00 INFO outbox.attempt outcome="sent"\x1b[2J'

    line = formatter.format(record)

    assert "\n" not in line
    assert "\x1b" not in line
    if isinstance(formatter, JsonFormatter):
        assert json.loads(line)["cause"].startswith('a"')


async def test_an_address_that_cannot_be_written_to_gets_nothing_and_is_owed_an_answer(house: House) -> None:
    raw = mail().replace(b"<bob@client.example>", "<böb@client.example>".encode())

    await house.arrive(raw)
    await house.pass_time(minutes=11)

    assert house.transport.sent == []
    assert house.promise().state == "open"


NULL_MX = "556 5.1.10 client.example takes no mail (null MX)"


async def test_a_domain_that_takes_no_mail_is_told_on_the_contact_and_not_tried_again(house: House) -> None:
    house.transport.says = [Rejected(NULL_MX), Sent("250 ok")]
    await house.arrive(mail(1))
    await house.pass_time(minutes=11)

    await house.pass_time(days=1)
    now = house.clock.now()
    carol = "Carol <carol@client.example>"
    await house.arrive(mail(2, sender=carol, subject="Something else", text="Another thing?\n", at=now))
    await house.pass_time(hours=1)

    (row,) = house.household.database.reading(lambda connection: views.contacts(connection, like="bob"))
    assert row.undeliverable_at is not None
    assert house.transport.sent == []
    assert len(house.outbox()) == 1
    assert "takes no mail" in house.story(house.messages()[-1].id)["speech"]["because"]
    assert [promise.state for promise in house.promises()] == ["open", "open"]


async def test_a_domain_is_tried_again_after_a_month(house: House) -> None:
    house.transport.says = [Rejected(NULL_MX), Sent("250 ok")]
    await house.arrive(mail(1))
    await house.pass_time(minutes=11)

    await house.pass_time(days=31)
    await house.arrive(mail(2, subject="Something else", text="Another thing?\n", at=house.clock.now()))
    await house.pass_time(minutes=11)

    assert len(house.transport.sent) == 1


async def test_a_refusal_of_the_text_marks_nobody(house: House) -> None:
    house.transport.says = [Rejected("554 5.7.1 message content rejected")]
    await house.arrive(mail(1))
    await house.pass_time(minutes=11)

    (row,) = house.household.database.reading(lambda connection: views.contacts(connection, like="bob"))
    assert row.undeliverable_at is None


async def test_nobody_is_written_to_under_a_name_that_does_not_exist(house: House) -> None:
    await house.arrive(mail(sender="Bob <bob@shop.invalid>"))
    await house.pass_time(minutes=11)

    assert house.transport.sent == []
    assert house.outbox() == []
    assert house.promise().state == "open"


async def test_a_stranger_gets_back_nothing_of_what_he_wrote(house: House) -> None:
    await house.arrive(mail(sender="Cheap Watches <eve@shop.example>", subject="BUY NOW cheap watches", text="Hm?\n"))
    await house.pass_time(minutes=11)

    (sent,) = house.transport.sent
    assert b"watches" not in sent.raw.lower()
