"""Builds what talks to servers from a `Config`: the daemon of a home, and trying its settings out.

The only module that knows every adapter.
"""

from __future__ import annotations

import logging
import secrets
import shlex
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from functools import partial

from inboxcrm import fetching, providers, spool
from inboxcrm.bootstrap import fit_rules, opened
from inboxcrm.clock import SystemClock
from inboxcrm.config import Config, MailboxConfig
from inboxcrm.daemon import Daemon
from inboxcrm.domain.address import address
from inboxcrm.domain.outbox import OwnerMail
from inboxcrm.domain.text import many
from inboxcrm.errors import UserError
from inboxcrm.home import had_database, spool_folder
from inboxcrm.imap.account import Timing
from inboxcrm.imap.awaited import wait_for
from inboxcrm.imap.heartbeat import Heartbeat
from inboxcrm.imap.opening import Limits
from inboxcrm.imap.probe import probe as imap_probe
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.notify.ping import Ping
from inboxcrm.oauth.logins import Logins
from inboxcrm.parsing import Parser
from inboxcrm.passwords import Secret
from inboxcrm.ports import Clock, Delivery, Outgoing
from inboxcrm.render import compose_owner_mail
from inboxcrm.routes import routes, unrecorded
from inboxcrm.service import (
    away_calendars,
    checkup,
    holidays,
    let_in,
    retention,
    sent_unread,
    writable,
)
from inboxcrm.service.checkup import Check
from inboxcrm.service.deliver import Deliver, Office
from inboxcrm.service.household import Household
from inboxcrm.service.ingest import Ingest
from inboxcrm.service.notify import Notify
from inboxcrm.service.vigil import Vigil
from inboxcrm.smtp.transport import SmtpTransport
from inboxcrm.store import folders

RECENT = 50
"""How many of the newest mails' headers tell who vouches for senders."""

PATIENCE = timedelta(seconds=60)
"""How long a mail to oneself is waited for."""


@asynccontextmanager
async def daemon(
    house: Household, *, network_clock: Clock | None = None, timing: Timing | None = None
) -> AsyncIterator[Daemon]:
    """The daemon of a home, with its mailboxes, transports and parsing worker; all of them closed at the end.

    `network_clock` times connections, where the household's own clock tells another day (the demo's story); `timing`
    changes how often mailboxes are looked at.
    """
    parser = Parser()
    ingest = Ingest(house, parser)
    clock = network_clock or house.clock
    heartbeat = Heartbeat(clock, logging.getLogger("inboxcrm.imap"))
    logins = Logins(house.config.mailboxes, house.config.home, clock)
    offices = {
        mailbox.name: office(mailbox, house, clock, timing, heartbeat, logins) for mailbox in house.config.mailboxes
    }
    try:
        spool.clear(spool_folder(house.config.home), before=clock.now() - spool.FORGOTTEN)
        await parser.launch()
        deliver = Deliver(house, ingest, offices)
        yield Daemon(house, ingest, deliver, offices, notify(house, logins), fetching.fetch, vigil(house, offices))
    finally:
        for each in offices.values():
            await each.mailbox.close()
            await each.transport.close()
        await parser.close()


def vigil(house: Household, offices: Mapping[str, Office]) -> Vigil:
    """What notices that a mailbox is no longer read."""
    watch = house.config.watch
    return Vigil(house, offices, None if watch.ping is None else Ping(watch.ping, proxy=watch.proxy))


def notify(house: Household, logins: Logins | None = None) -> Notify:
    """What brings word to the owner by the ways that are set."""
    return Notify(house, routes(house.config, secret=house.secret, clock=house.clock, logins=logins))


def office(
    mailbox: MailboxConfig,
    house: Household,
    clock: Clock,
    timing: Timing | None = None,
    heartbeat: Heartbeat | None = None,
    logins: Logins | None = None,
) -> Office:
    """The two doors of one mailbox. What to log in with is had when a connection needs it."""
    logins = logins or Logins([mailbox], house.config.home, clock)
    password = logins.of(mailbox)
    transport = SmtpTransport(
        mailbox.smtp,
        user=mailbox.user,
        password=password,
        account_address=house.config.owner.addresses[0],
        smtputf8=mailbox.smtputf8,
    )
    provider = providers.for_host(mailbox.imap.host, mailbox.imap.port)
    return Office(
        mailbox=ImapMailbox(
            mailbox,
            password,
            clock,
            timing=timing,
            limits=Limits(spool=spool_folder(house.config.home)),
            heartbeat=heartbeat,
            kept_from=partial(retention.nothing_before, house),
            taken=house.database.reading(partial(folders.taken, mailbox=mailbox.name)),
        ),
        transport=transport,
        clock=clock,
        submission=transport,
        sign_in_until=logins.ends_at(mailbox),
        files_sent_itself=provider is not None and provider.files_sent,
        per_minute=30 if provider is None else provider.sends_per_minute,
        per_day=500 if provider is None else provider.sends_per_day,
    )


def _texts_and_rules(config: Config) -> Check:
    """Whether the files of texts and rules can be used as they stand now; each fault with its file and line."""
    for place in (config.home / "rules", config.home / "templates"):
        if place.exists() and not place.is_dir():
            hint = (
                f"Move it away, or nothing of yours is read: mv {shlex.quote(str(place))} {shlex.quote(f'{place}.old')}"
            )
            return Check("rules and templates", ok=False, detail=f"{place} is a file and no folder", hint=hint)
    try:
        book = fit_rules(config)
    except UserError as error:
        return Check("rules and templates", ok=False, detail="cannot be used as they stand", hint=str(error))
    return Check("rules and templates", ok=True, detail=f"{many(len(book.rules), 'rule')}, all fit")


async def check(config: Config, *, send: bool) -> list[Check]:
    """Try everything a home needs; `send` sends each mailbox's owner a mail from themselves and waits for it."""
    oneself = _ToOneself(config)
    found = await checkup.check(
        config,
        probe=oneself.probe,
        read=oneself.logins.read,
        send=oneself.send if send else None,
        arrived=oneself.arrived,
        look=oneself.look,
        clock=oneself.clock,
        notifiers=routes(config, secret=secrets.token_bytes(32), clock=oneself.clock, logins=oneself.logins),
    )
    found.append(_texts_and_rules(config))
    found += [each for each in (checkup.unheard(config),) if each is not None]
    hindered = writable.place(config)
    if hindered is not None:
        found.append(hindered)
    elif config.database.exists() or had_database(config.home):
        found += await _of_the_database(config, checkup.logged_in(config, found))
    return found


async def _of_the_database(config: Config, logged_in: Collection[str]) -> list[Check]:
    house, writing = writable.database(lambda: opened(config))
    if house is None:
        return [writing]
    try:
        away = await away_calendars.check(house, fetching.fetch)
        days = holidays.check(house)
        waiting = [*let_in.check(house, logged_in), *sent_unread.check(house)]
        return [writing, *waiting, *(() if days is None else (days,)), *away]
    finally:
        house.close()


async def try_login(config: Config, mailbox: MailboxConfig) -> checkup.Probed:
    """Log in to one mailbox and look around; raises what is in the way."""
    return await _probed(mailbox, Logins([mailbox], config.home, SystemClock()))


async def _probed(mailbox: MailboxConfig, logins: Logins) -> checkup.Probed:
    report = await imap_probe(mailbox, logins.of(mailbox), newest=RECENT)
    return checkup.Probed(tuple(name for name, _ in report.folders), report.sent, report.header_blocks, report.full)


class _ToOneself:
    """A mail that a person asked for, from the owner to the owner, in the envelope that acknowledgements have.

    The subject bears a word of its own: Microsoft 365 gives mail another Message-ID.
    """

    def __init__(self, config: Config) -> None:
        self.clock = SystemClock()
        self.logins = Logins(config.mailboxes, config.home, self.clock)
        self._config = config
        self._words = {mailbox.name: secrets.token_hex(8) for mailbox in config.mailboxes}

    async def probe(self, mailbox: MailboxConfig, _: Secret) -> checkup.Probed:
        return await _probed(mailbox, self.logins)

    async def send(self, mailbox: MailboxConfig, _: Secret) -> Delivery:
        own = address("", self._config.owner.addresses[0])
        now = self.clock.now()
        mail = OwnerMail(
            to=own,
            alias=own.spec,
            subject=f"inboxcrm can send [{self._words[mailbox.name]}]",
            text="This mail was sent by inboxcrm doctor, from you to yourself. Nothing else was sent to anybody.",
            in_reply_to=None,
            references=(),
            dedupe_key=f"doctor:{mailbox.name}:{now.isoformat()}",
        )
        draft = compose_owner_mail(mail, owner=self._config.owner, secret=secrets.token_bytes(32), now=now)
        transport = self._transport(mailbox, draft.envelope_from)
        envelope_from = "" if mailbox.null_sender else draft.envelope_from
        try:
            return await transport.send(Outgoing(draft.raw, envelope_from, draft.recipient), unrecorded)
        finally:
            await transport.close()

    async def look(self, mailbox: MailboxConfig) -> datetime | None:
        return await self._transport(mailbox, None).look()

    def _transport(self, mailbox: MailboxConfig, account_address: str | None) -> SmtpTransport:
        return SmtpTransport(
            mailbox.smtp, user=mailbox.user, password=self.logins.of(mailbox), account_address=account_address
        )

    async def arrived(self, mailbox: MailboxConfig, _: Secret) -> bytes | None:
        mark = self._words[mailbox.name].encode()
        return await wait_for(mailbox, self.logins.of(mailbox), lambda block: mark in block, within=PATIENCE)
