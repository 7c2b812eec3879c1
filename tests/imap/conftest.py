"""One account on a server in this process, and proof after each test that nothing on it was touched."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime

import pytest

from inboxcrm.imap.account import Timing
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.ports import Taken
from inboxcrm.testing.clock import FakeClock
from inboxcrm.testing.imap_server import Account, MailServer
from tests.imap.record import Record, configured

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
QUICK_TIMING = Timing(close_after=5.0)

MakeMailbox = Callable[..., ImapMailbox]


@pytest.fixture(params=[()], ids=["qresync"])
async def server(request: pytest.FixtureRequest) -> AsyncIterator[MailServer]:
    """A server; parametrize indirectly with what it lacks."""
    async with MailServer(without=request.param) as one:
        yield one
        assert one.traffic.flag_changes == 0
        assert one.traffic.unpeeked == 0
        assert one.traffic.writable == 0


@pytest.fixture
def ann(server: MailServer) -> Account:
    return server.account("ann", "secret")


@pytest.fixture
def record() -> Record:
    return Record()


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
async def make_mailbox(server: MailServer, ann: Account, clock: FakeClock) -> AsyncIterator[MakeMailbox]:
    """Makes mailboxes of ann's account, and closes them."""
    made: list[ImapMailbox] = []

    def make(
        *,
        folders: tuple[str, ...] = (),
        limits: Limits | None = None,
        timing: Timing = QUICK_TIMING,
        kept_from: datetime | None = None,
        taken: Taken | None = None,
    ) -> ImapMailbox:
        config = configured(server.host, server.port, folders=folders)
        box = ImapMailbox(
            config,
            lambda: "secret",
            clock,
            timing=timing,
            limits=limits,
            kept_from=lambda: kept_from,
            taken=taken,
        )
        made.append(box)
        return made[-1]

    yield make
    for mailbox in made:
        await mailbox.close()


@pytest.fixture
def mailbox(make_mailbox: MakeMailbox) -> ImapMailbox:
    return make_mailbox()
