"""A provider in this process, and a mailbox that is signed in to there."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from inboxcrm.config import MailboxConfig, OAuth, OAuthProvider, Security, Server, TokenStore
from inboxcrm.oauth.source import TokenSource
from inboxcrm.oauth.tokens import Tokens
from inboxcrm.testing.clock import FakeClock
from tests.oauth.provider import Provider

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NOWHERE = Server("127.0.0.1", 1, Security.NONE)


def custom(provider: Provider, **changes: object) -> OAuth:
    """A provider of one's own; tokens in a file of the home."""
    auth = OAuth(
        OAuthProvider.CUSTOM,
        provider.client_id,
        authorize_url=f"{provider.url}/authorize",
        token_url=f"{provider.url}/token",
        device_url=f"{provider.url}/devicecode",
        scopes=("mail", "offline_access"),
        tokens=TokenStore.FILE,
    )
    return replace(auth, **changes)  # type: ignore[arg-type]  # handed on


def signed_in_by(auth: OAuth, server: Server = NOWHERE, smtp: Server = NOWHERE) -> MailboxConfig:
    """Ann's mailbox, named main."""
    return MailboxConfig("main", server, smtp, "ann@example.org", auth=auth)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with Provider() as one:
        yield one


@pytest.fixture
def clock() -> FakeClock:
    return FakeClock(NOON)


@pytest.fixture
def mailbox(provider: Provider) -> MailboxConfig:
    return signed_in_by(custom(provider))


MakeSource = Callable[[], TokenSource]


@pytest.fixture
def make_source(mailbox: MailboxConfig, tmp_path: Path, clock: FakeClock) -> MakeSource:
    """As another part of the program, or another process, would have it: only what is kept is shared."""
    return lambda: TokenSource(mailbox, tmp_path, clock)


@pytest.fixture
def source(make_source: MakeSource, provider: Provider, clock: FakeClock) -> TokenSource:
    """The mailbox's, just signed in to."""
    made = make_source()
    made.keep(granted(provider, clock))
    return made


def granted(provider: Provider, clock: FakeClock) -> Tokens:
    """What signing in leaves."""
    return Tokens.granted(
        provider.grant(), client_id=provider.client_id, token_url=f"{provider.url}/token", now=clock.now()
    )
