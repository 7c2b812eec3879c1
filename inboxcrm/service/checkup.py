"""Does everything that a home needs work: its folder, passwords, log-ins, folders, and a mail to oneself?"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from inboxcrm import providers
from inboxcrm.config import Config, MailboxConfig
from inboxcrm.errors import InboxcrmError
from inboxcrm.home import too_open
from inboxcrm.passwords import Secret, read_password
from inboxcrm.ports import Deferred, Delivery, InDoubt, Rejected, Sent


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was tried. `hint` is what to type or do next; empty where all is well."""

    name: str
    ok: bool
    detail: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Probed:
    """What a log-in found: the folders there are, and which of them is Sent."""

    folders: tuple[str, ...]
    sent: str | None


Probe = Callable[[MailboxConfig, Secret], Awaitable[Probed]]
"""Logs in to the IMAP server and lists the folders; raises what went wrong."""

Send = Callable[[MailboxConfig, Secret], Awaitable[Delivery]]
"""Sends a short mail from the mailbox to its owner's own address; raises what went wrong before it could."""


async def check(
    config: Config,
    *,
    probe: Probe,
    send: Send | None,
    read: Callable[[MailboxConfig], Secret] = read_password,
) -> list[Check]:
    """Try everything, in the order in which it is needed; a mailbox is left where it first fails.

    `send` is None where no mail shall be sent. Errors of ours become checks that failed; others are raised.
    """
    checks = [_folder(config)]
    for mailbox in config.mailboxes:
        checks += await _mailbox(mailbox, probe, send, read)
    return checks


def _folder(config: Config) -> Check:
    if not too_open(config.home):
        return Check("home", ok=True, detail=str(config.home))
    hint = f"The home holds other people's mail. Type: chmod 700 {config.home}"
    return Check("home", ok=False, detail=f"{config.home} can be read by other users of this machine", hint=hint)


async def _mailbox(
    mailbox: MailboxConfig, probe: Probe, send: Send | None, read: Callable[[MailboxConfig], Secret]
) -> list[Check]:
    provider = providers.for_host(mailbox.imap.host, mailbox.imap.port)
    advice = f"{provider.name}: {provider.login}." if provider else "Compare user and server with another mail program."
    try:
        secret = await asyncio.to_thread(read, mailbox)
    except InboxcrmError as error:
        return [_failed(mailbox, "password", error, advice if provider else "")]
    checks = [_well(mailbox, "password", "can be read")]
    try:
        probed = await probe(mailbox, secret)
    except InboxcrmError as error:
        return [*checks, _failed(mailbox, "log-in", error, advice)]
    checks += [_well(mailbox, "log-in", f"{mailbox.user} at {mailbox.imap.host}"), _folders(mailbox, probed)]
    if send is not None:
        checks.append(await _mail_to_oneself(mailbox, secret, send))
    return checks


def _folders(mailbox: MailboxConfig, probed: Probed) -> Check:
    missing = [folder for folder in mailbox.folders if folder not in probed.folders]
    if missing:
        hint = f"Correct folders of [[mailbox]] {mailbox.name}; there are: {', '.join(probed.folders)}"
        return Check(f"{mailbox.name}: folders", ok=False, detail=f"no folder {', '.join(missing)}", hint=hint)
    if probed.sent is None:
        hint = "Without it no answer of yours is seen. Send one mail by hand with your usual program, then try again"
        return Check(f"{mailbox.name}: folders", ok=False, detail="no folder for sent mail is found", hint=hint)
    return _well(mailbox, "folders", f"{len(probed.folders)}, sent mail in {probed.sent}")


async def _mail_to_oneself(mailbox: MailboxConfig, secret: Secret, send: Send) -> Check:
    try:
        delivery = await send(mailbox, secret)
    except InboxcrmError as error:
        return _failed(mailbox, "mail to oneself", error, f"Check smtp of [[mailbox]] {mailbox.name}.")
    match delivery:
        case Sent(reply):
            return _well(mailbox, "mail to oneself", reply)
        case Rejected(reply):
            hint = f"{mailbox.smtp.host} refuses mail from this address; check owner.addresses and user."
        case Deferred(reply):
            hint = "The server asks to try later: type inboxcrm doctor again in some minutes."
        case InDoubt(reply):
            hint = "The connection broke while sending: see whether the mail has come, then try again."
    return Check(f"{mailbox.name}: mail to oneself", ok=False, detail=reply, hint=hint)


def _well(mailbox: MailboxConfig, what: str, detail: str) -> Check:
    return Check(f"{mailbox.name}: {what}", ok=True, detail=detail)


def _failed(mailbox: MailboxConfig, what: str, error: InboxcrmError, hint: str) -> Check:
    return Check(f"{mailbox.name}: {what}", ok=False, detail=str(error), hint=hint)
