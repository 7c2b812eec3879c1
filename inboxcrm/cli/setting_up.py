"""Commands that make a home and try its settings."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import click

from inboxcrm import bootstrap, wiring
from inboxcrm.cli.output import emit, json_option
from inboxcrm.cli.root import Place, cli
from inboxcrm.cli.sign_in import sign_in_to
from inboxcrm.configuration import load
from inboxcrm.domain.text import many, one_line
from inboxcrm.errors import UserError
from inboxcrm.service import discovery, holidays, questions, setup
from inboxcrm.service.checkup import Check


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
    try:
        answers = setup.answer(
            given,
            ask=None if yes else _ask,
            complain=lambda said: click.secho(said, fg="red"),
            note=click.echo,
            find=partial(discovery.find, ask=discovery.ask_nobody if given.get("proxy") else discovery.ask_the_system),
        )
    except click.Abort:
        click.echo("\nNothing was written. To begin again type: inboxcrm init", nl=False, err=True)
        raise
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
