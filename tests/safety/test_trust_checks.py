"""What doctor says about trust, about [safety], and about a mail to oneself."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inboxcrm.clock import SystemClock
from inboxcrm.config import Config, MailboxConfig, Safety
from inboxcrm.errors import TransientError
from inboxcrm.imap.awaited import wait_for
from inboxcrm.passwords import Secret
from inboxcrm.ports import Delivery, Sent
from inboxcrm.service import trust
from inboxcrm.service.checks import Check
from inboxcrm.service.checkup import Probed, check
from inboxcrm.testing.imap_server import MailServer
from tests.imap.record import configured
from tests.safety.test_proposals import Head, border_of_its_own, gmail, microsoft, nothing
from tests.service.house import MAILBOX, config

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
UNTRUSTED = replace(MAILBOX, trusted_authserv_ids=(), border_hosts=())


def blocks(head: Head) -> list[bytes]:
    return [f"{head(number)}From: Bob <bob@client{number}.example>\n\n".encode() for number in range(8)]


def vouching(mailbox: MailboxConfig, head: Head, folder: Path) -> Check:
    return trust.senders(config(folder), mailbox, blocks(head))[0]


def test_the_lines_to_paste_are_proposed_with_three_examples(tmp_path: Path) -> None:
    found = vouching(UNTRUSTED, border_of_its_own, tmp_path)

    assert found.ok
    assert 'trusted_authserv_ids = ["mx.example.org"]\nborder_hosts = ["mx.example.org"]\n' in found.hint
    assert found.hint.count("For example: from bob@client") == 3
    assert "8 of 8" in found.detail


def test_what_is_configured_and_borne_out_needs_no_word(tmp_path: Path) -> None:
    assert vouching(MAILBOX, border_of_its_own, tmp_path).hint == ""


def test_what_is_configured_and_contradicted_is_told(tmp_path: Path) -> None:
    found = vouching(MAILBOX, gmail, tmp_path)

    assert "config.toml believes mx.example.org" in found.detail
    assert 'trusted_authserv_ids = ["mx.google.com"]' in found.hint


def test_a_server_that_does_not_name_itself_is_said_to_be_one(tmp_path: Path) -> None:
    at_microsoft = replace(UNTRUSTED, imap=replace(UNTRUSTED.imap, host="outlook.office365.com"))

    assert "is believed" in vouching(at_microsoft, microsoft, tmp_path).detail
    assert "Microsoft 365 does so" in vouching(UNTRUSTED, microsoft, tmp_path).hint


def test_an_owner_whose_server_checks_nobody_learns_what_that_means(tmp_path: Path) -> None:
    assert "stays minimal" in vouching(UNTRUSTED, nothing, tmp_path).hint


def test_a_header_cannot_write_into_the_line_to_paste(tmp_path: Path) -> None:
    def odd(number: int) -> str:
        return border_of_its_own(number).replace("mx.example.org;", 'mx"\\x]evil;')

    assert 'x"' not in vouching(UNTRUSTED, odd, tmp_path).hint.partition("For example")[0].replace('"]', "")


def test_own_groups_are_added_to_those_that_are_known(tmp_path: Path) -> None:
    mails = [block.replace(b"From:", b"List-Id: <info.example.org>\nFrom:") for block in blocks(nothing)]
    settings = replace(config(tmp_path), safety=Safety(own_lists=("team.example.org",)))

    groups = trust.senders(settings, MAILBOX, mails)[1]

    assert 'own_lists = ["team.example.org", "info.example.org"]' in groups.hint
    known = replace(settings, safety=Safety(own_lists=("info@example.org",)))
    assert len(trust.senders(known, MAILBOX, mails)) == 1


def test_a_gate_as_shipped_says_so(tmp_path: Path) -> None:
    assert trust.differences(config(tmp_path)).detail == "the gate is as shipped"


def test_what_differs_in_safety_is_shown_with_its_direction(tmp_path: Path) -> None:
    changed = Safety(robot_addresses=("@robots.example",), answer_cc=True)

    told = trust.differences(replace(config(tmp_path), safety=changed)).detail

    assert told == 'answer_cc = true, which lets more be answered; robot_addresses = ["@robots.example"]'


# -- a mail to oneself


def arrived(*fields: str) -> bytes:
    head = ("Return-Path: <>", "Received: from smtp.example.org by mx.example.org; Mon, 2 Mar 2026 09:00:00 +0000")
    mail = (*head, *fields, "From: Ann Example <ann@example.org>", "To: ann@example.org", "", "")
    return "\r\n".join(mail).encode()


ALIGNED = "Authentication-Results: mx.example.org; dkim=pass header.d=example.org; dmarc=pass header.from=example.org"
FAILED = "Authentication-Results: mx.example.org; spf=none; dmarc=fail header.from=example.org"
SIGNED = "DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=a; b=x"


@pytest.mark.parametrize(
    ("block", "ok", "detail", "hint"),
    [
        pytest.param(arrived(ALIGNED), True, "proved to be yours (dkim=pass, dmarc=pass)", "", id="aligned"),
        pytest.param(arrived(FAILED), False, "taken for forged", "sign with DKIM", id="failed"),
        pytest.param(arrived(SIGNED), True, "signed with DKIM for example.org, checked by nobody", "", id="signed"),
        pytest.param(
            arrived(SIGNED.replace("d=example.org", "d=bulk.example"), SIGNED.replace("d=example", "d=Mail.Example")),
            True,
            "signed with DKIM for mail.example.org, checked by nobody",
            "",
            id="signed by two",
        ),
        pytest.param(
            arrived(SIGNED.replace("d=example.org; ", "")), True, "nothing proves it", "sign with DKIM", id="for nobody"
        ),
        pytest.param(arrived(), True, "nothing proves it", "sign with DKIM", id="nothing"),
        pytest.param(
            arrived(ALIGNED).replace(b"<>", b"<ann@example.org>", 1),
            True,
            "the null sender became ann@example.org",
            "null_sender = false",
            id="rewritten",
        ),
        pytest.param(
            arrived(ALIGNED).replace(b"<>", b"<MAILER-DAEMON>", 1), True, "the null sender was kept", "", id="daemon"
        ),
        pytest.param(None, True, "not within a minute", "among the spam", id="did not come"),
    ],
)
def test_a_mail_to_oneself_tells_what_others_will_see(
    tmp_path: Path, block: bytes | None, ok: bool, detail: str, hint: str
) -> None:
    told = trust.mail_came(config(tmp_path), MAILBOX, block, now=NOW)

    assert told.ok is ok
    assert detail in told.detail
    assert (hint in told.hint) if hint else not told.hint


async def whole_check(settings: Config, found: bytes | Exception | None) -> Check:
    async def probe(mailbox: MailboxConfig, secret: Secret) -> Probed:
        return Probed(("INBOX", "Sent"), "Sent")

    async def send(mailbox: MailboxConfig, secret: Secret) -> Delivery:
        return Sent("250 OK")

    async def wait(mailbox: MailboxConfig, secret: Secret) -> bytes | None:
        if isinstance(found, Exception):
            raise found
        return found

    checks = await check(
        settings, probe=probe, send=send, arrived=wait, clock=SystemClock(), read=lambda _: Secret("sesame")
    )
    return checks[-1]


async def test_doctor_looks_for_the_mail_it_sent(tmp_path: Path) -> None:
    assert "proved" in (await whole_check(config(tmp_path), arrived(ALIGNED))).detail


async def test_a_mailbox_that_cannot_be_looked_at_is_a_hint_not_a_crash(tmp_path: Path) -> None:
    told = await whole_check(config(tmp_path), TransientError("the line is down"))

    assert told.ok
    assert "the line is down" in told.detail


# -- the wait


async def test_the_mail_is_found_as_soon_as_it_is_there(mail_server: MailServer) -> None:
    account = mail_server.account("ann", "secret")
    looked: list[bytes] = []

    def wanted(block: bytes) -> bool:
        looked.append(block)
        if len(looked) == 1:
            account.folder("INBOX").append(b"Subject: inboxcrm can send [token]\r\n\r\nhello\r\n")
        return b"[token]" in block

    account.folder("INBOX").append(b"Subject: other\r\n\r\nhello\r\n")
    found = await wait_for(
        configured(mail_server.host, mail_server.port),
        lambda: "secret",
        wanted,
        within=timedelta(seconds=20),
        every=timedelta(milliseconds=20),
    )

    assert found is not None
    assert found.startswith(b"Subject: inboxcrm can send [token]")


async def test_nothing_is_awaited_for_ever(mail_server: MailServer) -> None:
    mail_server.account("ann", "secret")

    found = await wait_for(
        configured(mail_server.host, mail_server.port),
        lambda: "secret",
        lambda block: True,
        within=timedelta(milliseconds=400),
        every=timedelta(milliseconds=20),
    )

    assert found is None
