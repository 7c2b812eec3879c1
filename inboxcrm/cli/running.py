"""The command that runs the daemon."""

from __future__ import annotations

import asyncio
import gc
import sys
from contextlib import suppress

import click

from inboxcrm import allocation, bootstrap, home, wiring
from inboxcrm.cli import logs
from inboxcrm.cli.progress import backlog_bar
from inboxcrm.cli.root import Place, cli
from inboxcrm.configuration import ConfigRefusedError, load
from inboxcrm.configuration.reader import check_passwords
from inboxcrm.errors import InboxcrmError
from inboxcrm.service.household import Household
from inboxcrm.service.starts import Starts


@cli.command(short_help="The daemon: watch, acknowledge, hold you to it.")
@click.option("--once", is_flag=True, help="Read everything, deliver what is due, and exit.")
@click.option("--log-format", type=click.Choice(("text", "json")), default="text", show_default=True)
@click.option("--log-level", type=click.Choice(("debug", "info", "warning")), default="info", show_default=True)
@click.pass_obj
def run(place: Place, once: bool, log_format: str, log_level: str) -> None:
    """The daemon: watch the mailboxes, acknowledge, hold you to your promises. SIGTERM ends it."""
    allocation.give_back()
    take_turns()
    logs.start(log_format, log_level)
    try:
        check_passwords(load(place.home))
    except ConfigRefusedError as error:
        if not once and home.had_database(place.home):
            asyncio.run(_count_a_start(place, error))
        raise
    with home.HomeLock(place.home), bootstrap.household(place.home) as house:
        keep_what_is_loaded()
        asyncio.run(_run(house, once=once))


async def _run(house: Household, *, once: bool) -> None:
    async with wiring.daemon(house) as daemon, backlog_bar(daemon):
        daemon.when_ready = keep_what_is_loaded
        await (daemon.run_once() if once else daemon.run())


async def _count_a_start(place: Place, error: ConfigRefusedError) -> None:
    """Of a daemon that does not get as far as to count it: after the machine began anew a password may be missing, and
    the system starts the daemon again and again.
    """
    with suppress(InboxcrmError), home.HomeLock(place.home), bootstrap.household(place.home) as house:
        starts = Starts(house, wiring.notify(house))
        await starts.begin(error)
        await starts.ended(error)


TURN = 0.000_5
"""Seconds for which a thread computes while another waits for its turn. The database's waits anew after each statement:
with Python's own five milliseconds, whatever is computed beside it doubles the time of a mail.
"""


def take_turns() -> None:
    """Let no thread wait long for another."""
    sys.setswitchinterval(TURN)


def keep_what_is_loaded() -> None:
    """Have the collector of cycles leave alone what is in memory now, and look at the rest less often: looking through
    rules and texts that stay for good takes longer than answering a mail.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 20)
