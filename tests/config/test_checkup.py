"""What `init` and `doctor` try, and what they say when it fails."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from inboxcrm.config import Config, MailboxConfig
from inboxcrm.configuration import read_config
from inboxcrm.errors import PermanentError, UserError
from inboxcrm.passwords import PasswordError, Secret
from inboxcrm.ports import Deferred, Delivery, InDoubt, Rejected, Sent
from inboxcrm.service.checkup import Check, Probed, check, unheard
from tests.config.conftest import complete

FOLDERS = Probed(("INBOX", "Sent", "Clients"), "Sent")
ACCEPTED = Sent("250 OK")


@pytest.fixture
def config(tmp_path: Path) -> Config:
    tmp_path.chmod(0o700)
    return read_config(complete(), tmp_path)


def sesame(mailbox: MailboxConfig) -> Secret:
    return Secret("sesame")


async def run(
    config: Config, *, found: Probed | Exception = FOLDERS, delivery: Delivery | Exception = ACCEPTED
) -> list[Check]:
    async def probe(mailbox: MailboxConfig, secret: Secret) -> Probed:
        if isinstance(found, Exception):
            raise found
        return found

    async def send(mailbox: MailboxConfig, secret: Secret) -> Delivery:
        if isinstance(delivery, Exception):
            raise delivery
        return delivery

    return await check(config, probe=probe, send=send, read=sesame)


async def test_a_home_where_all_is_well_has_only_good_news(config: Config) -> None:
    checks = await run(config)

    assert [each.name for each in checks] == [
        "home",
        "safety",
        "main: password",
        "main: log-in",
        "main: folders",
        "main: who vouches for senders",
        "main: mail to oneself",
    ]
    assert all(each.ok and not each.hint for each in checks)


@pytest.mark.parametrize(
    ("found", "delivery", "name", "hint"),
    [
        pytest.param(PermanentError("no"), Sent(""), "main: log-in", "another mail program", id="log-in"),
        pytest.param(Probed(("INBOX", "Sent"), "Sent"), Sent(""), "main: folders", "there are: INBOX", id="folder"),
        pytest.param(Probed(FOLDERS.folders, None), Sent(""), "main: folders", "by hand", id="no sent"),
        pytest.param(FOLDERS, PermanentError("no"), "main: mail to oneself", "Check smtp", id="no submission"),
        pytest.param(FOLDERS, Rejected("550"), "main: mail to oneself", "refuses", id="rejected"),
        pytest.param(FOLDERS, Deferred("451 later"), "main: mail to oneself", "in some minutes", id="deferred"),
        pytest.param(FOLDERS, Deferred("h:1: nobody"), "main: mail to oneself", "smtp and user of", id="unreachable"),
        pytest.param(FOLDERS, Deferred("535 no"), "main: mail to oneself", "smtp and user of", id="log-in to send"),
        pytest.param(FOLDERS, InDoubt("cut"), "main: mail to oneself", "has come", id="in doubt"),
    ],
)
async def test_what_fails_says_what_to_do(
    config: Config, found: Probed | Exception, delivery: Delivery | Exception, name: str, hint: str
) -> None:
    (failed,) = [each for each in await run(config, found=found, delivery=delivery) if not each.ok]

    assert failed.name == name
    assert hint in failed.hint


@pytest.mark.parametrize(("full", "told"), [(0.99, ["99% of what the server grants is taken"]), (0.5, []), (None, [])])
async def test_a_mailbox_that_is_nearly_full_is_worth_a_look(
    config: Config, full: float | None, told: list[str]
) -> None:
    checks = await run(config, found=Probed(FOLDERS.folders, "Sent", full=full))

    assert [each.detail for each in checks if each.hint] == told
    assert all(each.ok for each in checks)


async def test_a_mailbox_without_password_is_not_tried_further(config: Config) -> None:
    def nothing(mailbox: MailboxConfig) -> Secret:
        raise PasswordError("not set")

    async def never(mailbox: MailboxConfig, secret: Secret) -> Probed:
        raise AssertionError("tried")

    checks = await check(config, probe=never, send=None, read=nothing)

    assert [(each.name, each.ok) for each in checks] == [("home", True), ("safety", True), ("main: password", False)]


async def test_no_mail_is_sent_where_none_shall_be(config: Config) -> None:
    async def probe(mailbox: MailboxConfig, secret: Secret) -> Probed:
        return FOLDERS

    checks = await check(config, probe=probe, send=None, read=sesame)

    assert all("mail to" not in each.name for each in checks)


async def test_a_failed_log_in_tells_the_providers_own_way(config: Config) -> None:
    gmail = replace(config.mailboxes[0], imap=replace(config.mailboxes[0].imap, host="imap.gmail.com"))

    checks = await run(replace(config, mailboxes=(gmail,)), found=PermanentError("no"))

    assert "app password" in checks[-1].hint


async def test_a_home_that_others_can_read_is_told(config: Config, tmp_path: Path) -> None:
    home = tmp_path / "Application Support"
    home.mkdir()
    home.chmod(0o755)

    assert (await run(replace(config, home=home)))[0].hint.endswith(f"chmod 700 '{home}'")


async def test_no_check_shows_the_password(config: Config) -> None:
    assert "sesame" not in str(await run(config))


@pytest.mark.parametrize("wrong", [None, UserError("535 5.7.8 no")])
async def test_without_a_mail_the_log_in_to_send_is_tried(config: Config, wrong: Exception | None) -> None:
    async def probe(mailbox: MailboxConfig, secret: Secret) -> Probed:
        return FOLDERS

    async def look(mailbox: MailboxConfig) -> datetime | None:
        if wrong is not None:
            raise wrong
        return None

    found = (await check(config, probe=probe, send=None, look=look, read=sesame))[-1]

    assert found.name == "main: log-in to send"
    assert found.ok is (wrong is None)
    assert found.detail == ("ann@example.org at smtp.example.org" if wrong is None else "535 5.7.8 no")


async def test_where_no_password_can_be_had_nobody_is_called(config: Config) -> None:
    async def never(mailbox: MailboxConfig, secret: Secret | None = None) -> Probed:
        raise AssertionError

    async def look(mailbox: MailboxConfig) -> datetime | None:
        raise AssertionError

    def nothing(mailbox: MailboxConfig) -> Secret:
        raise PasswordError("not set")

    checks = await check(config, probe=never, send=None, look=look, read=nothing)

    assert checks[-1].name == "main: password"


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ("", True),
        ('[notify]\ncommand = ["ring"]\n', False),
        ('[watch]\nping = "https://hc-ping.example.org/x"\n', False),
    ],
    ids=["nothing", "a way to the owner", "a watch outside"],
)
def test_a_home_in_which_nobody_would_be_told_that_mail_stops_is_worth_a_look(
    tmp_path: Path, settings: str, told: bool
) -> None:
    found = unheard(read_config(f"{complete()}\n{settings}", tmp_path))

    assert (found is not None) is told
    assert found is None or (found.ok and "[notify] or [watch]" in found.hint)
