"""The command that shows, and tries, the word that goes to the owner."""

from __future__ import annotations

import asyncio

import click

from inboxcrm import bootstrap, wiring
from inboxcrm.cli.output import emit, json_option, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.errors import UserError
from inboxcrm.service import notify as word
from inboxcrm.service.household import Household
from inboxcrm.store import notices


@cli.command(short_help="Word to you by command, web address or second mailbox.")
@click.option("--test", is_flag=True, help="Send a trial notice by every way that is set, now.")
@click.option("--limit", default=20, show_default=True, help="How many of the newest to show.")
@json_option
@click.pass_obj
def notify(place: Place, test: bool, limit: int, as_json: bool) -> None:
    """The notices you were sent by another way than your mailbox, and what became of each.

    The ways stand in [notify] of config.toml: a command of yours, a web address (ntfy, or any server that takes JSON),
    a second mailbox. What cannot be delivered is tried again for a day and shown here. --test ignores quiet hours and
    caps.
    """
    with bootstrap.household(place.home) as house:
        ways = house.config.notify.routes
        if not ways:
            raise UserError(f"no way is set by which you could be told. Add [notify] to {house.config.file}")
        if test:
            _test(house)
            return
        with house.database.read() as connection:
            rows = notices.listed(connection, limit=limit)
        if as_json:
            for row in rows:
                emit(row)
            return
        zone = house.config.owner.timezone
        table(
            ("made", "way", "state", "tried", "next", "urgent", "notice", "cause"),
            [
                (
                    moment(row.made_at, zone),
                    row.route,
                    row.state,
                    row.attempts,
                    moment(row.next_at, zone),
                    "urgent" if row.urgent else "",
                    row.title,
                    row.cause,
                )
                for row in rows
            ],
            nothing=f"No notice was made yet. Ways that are set: {', '.join(ways)}",
        )


def _test(house: Household) -> None:
    now, ways = house.clock.now(), wiring.notify(house).routes
    said = asyncio.run(word.try_now(ways, word.trial(f"trial:{now.isoformat()}")))
    for way, wrong in said.items():
        mark = click.style("FAIL", fg="red") if wrong else click.style("ok  ", fg="green")
        click.echo(f"{mark} {way}: {wrong or 'a trial notice was handed over'}")
    with house.database.write() as connection:
        word.works_again(connection, [way for way, wrong in said.items() if wrong is None], now=now)
    if any(said.values()):
        raise UserError("not every way works; mend [notify] and try again")
