"""One SMTP connection: aiosmtpd's protocol, with a mood at each step of the dialogue."""
# ruff: noqa: N802 - aiosmtpd finds commands and hooks by these names

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field
from datetime import datetime
from ssl import SSLContext

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from inboxcrm.ports import Clock
from inboxcrm.testing.smtp_moods import Cut, Mood, Step
from inboxcrm.testing.tokens import TOKEN_REFUSED, read_token


@dataclass(frozen=True, slots=True)
class Accepted:
    """A mail this server took responsibility for. `envelope_from` is "" for the null reverse-path.

    `raw` is what the client sent, dots removed; `accepted_at` the clock's instant, `monotonic` its counter in seconds;
    `helo` how the client named itself; `user` who had logged in, if anybody.
    """

    envelope_from: str
    recipients: tuple[str, ...]
    raw: bytes
    accepted_at: datetime
    monotonic: float
    helo: str
    user: str | None


@dataclass(slots=True)
class Manners:
    """What all dialogues of one server share: its settings, its moods, and what is open."""

    clock: Clock
    accept: Callable[[Accepted], Awaitable[None]]
    user: str | None
    password: str | None
    bearer: Callable[[str, str], bool] | None
    starttls: SSLContext | None
    size_limit: int | None
    null_sender: bool
    without: frozenset[str]
    moods: list[Mood] = field(default_factory=list)
    open: set[Dialogue] = field(default_factory=set)
    connections: int = 0

    def mood_at(self, step: Step, recipients: list[str]) -> Mood | None:
        """The first mood that shows here; it wears off by being asked."""
        mood = next((mood for mood in self.moods if mood.matches(step, recipients)), None)
        if mood is not None:
            mood.wear()
        return mood


class Verbatim(bytes):
    """A reply that gets no line end."""


class Dialogue(SMTP):
    """The server's side of one connection."""

    def __init__(self, manners: Manners, loop: asyncio.AbstractEventLoop) -> None:
        self.ended = asyncio.Event()
        self._manners = manners
        self._rcpt: list[str] = []
        self._cut_after_final: Mood | None = None
        super().__init__(
            self,
            data_size_limit=manners.size_limit,
            enable_SMTPUTF8="SMTPUTF8" not in manners.without,
            hostname="mail.example",
            ident="inboxcrm test server",
            tls_context=manners.starttls,
            require_starttls=manners.starttls is not None,
            auth_require_tls=manners.starttls is not None,
            authenticator=self._check_password,
            auth_exclude_mechanism=() if manners.bearer is not None else ("XOAUTH2", "OAUTHBEARER"),
            loop=loop,
        )
        # Given to the constructor this would warn about passwords in the clear, which on loopback is the point.
        self._auth_required = manners.password is not None or manners.bearer is not None

    # -- the connection

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        if self not in self._manners.open:
            self._manners.open.add(self)
            self._manners.connections += 1
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        super().connection_lost(error)
        self._manners.open.discard(self)
        self.ended.set()

    def hang_up(self, *, reset: bool) -> None:
        """End the connection by RST or by FIN."""
        transport = self.transport
        if not isinstance(transport, asyncio.Transport):
            return
        if reset and not transport.is_closing():
            with contextlib.suppress(OSError):
                raw_socket = transport.get_extra_info("socket")
                raw_socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            transport.abort()
        else:
            transport.close()

    async def _hang_up_for_good(self, mood: Mood) -> None:
        self.hang_up(reset=mood.reset)
        await self._be_silent()

    async def _be_silent(self) -> None:
        """Wait to be cancelled, which aiosmtpd does as soon as the connection is lost."""
        await asyncio.Event().wait()

    async def _handle_client(self) -> None:
        with contextlib.suppress(ConnectionError):
            await self._in_mood(Step.CONNECT, super()._handle_client)

    # -- the steps

    async def _in_mood(
        self, step: Step, usual: Callable[[], Awaitable[None]], recipients: Collection[str] = ()
    ) -> None:
        mood = self._manners.mood_at(step, [*self._rcpt, *recipients])
        if mood is None:
            await usual()
            return
        await self._wait_out(mood)
        if mood.cut is Cut.BEFORE:
            await self._hang_up_for_good(mood)
        if mood.reply is None:
            await usual()
        else:
            await self.push(_said(mood.reply))
        if mood.cut is Cut.AFTER:
            await self._hang_up_for_good(mood)
        if step is Step.CONNECT and mood.reply is not None:
            self.hang_up(reset=False)

    async def _wait_out(self, mood: Mood) -> None:
        mood.met.set()
        if mood.stall:
            await mood.over.wait()
        await asyncio.sleep(mood.delay.total_seconds())

    async def push(self, status: str | bytes) -> None:
        """Say one line, or octets as they are."""
        if isinstance(status, Verbatim):
            self._writer.write(status)
            await self._writer.drain()
        else:
            await super().push(status.encode() if isinstance(status, str) else status)

    async def smtp_EHLO(self, hostname: str) -> None:
        self._rcpt.clear()
        await self._in_mood(Step.EHLO, lambda: SMTP.smtp_EHLO(self, hostname))

    async def handle_EHLO(
        self, _server: SMTP, session: Session, _envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        """Leave out what this server does not offer; aiosmtpd takes pipelined commands and does not say so."""
        session.host_name = hostname
        left_out = self._manners.without | (frozenset() if self._auth_required else {"AUTH"})
        offered = [line for line in ("250-PIPELINING", *responses[1:]) if line[4:].split(" ")[0] not in left_out]
        return [responses[0], *offered]

    async def smtp_AUTH(self, arg: str) -> None:
        await self._in_mood(Step.AUTH, lambda: SMTP.smtp_AUTH(self, arg))

    async def auth_XOAUTH2(self, _server: SMTP, args: list[str]) -> AuthResult:
        """Google's mechanism (aiosmtpd finds it by its name)."""
        return await self._check_token("XOAUTH2", args)

    async def auth_OAUTHBEARER(self, _server: SMTP, args: list[str]) -> AuthResult:
        """RFC 7628 (aiosmtpd finds it by its name)."""
        return await self._check_token("OAUTHBEARER", args)

    async def _check_token(self, mechanism: str, args: list[str]) -> AuthResult:
        user, token = read_token(mechanism, args[1].encode() if len(args) > 1 else b"")
        if self._manners.bearer is not None and self._manners.bearer(user, token):
            return AuthResult(success=True, auth_data=user)
        explanation, acknowledged = TOKEN_REFUSED[mechanism]
        await self.push(b"334 " + explanation)
        if (await self._reader.readline()).strip() != acknowledged:
            await self.push("501 5.5.2 The explanation is to be acknowledged")
            return AuthResult(success=False, handled=True)
        return AuthResult(success=False, handled=False)

    def _check_password(
        self, _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, credentials: object
    ) -> AuthResult:
        expected = ((self._manners.user or "").encode(), (self._manners.password or "").encode())
        given = isinstance(credentials, LoginPassword) and (credentials.login, credentials.password)
        if given != expected:
            return AuthResult(success=False, handled=False)
        return AuthResult(success=True, auth_data=self._manners.user)

    async def smtp_MAIL(self, arg: str | None) -> None:
        self._rcpt.clear()
        await self._in_mood(Step.MAIL, lambda: SMTP.smtp_MAIL(self, arg))

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the sender, unless it is null and this server does not like that."""
        if address == "<>" and not self._manners.null_sender:
            return "550 5.7.1 Null sender not accepted"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 2.1.0 Sender ok"

    async def smtp_RCPT(self, arg: str | None) -> None:
        address = (arg or "").partition("<")[2].partition(">")[0]
        await self._in_mood(Step.RCPT, lambda: SMTP.smtp_RCPT(self, arg), [address])

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        """Take the recipient."""
        envelope.rcpt_tos.append(address)
        envelope.rcpt_options.extend(options)
        self._rcpt.append(address)
        return "250 2.1.5 Recipient ok"

    async def smtp_DATA(self, arg: str) -> None:
        await self._in_mood(Step.DATA, lambda: self._take_body(arg))
        if self._cut_after_final is not None:
            await self._hang_up_for_good(self._cut_after_final)

    async def _take_body(self, arg: str) -> None:
        mood = self._manners.mood_at(Step.BODY, self._rcpt)
        if mood is None:
            await SMTP.smtp_DATA(self, arg)
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        await self._reader.readexactly(mood.octets)
        await self._wait_out(mood)
        await self._hang_up_for_good(mood)

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str | bytes:
        """Take the mail, or refuse it, or hang up with or without it."""
        mood = self._manners.mood_at(Step.FINAL, self._rcpt)
        if mood is None or mood.keeps or (mood.reply is None and mood.cut is not Cut.BEFORE and not mood.stall):
            await self._accept(session, envelope)
        usual = "250 2.0.0 Ok: queued"
        if mood is None:
            return usual
        await self._wait_out(mood)
        if mood.cut is Cut.BEFORE:
            await self._hang_up_for_good(mood)
        self._cut_after_final = mood if mood.cut is Cut.AFTER else None
        return usual if mood.reply is None else _said(mood.reply)

    async def _accept(self, session: Session, envelope: Envelope) -> None:
        content = envelope.original_content or b""
        mail = Accepted(
            envelope_from="" if envelope.mail_from in {None, "<>"} else str(envelope.mail_from),
            recipients=tuple(str(address) for address in envelope.rcpt_tos),
            raw=content,
            accepted_at=self._manners.clock.now(),
            monotonic=self._manners.clock.monotonic(),
            helo=session.host_name or "unknown",
            user=str(session.auth_data) if session.authenticated else None,
        )
        await self._manners.accept(mail)


def _said(reply: str | bytes) -> str | bytes:
    return Verbatim(reply) if isinstance(reply, bytes) else reply
