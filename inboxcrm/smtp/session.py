"""One logged-in connection to a submission server: connect, protect, log in, command, body, leave.

Every failure becomes one of two errors that never leave this package: the server refused us, or the session was lost.
A session that was lost in any way is never used again.
"""

from __future__ import annotations

import asyncio
import base64
import re
import socket
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import aiosmtplib

from inboxcrm import dialling, silence, socks
from inboxcrm.config import Security, Server
from inboxcrm.domain.hosts import is_loopback
from inboxcrm.domain.outbox import Step
from inboxcrm.errors import ConfigError, InboxcrmError, InternalError, SignInNeededError, TransientError
from inboxcrm.ports import Bearer, Credentials, Deferred
from inboxcrm.sasl import explained, present
from inboxcrm.smtp.conversation import Conversation, ConversationEndedError
from inboxcrm.smtp.replies import Reply, outcome
from inboxcrm.trust import trust

_OUR_NAME = "[127.0.0.1]"
"""What EHLO says: the literal that names nobody (RFC 5321 section 4.1.3), as Thunderbird does."""

_SUBMISSION_PORT = 587
"""Where STARTTLS is offered (RFC 6409 section 3.1)."""

_LEADING_DOT = re.compile(rb"(?m)^\.")
_SIZE = re.compile(r"[0-9]{1,20}")
"""What RFC 1870 lets a limit have; of more no number can be made, and no mail is as large."""

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds (RFC 5321 section 4.5.3.2), and how long a connection is kept.

    `final` is the wait for the reply to the body, longer by one second for each `octets_per_second` of mail: giving up
    there leaves the mail in doubt, giving up before costs nothing. `idle` closes a connection nobody used, `mails` one
    that was used long enough.
    """

    connect: float = 20.0
    login: float = 30.0
    command: float = 120.0
    final: float = 600.0
    octets_per_second: int = 32_000
    idle: float = 10.0
    mails: int = 50

    def for_body(self, octets: int) -> float:
        """How long a mail of this size may take from its first octet to the server's word."""
        return self.final + octets / self.octets_per_second


class SessionRefusedError(TransientError):
    """The server, its certificate or our account stands in the way: nothing was sent.

    `pause_all`: nothing else can be sent now either; `passes`: by itself, as the server says. `sign_in`: the owner must
    sign in, and nobody was called.
    """

    def __init__(self, message: str, *, pause_all: bool, passes: bool = False, sign_in: bool = False) -> None:
        super().__init__(message)
        self.pause_all = pause_all
        self.passes = passes
        self.sign_in = sign_in


class TokenRefusedError(SessionRefusedError):
    """The server does not accept this access token; another may do."""

    def __init__(self, message: str, bearer: Bearer) -> None:
        super().__init__(message, pause_all=True)
        self.bearer = bearer


class SessionLostError(TransientError):
    """The connection ended, stalled or spoke no SMTP, with no octet of a mail on its way."""


class BodyLostError(TransientError):
    """The same after the first octet of a mail may have left: it may or may not have been accepted."""


def require_safe(server: Server) -> None:
    """`ConfigError` for a server that would be spoken to in plaintext across a network."""
    if server.security is Security.NONE and not is_loopback(server.host):
        raise ConfigError(
            f'smtp: security = "none" is for this machine only, and {server.host} is another; use "tls" or "starttls"'
        )


class Session:
    """One connection, from `open` to `leave` or `discard`. `mails` counts what was sent over it."""

    def __init__(self, server: Server, *, user: str | None, password: Credentials, patience: Patience) -> None:
        self._server = server
        self._user = user
        self._password = password
        self._patience = patience
        self._client = aiosmtplib.SMTP(
            hostname=server.host,
            use_tls=server.security is Security.TLS,
            start_tls=False,
            timeout=patience.connect,
            local_hostname=_OUR_NAME,
        )
        self._taken_over: Conversation | None = None
        self.mails = 0

    @property
    def alive(self) -> bool:
        """Whether the connection is open as far as we know."""
        return self._taken_over is not None and self._taken_over.open

    def offers(self, extension: str) -> bool:
        """Whether EHLO named an extension."""
        return self._client.supports_extension(extension)

    @property
    def largest(self) -> int | None:
        """The octets the server takes at most (SIZE, RFC 1870); None when it does not say or says no limit."""
        limit = self._client.esmtp_extensions.get("size", "").strip().lstrip("0")
        return int(limit) if _SIZE.fullmatch(limit) else None

    @property
    def certificate_until(self) -> datetime | None:
        """When the server's certificate ends; None without TLS."""
        transport = self._client.transport
        shown = transport.get_extra_info("peercert") if transport is not None else None
        until = shown.get("notAfter") if shown else None
        return datetime.fromtimestamp(ssl.cert_time_to_seconds(until), UTC) if isinstance(until, str) else None

    async def open(self) -> None:
        """Connect, protect and log in, with what was asked for before; raises `SessionRefusedError`."""
        credential = await self._ask() if self._user else ""
        try:
            if self._server.security is not Security.NONE:
                self._client.tls_context = await asyncio.to_thread(trust, self._server.ca_file)
            await self._connect()
            if self._server.security is Security.STARTTLS:
                await self._start_tls()
            await self._client.ehlo()
            await self._log_in(credential)
            self._take_over()
        except (SessionRefusedError, asyncio.CancelledError):
            self.discard()
            raise
        except aiosmtplib.SMTPResponseException as error:
            self.discard()
            if error.code == aiosmtplib.SMTPStatus.invalid_response:
                raise SessionRefusedError(self._speaks_no_smtp(), pause_all=False) from None
            raise _refusal(Reply(error.code, error.message)) from None
        except (aiosmtplib.SMTPException, OSError, ValueError) as error:
            self.discard()
            raise SessionRefusedError(self._explained(error), pause_all=_is_certificate(error)) from None

    async def _connect(self) -> None:
        sock = await self._dial()
        connecting = asyncio.create_task(self._client.connect(sock=sock), name=f"smtp-connect-{self._server.host}")
        try:
            if self._server.security is not Security.TLS:
                await self._hear(connecting)
            await connecting
        except BaseException:
            connecting.cancel()
            sock.close()
            raise

    async def _hear(self, connecting: asyncio.Task[object]) -> None:
        """Return when the server has greeted, or may yet do so; raises SessionRefusedError where it waits for TLS."""
        await asyncio.wait([connecting], timeout=silence.LONG)
        if connecting.done() or not await asyncio.to_thread(silence.waits_for_tls, self._dial_blocking):
            return
        place = f"{self._server.host}:{self._server.port}"
        raise SessionRefusedError(f"{place}: {silence.explained(_SUBMISSION_PORT)}", pause_all=True)

    async def _dial(self) -> socket.socket:
        """A connected socket: to whichever of the server's addresses answers first, or through the proxy."""
        server, seconds = self._server, self._patience.connect
        if server.proxy is None:
            return await dialling.reach(server.host, server.port, seconds=seconds)
        sock = await asyncio.to_thread(self._dial_blocking)
        sock.setblocking(False)
        return sock

    def _dial_blocking(self) -> socket.socket:
        server, seconds = self._server, self._patience.connect
        if server.proxy is None:
            return dialling.connect(server.host, server.port, seconds=seconds)
        return socks.connect(server.proxy, server.host, server.port, seconds=seconds)

    def _take_over(self) -> None:
        """From here on the connection is ours; aiosmtplib keeps what EHLO said."""
        transport = self._client.transport
        if not isinstance(transport, asyncio.Transport) or transport.is_closing():
            raise SessionRefusedError(f"{self._server.host} hung up after the log-in", pause_all=False)
        self._taken_over = Conversation(transport)

    async def _start_tls(self) -> None:
        """STARTTLS or nothing: a server that does not offer it may be somebody in between (RFC 8314 section 3)."""
        await self._client.ehlo()
        if not self.offers("starttls"):
            raise SessionRefusedError(
                f"{self._server.host} offers no STARTTLS; nothing is said to it in plaintext", pause_all=True
            )
        await self._client.starttls()

    async def _log_in(self, credential: str | Bearer) -> None:
        """One attempt by the best method there is: a second one with the same password only helps to lock us out."""
        if not self._user:
            return
        if not self.offers("auth"):
            if self._server.security is Security.NONE:
                return
            raise SessionRefusedError(f"{self._server.host} offers no log-in", pause_all=True)
        if isinstance(credential, Bearer):
            await self._show_token(self._user, credential)
        else:
            await self._show_password(self._user, credential)

    async def _show_password(self, user: str, password: str) -> None:
        methods = {
            "plain": self._client.auth_plain,
            "login": self._client.auth_login,
            "cram-md5": self._client.auth_crammd5,
        }
        offered = [one for one in methods if one in self._client.server_auth_methods]
        if not offered:
            raise SessionRefusedError(f"{self._server.host} offers no log-in that we know", pause_all=True)
        try:
            await methods[offered[0]](user.encode(), password.encode(), timeout=self._patience.login)
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(Reply(error.code, _without_secrets(error.message, user, password))) from None

    async def _show_token(self, user: str, bearer: Bearer) -> None:
        """AUTH with its initial response; what the server asks then is why it refuses (RFC 7628 section 3.2.2)."""
        host, port = self._server.host, self._server.port
        shown = present(bearer, user, host=host, port=port, offered=self._client.server_auth_methods)
        if shown is None:
            raise SessionRefusedError(f"{host} takes no token: it offers no OAUTHBEARER and no XOAUTH2", pause_all=True)
        limit, why = self._patience.login, ""
        said = await self._client.execute_command(b"AUTH", shown.mechanism.encode("ascii"), shown.line, timeout=limit)
        if said.code == 334:
            why = explained(said.message.strip().encode())
            said = await self._client.execute_command(shown.last_line, timeout=limit)
        if said.code != 235:
            text = _without_secrets(said.message, user, bearer.token)
            refused = _refusal(Reply(said.code, "; ".join(filter(None, (text, why)))))
            raise TokenRefusedError(str(refused), bearer) if refused.pause_all and not refused.passes else refused

    async def _ask(self) -> str | Bearer:
        try:
            return await asyncio.to_thread(self._password)
        except InboxcrmError as error:
            raise SessionRefusedError(
                str(error),
                pause_all=not isinstance(error, TransientError),
                sign_in=isinstance(error, SignInNeededError),
            ) from None

    def _explained(self, error: Exception) -> str:
        """What went wrong before the log-in; the texts of these errors hold host, port and certificate, no secrets."""
        reason = error.__cause__ if isinstance(error.__cause__, ssl.SSLError) else error
        said = dialling.in_words(reason) if isinstance(reason, OSError) else str(reason)
        return Reply(0, f"{self._server.host}:{self._server.port}: {said}").shown().removeprefix("0 ")

    def _speaks_no_smtp(self) -> str:
        return f"{self._server.host}:{self._server.port}: what answers there speaks no SMTP. Another port may"

    async def command(self, line: str) -> Reply:
        """One command and its reply; raises `SessionLostError`."""
        return (await self.together([line]))[0]

    async def together(self, lines: Sequence[str]) -> list[Reply]:
        """Commands in one write, and their replies; fewer where the server hung up after one that is no consent.

        Only for one line, or where the server offers PIPELINING (RFC 2920). Raises `SessionLostError`.
        """
        octets = [line.encode() for line in lines]
        if any(_CONTROL.search(line) for line in octets):
            raise InternalError("a control character in a command to the submission server")
        try:
            said = b"".join(line + b"\r\n" for line in octets)
            return await self._conversation().say(said, replies=len(lines), seconds=self._patience.command)
        except (ConversationEndedError, OSError) as error:
            self.discard()
            raise SessionLostError(_told(error)) from None

    async def body(self, raw: bytes) -> Reply:
        """The mail after a 354, dot-stuffed, with its final dot, and the server's word on it.

        aiosmtplib's writes DATA and mail in one call, and between the two lies the line that decides whether a broken
        connection leaves doubt. Raises `SessionLostError` before the first octet and `BodyLostError` after it.

        A word that comes before all of it was written ends the connection, so that the final dot never leaves: a no
        counts, a yes to what the server does not have is none.
        """
        conversation = self._conversation()
        if not conversation.open:
            raise SessionLostError("the connection was gone before the first octet of the mail")
        stuffed = _LEADING_DOT.sub(b"..", raw)
        said = stuffed + (b"" if stuffed.endswith(b"\r\n") else b"\r\n") + b".\r\n"
        try:
            reply = (await conversation.say(said, replies=1, seconds=self._patience.for_body(len(raw))))[0]
            if not conversation.unsaid:
                return reply
            self.discard()
            if reply.positive:
                raise ConversationEndedError(f"the server said yes before it had the whole mail: {reply.shown()}")
            return reply
        except (ConversationEndedError, OSError) as error:
            self.discard()
            raise BodyLostError(_told(error)) from None

    def _conversation(self) -> Conversation:
        if self._taken_over is None:
            raise SessionLostError("the connection is closed")
        return self._taken_over

    def discard(self) -> None:
        """Drop the connection at once: nothing that is still in a buffer leaves any more."""
        transport = self._client.transport
        if isinstance(transport, asyncio.WriteTransport):
            transport.abort()
        self._client.close()

    def leave(self) -> None:
        """Say QUIT and close, without waiting for the answer."""
        if self._taken_over is not None:
            self._taken_over.write(b"QUIT\r\n")
        self._client.close()


def _told(error: Exception) -> str:
    return Reply(0, str(error)).shown().removeprefix("0 ")


def _refusal(reply: Reply) -> SessionRefusedError:
    verdict = outcome(Step.CONNECT, reply)
    pause_all = isinstance(verdict, Deferred) and verdict.pause_all
    return SessionRefusedError(reply.shown(), pause_all=pause_all, passes=400 <= reply.code <= 499)


def _is_certificate(error: Exception) -> bool:
    return isinstance(error, ssl.SSLError) or isinstance(error.__cause__, ssl.SSLError)


def _without_secrets(text: str, user: str, password: str) -> str:
    """A server's words about our log-in, without anything of ours it may have repeated."""
    both = f"\0{user}\0{password}".encode()
    secrets = (password, base64.b64encode(password.encode()).decode(), base64.b64encode(both).decode())
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return text
