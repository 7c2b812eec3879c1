"""`[notify]`: what it may hold, what is refused, and where a second mailbox belongs."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import time
from pathlib import Path

import pytest

from inboxcrm.config import PasswordSource, Shown, WebhookFormat
from inboxcrm.configuration import ConfigRefusedError, read_config
from inboxcrm.errors import TransientError
from inboxcrm.ports import Notice
from inboxcrm.render import UndeliverableError
from inboxcrm.routes import routes
from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.smtp_server import SubmissionServer
from tests.config.conftest import COMPLETE
from tests.service.house import MONDAY, House

FULL = """
[notify]
command = ["ring", "the bell"]
mail = "ann@elsewhere.example"
show = "text"
urgent_only = true
quiet_hours = "22:00-07:00"
urgent_in_quiet_hours = 2
per_hour = 3
per_day = 4

[notify.webhook]
url = "https://ntfy.example.org/ann"
format = "json"
headers = { Authorization = { env = "N" }, A = "b" }
"""


def test_everything_can_be_set(tmp_path: Path) -> None:
    notify = read_config(COMPLETE + FULL, tmp_path).notify

    assert notify.routes == ("command", "webhook", "mail")
    assert notify.command == ("ring", "the bell")
    assert (notify.show, notify.urgent_only, notify.quiet_hours) == (Shown.TEXT, True, (time(22), time(7)))
    assert (notify.urgent_in_quiet_hours, notify.per_hour, notify.per_day) == (2, 3, 4)
    assert notify.webhook is not None
    assert notify.webhook.format is WebhookFormat.JSON
    assert notify.webhook.headers == {"Authorization": PasswordSource(env="N"), "A": "b"}


def test_without_the_section_there_is_no_way(tmp_path: Path) -> None:
    assert read_config(COMPLETE, tmp_path).notify.routes == ()


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('["ring", "the bell"]', '"ring the bell"', "notify.command"),
        ("ann@elsewhere.example", "ann+x@example.org", "notify.mail"),
        ('"22:00-07:00"', '"22-7"', "notify.quiet_hours"),
        ('"22:00-07:00"', '"07:00-07:00"', "notify.quiet_hours"),
        ("per_hour = 3", "per_hour = -1", "notify.per_hour"),
        ("per_hour = 3", "per_hour = true", "notify.per_hour"),
        ("https://ntfy", "http://ntfy", "notify.webhook.url"),
        ("https://ntfy", "ftp://ntfy", "notify.webhook.url"),
        ("https://ntfy", "https://ann:secret@ntfy", "notify.webhook.url"),
        ('A = "b"', 'Content-Length = "0"', "notify.webhook.headers.Content-Length"),
        ('A = "b"', '"A:" = "b"', "notify.webhook.headers.A:"),
        ('A = "b"', "A = {}", "notify.webhook.headers.A"),
        ('A = "b"', 'A = { env = "X", command = "y" }', "notify.webhook.headers.A"),
        ("per_day = 4", "per_dya = 4", "notify.per_dya"),
    ],
)
def test_mistakes_are_found_at_their_place(tmp_path: Path, old: str, new: str, key: str) -> None:
    with pytest.raises(ConfigRefusedError) as refused:
        read_config(COMPLETE + FULL.replace(old, new), tmp_path)

    assert [problem.key for problem in refused.value.problems] == [key]


async def test_a_second_mailbox_gets_a_mail_and_is_the_owners(
    tmp_path: Path, smtp_sink: SubmissionServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANN_PASSWORD", "secret")
    server = f'smtp = {{ host = "127.0.0.1", port = {smtp_sink.port}, security = "none" }}'
    smtp = 'smtp = { host = "smtp.example.org", port = 465, security = "tls" }'
    config = read_config(COMPLETE.replace(smtp, server) + FULL, tmp_path)
    way = routes(config, secret=b"s" * 32, clock=FakeClock(MONDAY))["mail"]

    await way.tell(Notice("k", "urgent-mail", "Urgent mail", "Bob: help", urgent=True))

    (delivered,) = smtp_sink.accepted
    assert delivered.recipients == ("ann@elsewhere.example",)
    assert b"Subject: inboxcrm: Urgent mail" in delivered.raw
    assert b"\r\nAuto-Submitted: auto-generated\r\n" in delivered.raw
    assert b"\r\nX-Auto-Response-Suppress: All\r\n" in delivered.raw
    house = House(tmp_path)
    house.household.config = config
    await house.arrive(delivered.raw, folder="Sent")
    assert [row.direction for row in house.messages()] == ["auto"]
    assert "ann@elsewhere.example" in house.household.settings(config.mailboxes[0]).own_addresses
    house.close()


async def test_word_that_the_first_mailbox_cannot_send_leaves_through_the_next(
    tmp_path: Path, smtp_sink: SubmissionServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANN_PASSWORD", "secret")
    smtp = 'smtp = { host = "smtp.example.org", port = 465, security = "tls" }'
    nowhere = 'smtp = { host = "127.0.0.1", port = 1, security = "none" }'
    second = f"""
[[mailbox]]
name = "second"
imap = {{ host = "imap.example.com" }}
smtp = {{ host = "127.0.0.1", port = {smtp_sink.port}, security = "none" }}
user = "ann.example@example.com"
password = {{ env = "ANN_PASSWORD" }}
"""
    for settings, sent in ((COMPLETE + FULL, []), (COMPLETE + FULL + second, ["ann.example@example.com"])):
        config = read_config(settings.replace(smtp, nowhere), tmp_path)
        way = routes(config, secret=b"s" * 32, clock=FakeClock(MONDAY))["mail"]

        with nullcontext() if sent else pytest.raises(TransientError, match="connection refused"):
            await way.tell(Notice("k", "mailbox-cannot-send", "Mailbox main cannot send", "password", urgent=True))

        assert [each.envelope_from for each in smtp_sink.accepted] == sent


@pytest.mark.parametrize("written", ["", "smtputf8 = true"], ids=["as it is", "with smtputf8"])
async def test_a_second_mailbox_beyond_ascii_gets_a_mail_where_that_is_set(
    tmp_path: Path, smtp_sink: SubmissionServer, monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("ANN_PASSWORD", "secret")
    smtp = 'smtp = { host = "smtp.example.org", port = 465, security = "tls" }'
    server = f'smtp = {{ host = "127.0.0.1", port = {smtp_sink.port}, security = "none" }}\n{written}'
    settings = COMPLETE.replace(smtp, server) + FULL.replace("ann@elsewhere.example", "änn@elsewhere.example")
    way = routes(read_config(settings, tmp_path), secret=b"s" * 32, clock=FakeClock(MONDAY))["mail"]

    with nullcontext() if written else pytest.raises(UndeliverableError):
        await way.tell(Notice("k", "urgent-mail", "Urgent mail", "Bob: help", urgent=True))

    assert [each.recipients for each in smtp_sink.accepted] == ([("änn@elsewhere.example",)] if written else [])
