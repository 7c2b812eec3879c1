"""Hands one finished mail to a submission server and says what became of it: sent, deferred, rejected or in doubt.

What must hold: a mail is in doubt only when its first octet may have left and no clear word came back. Everything
before, including a DATA command whose 354 was never read, is provably unsent and may be tried again.
"""

from __future__ import annotations

import asyncio
import re
import unicodedata
from contextlib import suppress
from datetime import datetime

from inboxcrm.config import Server
from inboxcrm.domain.outbox import Step
from inboxcrm.errors import SignInNeededError, UserError
from inboxcrm.ports import Credentials, Deferred, Delivery, InDoubt, Outgoing, Rejected, Sent, StepRecorder
from inboxcrm.smtp.body_record import BodyRecord
from inboxcrm.smtp.replies import Reply, outcome, refuses_null_sender
from inboxcrm.smtp.session import (
    BodyLostError,
    Patience,
    Session,
    SessionLostError,
    SessionRefusedError,
    TokenRefusedError,
    require_safe,
)

_ENVELOPE_ADDRESS = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}")
_BARE_LINE_END = re.compile(rb"\r(?!\n)|(?<!\r)\n")


class SmtpTransport:
    """One submission server: one connection kept for a burst, one mail in flight.

    `account_address` takes the place of the null reverse-path where the server refuses it; None leaves such a mail
    rejected. The password is read for each log-in and never kept. `smtputf8`: recipients whose addresses are not ASCII
    before the @ may be written to where the server offers that (RFC 6531).
    """

    def __init__(
        self,
        server: Server,
        *,
        user: str | None,
        password: Credentials,
        account_address: str | None = None,
        patience: Patience | None = None,
        smtputf8: bool = False,
    ) -> None:
        require_safe(server)
        self._server = server
        self._user = user
        self._password = password
        self._account_address = account_address
        self._patience = patience or Patience()
        self._smtputf8 = smtputf8
        self._session: Session | None = None
        self._in_flight = asyncio.Lock()
        self._hang_up: asyncio.TimerHandle | None = None
        self.null_sender_refused = False
        """Whether this server has refused the null reverse-path; later mails do not try it again."""

    async def send(self, item: Outgoing, step: StepRecorder) -> Delivery:
        """Send the bytes as they are, at most once; `step` is awaited before each step begins, "connect" only where a
        connection is to be opened.

        An exception of `step` ends the connection, and with it a mail whose final dot was not written, and comes
        through to the caller. So does cancellation.
        """
        unfit = _unfit(item, smtputf8=self._smtputf8)
        if unfit:
            return Rejected(unfit)
        async with self._in_flight:
            self._stop_timer()
            try:
                delivery = await self._deliver(item, step)
            except BaseException:
                self._drop()
                raise
            self._after(delivery)
            return delivery

    @property
    def warm(self) -> bool:
        """Whether a connection is kept from the last mail and still open."""
        session = self._session
        return session is not None and session.alive

    async def look(self) -> datetime | None:
        """Log in over a connection of its own, send nothing, and leave: when the server's certificate ends.

        UserError where nothing can be sent before the owner acts (SignInNeededError where they must sign in),
        TransientError where it may pass.
        """
        try:
            session = await self._fresh()
        except SessionRefusedError as error:
            if error.pause_all and not error.passes:
                raise (SignInNeededError if error.sign_in else UserError)(str(error)) from None
            raise
        until = session.certificate_until
        session.leave()
        return until

    async def close(self) -> None:
        """Leave the server; a later `send` connects again. A mail in flight ends as if the server had hung up."""
        self._stop_timer()
        if self._in_flight.locked():
            self._drop()
        else:
            self._leave()

    async def _deliver(self, item: Outgoing, step: StepRecorder) -> Delivery:
        """One attempt; MAIL is said on a second connection only where the one kept from before had ended."""
        try:
            try:
                return await self._transact(await self._ready(step), item, step)
            except _StaleError:
                self._drop()
                return await self._transact(await self._ready(step), item, step)
        except SessionRefusedError as error:
            return Deferred(str(error), pause_all=error.pause_all)
        except SessionLostError as error:
            return Deferred(str(error))
        except BodyLostError as error:
            return InDoubt(str(error))

    async def _ready(self, step: StepRecorder) -> Session:
        """The kept connection where it is still open, else a new one."""
        if self._session is not None and self._session.alive:
            return self._session
        await step(Step.CONNECT)
        self._session = await self._fresh()
        return self._session

    async def _fresh(self) -> Session:
        """A new connection, logged in; a refused token is exchanged once."""
        try:
            return await self._open()
        except TokenRefusedError as error:
            error.bearer.refused()
            return await self._open()

    async def _open(self) -> Session:
        session = Session(self._server, user=self._user, password=self._password, patience=self._patience)
        await session.open()
        return session

    async def _transact(self, session: Session, item: Outgoing, step: StepRecorder) -> Delivery:
        """The mail from MAIL to the final reply, once more from the account where the null sender is refused."""
        if session.largest is not None and len(item.raw) > session.largest:
            return Rejected(f"the server takes at most {session.largest} octets and this mail has {len(item.raw)}")
        if not item.recipient.isascii() and not (session.offers("smtputf8") and session.offers("8bitmime")):
            return Rejected("the server takes no addresses beyond ASCII (it offers no SMTPUTF8)")
        sender = self._sender(item.envelope_from)
        answered_by, reply = await self._try(session, item, sender, step)
        if sender == "" and self._account_address and refuses_null_sender(reply):
            session = await self._begin_again(session, step)
            answered_by, reply = await self._try(session, item, self._account_address, step)
            self.null_sender_refused = isinstance(outcome(answered_by, reply), Sent)
        return outcome(answered_by, reply)

    async def _begin_again(self, session: Session, step: StepRecorder) -> Session:
        """A connection on which nothing has been begun: this one, or where it does not go on, or was left beside the
        354 that came with a refusal, another.
        """
        with suppress(SessionLostError):
            if session.alive and (await session.command("RSET")).code == 250:
                return session
        self._drop()
        return await self._ready(step)

    def _sender(self, envelope_from: str) -> str:
        if envelope_from == "" and self.null_sender_refused and self._account_address:
            return self._account_address
        return envelope_from

    async def _try(self, session: Session, item: Outgoing, sender: str, step: StepRecorder) -> tuple[Step, Reply]:
        """The step that ended the transaction and the reply that did, one reverse-path given."""
        async with BodyRecord(step) as record:
            at, reply = await self._envelope(session, item, sender, step, record)
            if at is not Step.DATA or reply.code != 354:
                return at, reply
            await record.stand()
        return Step.BODY, await session.body(item.raw)

    async def _envelope(
        self, session: Session, item: Outgoing, sender: str, step: StepRecorder, record: BodyRecord
    ) -> tuple[Step, Reply]:
        """MAIL, RCPT and DATA: the first that was refused and why, or DATA and what was said to it.

        `_StaleError` where a kept connection had ended meanwhile.
        """
        lines = {
            Step.MAIL: _mail(session, item, sender),
            Step.RCPT: " ".join((f"RCPT TO:<{item.recipient}>", *_notify(session, sender))),
            Step.DATA: "DATA",
        }
        together = session.offers("pipelining")
        replies: list[tuple[Step, Reply]] = []
        try:
            for group in [tuple(lines)] if together else [(each,) for each in lines]:
                for each in group:
                    await step(each)
                if Step.DATA in group:
                    record.begin()
                replies += zip(group, await session.together([lines[each] for each in group]), strict=False)
                if not replies[-1][1].positive:
                    break
        except SessionLostError:
            if session.mails and not replies:
                raise _StaleError from None
            raise
        if replies[0][1].code == 421 and session.mails:
            raise _StaleError
        at, reply = next((each for each in replies if not each[1].positive), replies[-1])
        if at is not Step.DATA and replies[-1][1].code == 354:
            session.discard()  # it waits for a mail to nobody (RFC 2920 section 3.1) and gets none
        return at, reply

    def _after(self, delivery: Delivery) -> None:
        """Keep the connection for the next mail only after a clean success."""
        if not isinstance(delivery, Sent) or self._session is None:
            self._leave()
            return
        self._session.mails += 1
        if self._session.mails >= self._patience.mails:
            self._leave()
            return
        self._hang_up = asyncio.get_running_loop().call_later(self._patience.idle, self._leave)

    def _stop_timer(self) -> None:
        if self._hang_up is not None:
            self._hang_up.cancel()
            self._hang_up = None

    def _leave(self) -> None:
        if self._session is not None:
            self._session.leave()
            self._session = None

    def _drop(self) -> None:
        if self._session is not None:
            self._session.discard()
            self._session = None


class _StaleError(Exception):
    """A connection kept from an earlier mail had ended before this one began."""


def _mail(session: Session, item: Outgoing, sender: str) -> str:
    """MAIL with what the server offers."""
    options = [f"SIZE={len(item.raw)}"] if session.offers("size") else []
    if sender and session.offers("dsn"):
        options.append("RET=HDRS")
    if not item.recipient.isascii():
        options += ["BODY=8BITMIME", "SMTPUTF8"]  # RFC 6531 section 3.4: the header is UTF-8 too
    return " ".join((f"MAIL FROM:<{sender}>", *options))


def _notify(session: Session, sender: str) -> tuple[str, ...]:
    """Which delivery reports are asked for (RFC 3461 section 4.1): failures, and none where none could reach us."""
    if not session.offers("dsn"):
        return ()
    return ("NOTIFY=FAILURE",) if sender else ("NOTIFY=NEVER",)


def _unfit(item: Outgoing, *, smtputf8: bool) -> str | None:
    """Why bytes or envelope cannot be said in SMTP as they are; the server is not even asked."""
    international = not item.recipient.isascii()
    if international and not smtputf8:
        return "the recipient's address is not ASCII, and smtputf8 is not set"
    if _ENVELOPE_ADDRESS.fullmatch(_as_ascii(item.recipient)) is None:
        return "the recipient's address cannot be written to safely"
    if item.envelope_from and _ENVELOPE_ADDRESS.fullmatch(item.envelope_from) is None:
        return "the envelope sender is not a plain address"
    eight_bit = not item.raw.isascii() and not (international and _is_utf8(item.raw))
    if eight_bit or b"\0" in item.raw or _BARE_LINE_END.search(item.raw):
        return "the mail is not 7-bit text with CRLF line ends"
    return None


def _as_ascii(address: str) -> str:
    """An address with an x for each letter, digit or mark beyond ASCII in its local part (RFC 6531 section 3.3)."""
    local, at, domain = address.rpartition("@")
    letters = (each if each.isascii() or unicodedata.category(each)[0] not in "LMN" else "x" for each in local)
    return f"{''.join(letters)}{at}{domain}"


def _is_utf8(octets: bytes) -> bool:
    try:
        octets.decode()
    except UnicodeDecodeError:
        return False
    return True
