"""An IMAP4rev1 server in this process, for tests and the demo: real enough for any client, and able to misbehave.

    async with MailServer() as server:
        ann = server.account("ann@example.org", "secret")
        ann.folder("INBOX").append(raw, received_at=noon)
        ...  # a client on server.host, server.port
        assert server.traffic.flag_changes == 0

A test makes the server misbehave by hanging a `Fault` on a command's name:

    async def glued(exchange: Exchange) -> bool:
        await exchange.send(b"+ idling\\r\\n* 4 EXISTS\\r\\n")
        await exchange.read_line()
        await exchange.send(exchange.tag + b" OK done\\r\\n")
        return True

    server.faults["IDLE"] = glued
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Collection
from ssl import SSLContext, SSLError
from types import TracebackType
from typing import Self

from inboxcrm.clock import SystemClock
from inboxcrm.ports import Clock
from inboxcrm.testing.imap_commands import HANDLERS, RefusedError, capability_list
from inboxcrm.testing.imap_faults import Exchange, Fault
from inboxcrm.testing.imap_folders import Account, Folder, StoredMessage
from inboxcrm.testing.imap_grammar import Command, GrammarError, parse_command
from inboxcrm.testing.imap_host import CAPABILITIES, Host, Traffic
from inboxcrm.testing.imap_message_commands import MESSAGE_HANDLERS
from inboxcrm.testing.imap_profiles import Profile
from inboxcrm.testing.imap_session import ClientGoneError, Session

__all__ = [
    "CAPABILITIES",
    "Account",
    "ClientGoneError",
    "Exchange",
    "Fault",
    "Folder",
    "MailServer",
    "StoredMessage",
    "Traffic",
]

_HANDLERS = HANDLERS | MESSAGE_HANDLERS
# While these answer, sequence numbers must not move (RFC 3501 section 7.4.1); SELECT and IDLE tell changes themselves.
_SILENT = {"FETCH", "STORE", "SEARCH", "SELECT", "EXAMINE", "LOGOUT"}
_LINE_LIMIT = 1 << 26


class MailServer:
    """Accounts behind an IMAP port on loopback. Everything happens on the event loop that called `start`.

    `without` names capabilities to leave out (IDLE, CONDSTORE, QRESYNC, UIDPLUS, MOVE, SPECIAL-USE ...) so that lesser
    providers can be imitated; without CONDSTORE there is no QRESYNC either. `tls` wraps every connection, `starttls`
    offers the upgrade and takes no password before it. `faults` maps a command's name ("UID FETCH", "GREETING", or "*"
    for all) to what happens instead, and may be changed at any time. `profile` imitates a provider. `bearer` says of a
    user and an access token whether they may log in; with it OAUTHBEARER and XOAUTH2 are offered.
    """

    host = "127.0.0.1"

    def __init__(
        self,
        *,
        clock: Clock | None = None,
        without: Collection[str] = (),
        tls: SSLContext | None = None,
        starttls: SSLContext | None = None,
        profile: Profile | None = None,
        bearer: Callable[[str, str], bool] | None = None,
    ) -> None:
        profile = profile or Profile("any")
        without = {*without, *profile.without}
        left_out = without | ({"QRESYNC"} if "CONDSTORE" in without else set())
        tokens = () if bearer is None else ("AUTH=OAUTHBEARER", "AUTH=XOAUTH2")
        self.faults: dict[str, Fault] = dict(profile.faults)
        self._took = itertools.count(1) if profile.timings else None
        self._shared = Host(
            clock=clock or SystemClock(),
            capabilities=tuple(name for name in (*CAPABILITIES, *tokens, *profile.adds) if name not in left_out),
            bearer=bearer,
            starttls=starttls,
            special_use=profile.folders,
        )
        self._tls = tls
        self._listener: asyncio.Server | None = None
        self._sessions: dict[asyncio.Task[None], Session] = {}

    @property
    def port(self) -> int:
        """Where it listens. RuntimeError before `start`."""
        if self._listener is None:
            raise RuntimeError("the server is not running")
        return int(self._listener.sockets[0].getsockname()[1])

    @property
    def traffic(self) -> Traffic:
        """What clients did so far."""
        return self._shared.traffic

    @property
    def open_connections(self) -> int:
        """Clients connected now."""
        return len(self._sessions)

    def account(self, user: str, password: str | None = None) -> Account:
        """The account of that user, made when there is none (a password is needed then). KeyError without one."""
        found = self._shared.accounts.get(user)
        if found is None:
            if password is None:
                raise KeyError(f"no account {user}")
            found = self._shared.accounts[user] = Account(
                user, password, self._shared.clock, special_use=self._shared.special_use
            )
        elif password is not None:
            found.password = password
        return found

    async def start(self, port: int = 0) -> None:
        """Listen; on a free port when none is given."""
        self._listener = await asyncio.start_server(self._serve, self.host, port, limit=_LINE_LIMIT, ssl=self._tls)

    async def stop(self) -> None:
        """Stop listening and hang up on everybody; accounts and mail stay for another `start`."""
        if self._listener is None:
            return
        listener, self._listener = self._listener, None
        listener.close()
        self.disconnect_all()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    def disconnect_all(self) -> None:
        """RST for every client; the server goes on listening."""
        for task, session in self._sessions.items():
            session.abort()
            task.cancel()

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        session = Session(self._shared, reader, writer)
        self._sessions[task] = session
        self.traffic.connections += 1
        try:
            await self._converse(session)
        except (ClientGoneError, SSLError, asyncio.CancelledError):
            # The end of a connection is the end of its task, however it came; nobody awaits the outcome.
            pass
        finally:
            session.leave()
            session.close()
            del self._sessions[task]

    async def _converse(self, session: Session) -> None:
        await self._with_faults(session, None, "GREETING")
        while True:
            await session.drain()
            raw = await session.read_command()
            self.traffic.lines.append(raw)
            try:
                command = parse_command(raw)
            except GrammarError as error:
                session.say((raw.split() or [b"*"])[0] + f" BAD {error}".encode())
                continue
            self.traffic.commands[command.name] += 1
            await self._with_faults(session, command, command.name)
            if command.name == "LOGOUT":
                await session.drain()
                return
            if command.name == "STARTTLS" and not session.secure and self._shared.starttls is not None:
                await session.start_tls(self._shared.starttls)

    async def _with_faults(self, session: Session, command: Command | None, name: str) -> None:
        async def answer() -> None:
            await self._answer(session, command)

        fault = self.faults.get(name) or self.faults.get("*")
        if fault is None or not await fault(Exchange(session, command, answer)):
            await answer()

    async def _answer(self, session: Session, command: Command | None) -> None:
        if command is None:
            session.say(f"* OK [CAPABILITY {capability_list(session)}] inboxcrm test server ready.")
            return
        handler = _HANDLERS.get(command.name)
        try:
            reply = "BAD Unknown command" if handler is None else await handler(session, command)
        except RefusedError as refused:
            reply = str(refused)
        except GrammarError as error:
            reply = f"BAD {error}"
        if command.name not in _SILENT:
            session.tell_changes()
        if self._took is not None and reply.startswith("OK"):
            reply = f"{reply.removesuffix('.')} ({next(self._took) % 10_000 / 1000:.3f} + 0.000 secs)."
        session.say(f"{command.tag} {reply}")
        if self._took is not None and command.name == "IDLE":
            session.send()
