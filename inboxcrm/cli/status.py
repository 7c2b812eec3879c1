"""The command that says how a home fares."""

from __future__ import annotations

import click

from inboxcrm import bootstrap, home
from inboxcrm.cli.desk import banner
from inboxcrm.cli.output import cell, emit, fact, heading, json_option, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.text import one_line
from inboxcrm.ports import MailboxState
from inboxcrm.service import holidays, let_in, watched
from inboxcrm.service.listed import how_far
from inboxcrm.store import away_calendars, views
from inboxcrm.store import home as memory
from inboxcrm.store.folders import LEFT_OUT


@cli.command(short_help="How the daemon and each mailbox fare.")
@json_option
@click.pass_obj
def status(place: Place, as_json: bool) -> None:
    """How the home fares: the daemon, each mailbox, what is owed, what waits."""
    with bootstrap.household(place.home) as house:
        zone, now = house.config.owner.timezone, house.clock.now()
        with house.database.read() as connection:
            boxes, owed = watched.mailboxes(place.home, connection), views.queue(connection, now=now, zone=zone)
            waiting = views.outbox(connection, states=("held", "awaiting", "queued", "sending", "unknown"))
            paused_at, alarms = memory.paused_at(connection), memory.alarms(connection)
            proposed = holidays.proposed(house, connection, now=now)
            braked_at = memory.braked_at(connection)
            outdated = let_in.outdated(house, connection)
            calendars = [each for each in away_calendars.standings(connection).values() if each.fault is not None]
        running, trouble = watched.daemon(place.home), home.trouble_of_running(place.home)
        mode = house.config.acknowledge.mode
        if as_json:
            emit({"home": str(place.home), "pid": running and running.pid,
                  "silent_since": running and running.silent_since, "not_written": trouble,
                  "outdated": outdated is not None, "mode": mode,
                  "paused_at": paused_at, "braked_at": braked_at, "owed": len(owed),
                  "broken": sum(row.state == "broken" for row in owed), "waiting": len(waiting), "alarms": alarms,
                  "proposed_holidays": len(proposed), "away_calendars_at_fault": calendars,
                  "mailboxes": boxes})  # fmt: skip
            return
        banner(house)
        heading(str(place.home))
        fact("daemon", "not running (inboxcrm run)" if running is None else f"running, pid {running.pid}")
        if running is not None and running.silent_since is not None:
            fact("no sign of life", f"since {moment(running.silent_since, zone)}; {running.advice}")
        if trouble is not None:
            fact("not written", "what comes is not on record, and not lost; inboxcrm doctor looks closer")
            click.echo(f"    {one_line(trouble, 1_000)}")
        if outdated is not None:
            fact("settings", "config.toml has others since the daemon began: start it anew for them to count")
        fact("mode", mode)
        fact("answers owed", f"{len(owed)}, {sum(row.state == 'broken' for row in owed)} of them broken")
        fact("waiting to go", len(waiting))
        for each in calendars:
            fact(f"calendar {each.name}", f"cannot be read since {moment(each.fault_since, zone)}: {each.fault}")
        if proposed:
            fact("holidays", f"{len(proposed)} proposed and not adopted (inboxcrm holidays)")
        click.echo()
        table(
            ("mailbox", "state", "mails", "to read", "quarantined", "last check", "last mail", "next try"),
            [
                (
                    box.name,
                    box.state,
                    box.messages,
                    box.backlog,
                    box.quarantined,
                    moment(box.last_checked_at, zone),
                    moment(box.last_mail_at, zone),
                    moment(box.next_attempt_at, zone),
                )
                for box in boxes
            ],
            nothing="No mailbox was read yet. Type: inboxcrm run",
        )
        for box in boxes:
            if box.backlog:
                click.echo(f"\n{cell(box.name)}: {how_far(box, zone)}")
            if box.cause and (box.state != MailboxState.OFFLINE or box.cause == LEFT_OUT):  # else it stands above
                click.echo(f"\n{cell(box.name)}: {one_line(box.cause, 1_000)}")
