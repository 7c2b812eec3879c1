"""What the tests of sending share."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Protocol

import pytest

from inboxcrm.config import Security, Server
from inboxcrm.ports import Outgoing
from inboxcrm.smtp import Patience, SmtpTransport

QUICK = Patience(connect=2, login=2, command=2, final=2, idle=0.2, mails=3)
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


@pytest.fixture
async def connect() -> AsyncIterator[Connect]:
    """Makes transports to a server in this process, and closes them."""
    made: list[SmtpTransport] = []

    def to(server: Listening, **settings: object) -> SmtpTransport:
        arguments = {"user": None, "account_address": ACCOUNT, "patience": QUICK} | settings
        where = Server(server.host, server.port, Security.NONE)
        transport = SmtpTransport(where, password=lambda: "s3cret pass", **arguments)  # type: ignore[arg-type] # test
        made.append(transport)
        return transport

    yield to
    for transport in made:
        await transport.close()
