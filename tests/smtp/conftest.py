"""What the tests of sending share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Protocol

import pytest

from inboxcrm.config import Security, Server
from inboxcrm.ports import Outgoing
from inboxcrm.smtp import Patience, SmtpTransport, body_record

SHORT = Patience(command=0.2, final=0.2)
"""For a server that falls silent. A slow machine may be as late as that anywhere, so nothing else is sent with it."""
ACCOUNT = "ann@example.org"


class Listening(Protocol):
    """A server in this process."""

    host: str

    @property
    def port(self) -> int: ...


def outgoing(envelope_from: str = "", *, recipient: str = "bob@example.com", text: str = "Hello\r\n") -> Outgoing:
    """A small mail."""
    raw = f"From: ann@example.org\r\nTo: {recipient}\r\nSubject: Hi\r\nMessage-ID: <1@example.org>\r\n\r\n{text}"
    return Outgoing(raw.encode(), envelope_from, recipient)


class Steps(list[str]):
    """Records the steps in their order."""

    async def __call__(self, step: str) -> None:
        self.append(step)


Connect = Callable[..., SmtpTransport]


@pytest.fixture
def steps() -> Steps:
    return Steps()


@pytest.fixture(autouse=True)
def no_word_is_late(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server is as slow as the machine: what is recorded when it takes its time would be recorded anywhere."""
    monkeypatch.setattr(body_record, "TAKEN_BACK_AFTER", 3600.0)


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Makes transports to a server in this process, and closes them."""
    made: list[SmtpTransport] = []

    def to(server: Listening, **settings: object) -> SmtpTransport:
        arguments = {"user": None, "account_address": ACCOUNT} | settings
        where = Server(server.host, server.port, Security.NONE)
        transport = SmtpTransport(where, password=lambda: "s3cret pass", **arguments)  # type: ignore[arg-type] # test
        made.append(transport)
        return transport

    yield to
    for transport in made:
        await transport.close()
