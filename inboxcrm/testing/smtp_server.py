"""A submission server in this process: collects what is sent, delivers it onwards, and can be in any mood.

async with SubmissionServer() as sink:
    sink.moods.append(Mood(Step.RCPT, recipient="bob@example.org", reply="451 4.7.1 Greylisted", times=1))
    ...  # a client on sink.host, sink.port
    assert [mail.envelope_from for mail in sink.accepted] == [""]
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import timedelta
from ssl import SSLContext
from types import TracebackType
from typing import Self

from inboxcrm.clock import SystemClock
from inboxcrm.ports import Clock
from inboxcrm.testing.border import Border
from inboxcrm.testing.imap_folders import Account
from inboxcrm.testing.smtp_dialogue import Accepted, Dialogue, Manners
from inboxcrm.testing.smtp_moods import Cut, Mood, Step

__all__ = ["Accepted", "Border", "Cut", "Mood", "Route", "Step", "SubmissionServer"]


@dataclass(frozen=True, slots=True)
class Route:
    """Where mail for one address goes: the account's INBOX, stamped by the border server.

    `authentication` gives what Authentication-Results says of a mail (see `Border.stamp`), None for no such field.
    """

    account: Account
    border: Border
    authentication: Callable[[Accepted], str | None] = lambda _: None


class SubmissionServer:
    """An SMTP port on loopback, on the event loop that called `start`.

    `password` asks for AUTH as `user`, `bearer` says of a user and an access token whether they may. `tls` wraps every
    connection, `starttls` demands the upgrade before anything.
    `size_limit` is in octets (None: SIZE is not offered). `null_sender` False refuses MAIL FROM:<>, as some
    providers do. `without` names EHLO keywords to leave out (8BITMIME, SMTPUTF8, PIPELINING).
    """

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        user: str | None = None,
        password: str | None = None,
        bearer: Callable[[str, str], bool] | None = None,
        tls: SSLContext | None = None,
        starttls: SSLContext | None = None,
        size_limit: int | None = 35_000_000,
        null_sender: bool = True,
        without: Collection[str] = (),
    ) -> None:
        self.accepted: list[Accepted] = []
        self.routes: dict[str, Route] = {}
        self._manners = Manners(
            clock=clock or SystemClock(),
            accept=self._accept,
            user=user,
            password=password,
            bearer=bearer,
            starttls=starttls,
            size_limit=size_limit,
            null_sender=null_sender,
            without=frozenset(without),
        )
        self._tls = tls
        self._listener: asyncio.Server | None = None
        self._news = asyncio.Condition()

    @property
    def port(self) -> int:
        """Where it listens. RuntimeError before `start`."""
        if self._listener is None:
            raise RuntimeError("the server is not running")
        return int(self._listener.sockets[0].getsockname()[1])

    @property
    def moods(self) -> list[Mood]:
        """What goes wrong; change it at any time, the first that matches shows."""
        return self._manners.moods

    @property
    def connections(self) -> int:
        """How many connections there have been."""
        return self._manners.connections

    def route(self, address: str, route: Route) -> None:
        """Deliver mail for this address (and its plus-tags) into an account."""
        self.routes[address.lower()] = route

    async def start(self, port: int = 0) -> None:
        """Listen; on a free port when none is given."""
        loop = asyncio.get_running_loop()
        self._listener = await loop.create_server(lambda: Dialogue(self._manners, loop), self.host, port, ssl=self._tls)

    async def stop(self) -> None:
        """Stop listening and hang up on everybody; what was accepted stays."""
        if self._listener is None:
            return
        listener, self._listener = self._listener, None
        listener.close()
        dialogues = list(self._manners.open)
        for dialogue in dialogues:
            dialogue.hang_up(reset=True)
        # aiosmtpd does not hear of the end of a connection that breaks off inside the STARTTLS handshake.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                await asyncio.gather(*(dialogue.ended.wait() for dialogue in dialogues))

    async def wait_for(self, count: int, *, within: timedelta = timedelta(minutes=1)) -> list[Accepted]:
        """Everything accepted, once there are `count` mails. TimeoutError when they do not come."""
        async with asyncio.timeout(within.total_seconds()), self._news:
            await self._news.wait_for(lambda: len(self.accepted) >= count)
        return list(self.accepted)

    async def _accept(self, mail: Accepted) -> None:
        self.accepted.append(mail)
        for recipient in mail.recipients:
            local, _, domain = recipient.lower().rpartition("@")
            route = self.routes.get(f"{local.partition('+')[0]}@{domain}")
            if route is not None:
                stamped = route.border.stamp(
                    mail.raw,
                    envelope_from=mail.envelope_from,
                    recipient=recipient,
                    received_at=mail.accepted_at,
                    helo=mail.helo,
                    authentication=route.authentication(mail),
                )
                route.account.folder("INBOX").append(stamped, received_at=mail.accepted_at)
        async with self._news:
            self._news.notify_all()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()
