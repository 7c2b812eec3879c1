"""Does everything that a home needs work: its folder, passwords, log-ins, folders, and a mail to oneself?"""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from inboxcrm import providers
from inboxcrm.clock import SystemClock
from inboxcrm.config import Config, MailboxConfig, folder_of
from inboxcrm.errors import InboxcrmError, TransientError, UserError
from inboxcrm.home import too_open
from inboxcrm.passwords import Secret, read_password
from inboxcrm.ports import Clock, Deferred, Delivery, InDoubt, Notifier, Rejected, Sent
from inboxcrm.service import notify, trust
from inboxcrm.service.checks import Check, by, failed, well

__all__ = ["Arrived", "Check", "Probe", "Probed", "Send", "check", "logged_in"]

_LOG_IN = "log-in"

_ASKS_LATER = re.compile(r"4\d\d\b")
"""How a server's own word begins that it takes the mail another time (RFC 5321 section 4.2.1)."""

_NEARLY = 0.9
"""The part of its room from which on a mailbox is spoken of."""


@dataclass(frozen=True, slots=True)
class Probed:
    """What a log-in found: the folders, which is Sent, the headers of the newest mail, and how full it is (of 1)."""

    folders: tuple[str, ...]
    sent: str | None
    header_blocks: tuple[bytes, ...] = ()
    full: float | None = None


Probe = Callable[[MailboxConfig, Secret], Awaitable[Probed]]
"""Logs in to the IMAP server and lists the folders; raises what went wrong."""

Send = Callable[[MailboxConfig, Secret], Awaitable[Delivery]]
"""Sends a short mail from the mailbox to its owner's own address; raises what went wrong before it could."""

Look = Callable[[MailboxConfig], Awaitable[datetime | None]]
"""Logs in to the submission server and sends nothing; raises what went wrong."""

Arrived = Callable[[MailboxConfig, Secret], Awaitable[bytes | None]]
"""Waits for that mail and gives its header block, None where it does not come; raises what went wrong."""


async def check(
    config: Config,
    *,
    probe: Probe,
    send: Send | None,
    arrived: Arrived | None = None,
    look: Look | None = None,
    clock: Clock = SystemClock(),  # noqa: B008 - without state
    read: Callable[[MailboxConfig], Secret] = read_password,
    notifiers: Mapping[str, Notifier] | None = None,
) -> list[Check]:
    """Try everything, in the order in which it is needed; a mailbox is left where it first fails.

    `send` is None where no mail shall be sent; then the log-in to send is tried by `look`, and the `notifiers` are not
    tried either. Errors of ours become checks
    that failed; others are raised.
    """
    checks = [_folder(config), trust.differences(config)]
    for mailbox in config.mailboxes:
        tried = _Mailbox(config, mailbox, clock)
        checks += await tried.run(probe, send, arrived, read)
        if send is None and look is not None and checks[-1].name != f"{mailbox.name}: {tried.how}":
            checks.append(await tried.sending(look))
    return [*checks, *await _word_to_the_owner(config, notifiers or {}, tried=send is not None, now=clock.now())]


def logged_in(config: Config, found: Iterable[Check]) -> list[str]:
    """The mailboxes whose log-in was tried, and well."""
    names = {check.name for check in found if check.ok}
    return [mailbox.name for mailbox in config.mailboxes if f"{mailbox.name}: {_LOG_IN}" in names]


def unheard(config: Config) -> Check | None:
    """That nothing could tell the owner when mail is no longer read; None where something is set for it."""
    if config.notify.routes or config.watch.ping is not None:
        return None
    detail = "nothing is set by which you could be told: that a mailbox is not read any more, only status would say"
    return Check("notify", ok=True, detail=detail, hint="Set [notify] or [watch] in config.toml: docs/configuration.md")


async def _word_to_the_owner(
    config: Config, ways: Mapping[str, Notifier], *, tried: bool, now: datetime
) -> list[Check]:
    webhook = config.notify.webhook
    how = {"webhook": "" if webhook is None else by(webhook.proxy, url=webhook.url)}
    if not tried:
        return [Check(f"notify by {way}", ok=True, detail=f"set{how.get(way, '')}; tried with --send") for way in ways]
    said = await notify.try_now(ways, notify.trial(f"doctor:{now.isoformat()}"))
    return [
        Check(
            f"notify by {way}",
            ok=wrong is None,
            detail=wrong or f"a trial notice was handed over{how.get(way, '')}",
            hint="Mend [notify], then type: inboxcrm notify --test" if wrong else "",
        )
        for way, wrong in said.items()
    ]


def _folder(config: Config) -> Check:
    if not too_open(config.home):
        return Check("home", ok=True, detail=str(config.home))
    hint = f"The home holds other people's mail. Type: chmod 700 {shlex.quote(str(config.home))}"
    return Check("home", ok=False, detail=f"{config.home} can be read by other users of this machine", hint=hint)


@dataclass(frozen=True, slots=True)
class _Mailbox:
    """The checks of one mailbox, in the order in which they are needed."""

    config: Config
    mailbox: MailboxConfig
    clock: Clock

    async def run(
        self, probe: Probe, send: Send | None, arrived: Arrived | None, read: Callable[[MailboxConfig], Secret]
    ) -> list[Check]:
        mailbox = self.mailbox
        provider = providers.for_host(mailbox.imap.host, mailbox.imap.port)
        advice = f"{provider.name}: {provider.login}." if provider else ""
        how = self.how
        try:
            secret = await asyncio.to_thread(read, mailbox)
        except InboxcrmError as error:
            return [failed(mailbox, how, error, advice if mailbox.auth is None else "")]
        checks = [well(mailbox, how, "can be read" if mailbox.auth is None else "holds")]
        try:
            probed = await probe(mailbox, secret)
        except InboxcrmError as error:
            says_it = isinstance(error, UserError | TransientError)  # and what to do
            hint = advice or ("" if says_it else "Compare user and server with another mail program.")
            return [*checks, failed(mailbox, _LOG_IN, error, hint)]
        at = f"{mailbox.user} at {mailbox.imap.host}{by(mailbox.imap.proxy)}"
        checks += [well(mailbox, _LOG_IN, at), _folders(mailbox, probed)]
        if probed.full is not None and probed.full >= _NEARLY:
            checks.append(_room(mailbox, probed.full))
        checks += trust.senders(self.config, mailbox, probed.header_blocks)
        if send is None:
            return checks
        sent = await _mail_to_oneself(mailbox, secret, send)
        checks.append(sent)
        if sent.ok and arrived is not None:
            checks.append(await self._arrival(secret, arrived))
        return checks

    @property
    def how(self) -> str:
        """What is logged in with."""
        return "password" if self.mailbox.auth is None else "sign-in"

    async def sending(self, look: Look) -> Check:
        """Whether the submission server lets us in."""
        mailbox = self.mailbox
        try:
            await look(mailbox)
        except InboxcrmError as error:
            return failed(mailbox, "log-in to send", error, f"Check smtp of [[mailbox]] {mailbox.name}.")
        return well(mailbox, "log-in to send", f"{mailbox.user} at {mailbox.smtp.host}{by(mailbox.smtp.proxy)}")

    async def _arrival(self, secret: Secret, arrived: Arrived) -> Check:
        try:
            block = await arrived(self.mailbox, secret)
        except InboxcrmError as error:
            return well(self.mailbox, trust.ARRIVED, f"cannot be seen: {error}", "Look in your mail program.")
        return trust.mail_came(self.config, self.mailbox, block, now=self.clock.now())


def _room(mailbox: MailboxConfig, full: float) -> Check:
    hint = "Make room: what finds none is turned away, and its sender has it back."
    return well(mailbox, "room", f"{min(full, 1.0):.0%} of what the server grants is taken", hint)


def _folders(mailbox: MailboxConfig, probed: Probed) -> Check:
    missing = [folder for folder in map(folder_of, mailbox.folders) if folder not in probed.folders]
    if missing:
        hint = f"Correct folders of [[mailbox]] {mailbox.name}; there are: {', '.join(probed.folders)}"
        return Check(f"{mailbox.name}: folders", ok=False, detail=f"no folder {', '.join(missing)}", hint=hint)
    if probed.sent is None:
        hint = "Without it no answer of yours is seen. Send one mail by hand with your usual program, then try again"
        return Check(f"{mailbox.name}: folders", ok=False, detail="no folder for sent mail is found", hint=hint)
    return well(mailbox, "folders", f"{len(probed.folders)}, sent mail in {probed.sent}")


async def _mail_to_oneself(mailbox: MailboxConfig, secret: Secret, send: Send) -> Check:
    try:
        delivery = await send(mailbox, secret)
    except InboxcrmError as error:
        return failed(mailbox, "mail to oneself", error, f"Check smtp of [[mailbox]] {mailbox.name}.")
    match delivery:
        case Sent(reply):
            return well(mailbox, "mail to oneself", reply)
        case Rejected(reply):
            hint = f"{mailbox.smtp.host} refuses mail from this address; check owner.addresses and user."
        case Deferred(reply) if _ASKS_LATER.match(reply):
            hint = "The server asks to try later: type inboxcrm doctor --send again in some minutes."
        case Deferred(reply):
            hint = f"Check smtp and user of [[mailbox]] {mailbox.name}, then type: inboxcrm doctor --send"
        case InDoubt(reply):
            hint = "The connection broke while sending: see whether the mail has come, then try again."
    return Check(f"{mailbox.name}: mail to oneself", ok=False, detail=reply, hint=hint)
