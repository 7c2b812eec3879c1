"""The daemon on a mailbox that is signed in to: what it says before, and one mail through both doors after."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from inboxcrm import bootstrap, wiring
from inboxcrm.clock import SystemClock
from inboxcrm.oauth.source import TokenSource
from inboxcrm.oauth.tokens import Tokens
from inboxcrm.service.household import Household
from inboxcrm.store import views
from inboxcrm.store.views import MailboxRow
from inboxcrm.testing.imap_server import MailServer
from inboxcrm.testing.smtp_server import Border, Route, SubmissionServer
from tests.oauth.provider import Provider
from tests.whole.daemon import BORDER, make_home
from tests.whole.letters import letter

pytestmark = pytest.mark.slow

ANN = "ann@example.org"


@pytest.fixture
async def house(
    provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[tuple[Household, MailServer, SubmissionServer]]:
    monkeypatch.setattr("inboxcrm.imap.retries._MINUTE", 0.2)
    async with MailServer(bearer=provider.good) as imap, SubmissionServer(bearer=provider.good) as smtp:
        smtp.route(ANN, Route(imap.account(ANN, "nobody uses it"), Border(BORDER, BORDER)))
        home = make_home(tmp_path / "home", imap=imap.port, smtp=smtp.port, user=ANN, address=ANN)
        urls = f'authorize_url = "{provider.url}/authorize", token_url = "{provider.url}/token"'
        auth = f'auth = {{ oauth = "custom", client_id = "{provider.client_id}", tokens = "file", {urls} }}'
        config = home / "config.toml"
        lines = config.read_text().splitlines()
        config.write_text("\n".join(auth if line.startswith("password") else line for line in lines))
        with bootstrap.household(home) as opened:
            yield opened, imap, smtp


def fares(household: Household) -> MailboxRow | None:
    rows = household.database.reading(views.mailboxes)
    return rows[0] if rows else None


async def test_a_daemon_says_that_nobody_signed_in_and_goes_on_when_somebody_did(
    house: tuple[Household, MailServer, SubmissionServer], provider: Provider
) -> None:
    household, imap, smtp = house
    async with wiring.daemon(household) as daemon, asyncio.timeout(60):
        running = asyncio.create_task(daemon.run())
        while (row := fares(household)) is None or row.state != "needs_user":
            await asyncio.sleep(0.05)
        said = row.cause

        clock = SystemClock()
        [mailbox] = household.config.mailboxes
        granted = Tokens.granted(
            provider.grant(), client_id=provider.client_id, token_url=f"{provider.url}/token", now=clock.now()
        )
        TokenSource(mailbox, household.config.home, clock).keep(granted)
        while (row := fares(household)) is None or row.state != "watching":
            await asyncio.sleep(0.05)
        imap.account(ANN).folder("INBOX").append(
            letter("one", sender="Bob <bob@client.example>", to=ANN), received_at=clock.now()
        )
        [acknowledged] = await smtp.wait_for(1)

        daemon.stop()
        await running

    assert said == "nobody has signed in to mailbox main yet. Type: inboxcrm sign-in main"
    assert acknowledged.user == ANN
