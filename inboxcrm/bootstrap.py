"""Builds the running parts from a `Config`; the only module that knows every adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

from inboxcrm import providers
from inboxcrm.clock import SystemClock
from inboxcrm.config import Config, MailboxConfig
from inboxcrm.configuration.reader import load
from inboxcrm.daemon import Daemon
from inboxcrm.imap.watcher import ImapMailbox
from inboxcrm.parsing import Parser
from inboxcrm.passwords import read_password
from inboxcrm.ports import Clock
from inboxcrm.render import TemplateSet
from inboxcrm.rulebook import RuleBook
from inboxcrm.service.deliver import Deliver, Office
from inboxcrm.service.household import Household
from inboxcrm.service.ingest import Ingest
from inboxcrm.smtp.transport import SmtpTransport
from inboxcrm.store.database import Database


@contextmanager
def household(home: Path, *, clock: Clock | None = None) -> Iterator[Household]:
    """A home, opened: settings, memory, texts and rules. Raises UserError for what the owner must mend."""
    config = load(home)
    opened = assemble(config, Database(config.database), clock=clock)
    try:
        yield opened
    finally:
        opened.close()


def assemble(config: Config, database: Database, *, clock: Clock | None = None) -> Household:
    """A household over a database that is open already."""
    return Household(
        config=config,
        database=database,
        templates=TemplateSet.load(config.home / "templates", default_language=config.owner.language),
        rules=RuleBook(),
        clock=clock or SystemClock(),
    )


@asynccontextmanager
async def daemon(house: Household, *, network_clock: Clock | None = None) -> AsyncIterator[Daemon]:
    """The daemon of a home, with its mailboxes, transports and parsing worker; all of them closed at the end.

    `network_clock` times connections, where the household's own clock tells another day (the demo's story).
    """
    parser = Parser()
    ingest = Ingest(house, parser)
    clock = network_clock or house.clock
    offices = {mailbox.name: office(mailbox, house, clock) for mailbox in house.config.mailboxes}
    try:
        await parser.start(language=True)
        yield Daemon(house, ingest, Deliver(house, ingest, offices), offices)
    finally:
        for each in offices.values():
            await each.mailbox.close()
            await each.transport.close()
        await parser.close()


def office(mailbox: MailboxConfig, house: Household, clock: Clock) -> Office:
    """The two doors of one mailbox. The password is read when a connection needs it, and not kept."""

    def password() -> str:
        return read_password(mailbox).reveal()

    provider = providers.for_host(mailbox.imap.host, mailbox.imap.port)
    return Office(
        mailbox=ImapMailbox(mailbox, password, clock),
        transport=SmtpTransport(
            mailbox.smtp,
            user=mailbox.user,
            password=password,
            account_address=house.config.owner.addresses[0],
        ),
        files_sent_itself=provider is not None and provider.files_sent,
    )
