"""Commands that set up, run and look after a home."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from collections.abc import Callable
from functools import partial
from typing import Any

import click
from click.shell_completion import get_completion_class

from inboxcrm import allocation, bootstrap, home, wiring
from inboxcrm.cli import logs
from inboxcrm.cli.desk import banner
from inboxcrm.cli.output import cell, emit, fact, heading, json_option, moment, table
from inboxcrm.cli.progress import backlog_bar
from inboxcrm.cli.root import Place, cli
from inboxcrm.cli.sign_in import sign_in_to
from inboxcrm.configuration import load
from inboxcrm.configuration.reader import check_passwords
from inboxcrm.domain.text import many, one_line
from inboxcrm.errors import UserError
from inboxcrm.ports import MailboxState
from inboxcrm.service import discovery, holidays, let_in, questions, setup, watched
from inboxcrm.service.checkup import Check
from inboxcrm.service.household import Household
from inboxcrm.service.listed import how_far
from inboxcrm.store import away_calendars, views
from inboxcrm.store import home as memory


def _question_options(command: Callable[..., Any]) -> Callable[..., Any]:
    for question in reversed(questions.QUESTIONS):
        text = f"{question.prompt} ({question.help})."
        command = click.option(f"--{question.name}", metavar="TEXT", help=text)(command)
    return command


@cli.command(short_help="Make a home: asks, writes config.toml, tries it.")
@click.option("--yes", is_flag=True, help="Ask nothing: flags, else defaults.")
@click.option("--no-check", is_flag=True, help="Do not try the log-in or send a mail to yourself.")
@_question_options
@click.pass_obj
def init(place: Place, /, yes: bool, no_check: bool, **flags: str | None) -> None:
    """Make a home: asks, writes config.toml, tries the log-in and a mail to yourself. It starts in shadow."""
    setup.free_place(place.home)
    given = {name.replace("_", "-"): value for name, value in flags.items() if value is not None}
    answers = setup.answer(
        given,
        ask=None if yes else _ask,
        complain=lambda said: click.secho(said, fg="red"),
        note=click.echo,
        find=partial(discovery.find, ask=discovery.ask_nobody if given.get("proxy") else discovery.ask_the_system),
    )
    written = setup.write_home(place.home, answers)
    click.echo(f"Wrote {written}. It is in shadow: everything is shown, nothing is sent.")
    if answers.holidays is not None:
        _say_holidays(place)
    if answers.auth is not None and (yes or no_check):
        click.echo(f"Next: inboxcrm sign-in {answers.mailbox}, then inboxcrm doctor and inboxcrm run.")
        return
    if no_check:
        click.echo("Next: inboxcrm doctor, then inboxcrm run.")
        return
    if answers.auth is not None:
        config = load(place.home)
        sign_in_to(config, config.mailboxes[0], None)
    checks = asyncio.run(_checks(place, send=True))
    _print_checks(checks)
    if not all(check.ok for check in checks):
        raise UserError(f"not all is well yet. Mend {written}, then type: inboxcrm doctor")
    click.echo("Next: inboxcrm run (and inboxcrm tui beside it).")


def _say_holidays(place: Place) -> None:
    """Adopt the usual public holidays, and say that it was done."""
    with bootstrap.household(place.home) as house, house.database.read() as connection:
        found = [each for each in holidays.listed(house, connection, now=house.clock.now()) if each.closes]
    if found:
        click.echo(
            f"Adopted {many(len(found), 'public holiday')}, {found[0].name} the next: inboxcrm holidays lists them."
        )


def _ask(question: questions.Question, default: str | None) -> str:
    return str(click.prompt(question.prompt, default=default or "", show_default=bool(default)))


async def _checks(place: Place, *, send: bool) -> list[Check]:
    return await wiring.check(load(place.home), send=send)


def _print_checks(checks: list[Check]) -> None:
    for check in checks:
        click.echo(f"{_mark(check)} {check.name}: {one_line(check.detail, 1_000)}")
        for line in check.hint.splitlines():
            click.echo(f"     {one_line(line, 1_000)}")


def _mark(check: Check) -> str:
    if not check.ok:
        return click.style("FAIL", fg="red")
    return click.style("look", fg="yellow") if check.hint else click.style("ok  ", fg="green")


@cli.command(short_help="Try everything a home needs, and say what to mend.")
@click.option("--send", is_flag=True, help="Also send a mail to yourself, and look at what became of it.")
@json_option
@click.pass_obj
def doctor(place: Place, send: bool, as_json: bool) -> None:
    """Try everything a home needs: folder, passwords, log-ins, folders; with --send a mail to yourself."""
    checks = asyncio.run(_checks(place, send=send))
    if as_json:
        for check in checks:
            emit(check)
    else:
        _print_checks(checks)
    if not all(check.ok for check in checks):
        raise UserError("not all is well; each line marked FAIL says what to do")


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
    check_passwords(load(place.home))
    with home.HomeLock(place.home), bootstrap.household(place.home) as house:
        keep_what_is_loaded()
        asyncio.run(_run(house, once=once))


async def _run(house: Household, *, once: bool) -> None:
    async with wiring.daemon(house) as daemon, backlog_bar(daemon):
        daemon.when_ready = keep_what_is_loaded
        await (daemon.run_once() if once else daemon.run())


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
            if box.cause and box.state != MailboxState.OFFLINE:  # why nobody reads it stands above
                click.echo(f"\n{cell(box.name)}: {one_line(box.cause, 1_000)}")


@cli.command(short_help="The desk: what is owed, the mail, the contact.")
@click.pass_obj
def tui(place: Place) -> None:
    """The desk: what is owed, the mail, the contact, what waits for your key."""
    if not _on_a_terminal():
        raise UserError("the desk needs a terminal. What it shows, for a script: inboxcrm queue --json")
    if os.environ.get("TERM") == "dumb":
        raise UserError("TERM=dumb: this terminal cannot move its cursor. What the desk shows, as text: inboxcrm queue")
    from inboxcrm_tui.app import run as run_desk

    with bootstrap.household(place.home) as house:
        run_desk(house)


def _on_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()  # the screen is written to stderr


@cli.command(short_help="The correspondence in the browser, read-only.")
@click.option("--port", default=8001, show_default=True, help="0 takes any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Only loopback is served without a login.")
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
@click.pass_obj
def web(place: Place, port: int, host: str, show: bool) -> None:
    """The correspondence in the browser, read-only (Datasette); the address carries a start token."""
    from inboxcrm.web.serve import serve

    serve(load(place.home), host=host, port=port, open_browser=show)


@cli.command(short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion(shell: str) -> None:
    """Print the completion script of a shell: eval "$(inboxcrm completion bash)"."""
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(cli, {}, "inboxcrm", "_INBOXCRM_COMPLETE").source())
