"""The demo: plays the invented day, and tells it as a readable account or opens the desk on it."""

from __future__ import annotations

import asyncio
import logging
import shlex
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from inboxcrm import bootstrap
from inboxcrm.cli.output import cell, fact, letter, moment
from inboxcrm.cli.root import cli
from inboxcrm.store import commitments, told_occasions, views

if TYPE_CHECKING:  # the servers and the story of the demo are no other command's affair
    from inboxcrm.demonstration import Demonstration, Outcome
    from inboxcrm.testing.story import Scene, Story

BETWEEN_SCENES = 4.0
"""Seconds between two arrivals while somebody watches the desk."""


@cli.command(short_help="The main job on an invented mailbox.")
@click.option("--once", is_flag=True, help="Print the account and exit, also on a terminal.")
@click.option("--seed", default=1, show_default=True, help="Another number tells another story.")
@click.option("--home", "keep", type=click.Path(path_type=Path), help="Keep the result in this folder.")
def demo(once: bool, seed: int, keep: Path | None) -> None:
    """The main job on an invented mailbox: nothing to set up, nothing leaves this machine.

    On a terminal it opens the desk and lets mail arrive while you watch; else, or with --once, it prints what came,
    whom it was linked to, what was decided and why, what was sent, and the promise until it is kept.
    """
    from inboxcrm import demonstration

    watched = not once and sys.stdin.isatty() and sys.stdout.isatty()
    with demonstration.place(keep) as folder:
        story = demonstration.prepare(folder, seed=seed)
        logging.getLogger("mail.log").setLevel(logging.ERROR)
        asyncio.run(_watch(folder, story) if watched else _tell(folder, story))
        if keep is not None:
            click.echo(f"\nKept in {folder}. Look around: inboxcrm --home {shlex.quote(str(folder))} tui")
            _recall(folder)


def _recall(folder: Path) -> None:
    """Read along what the letters say, as the daemon does in its idle minutes, and tell where it is to be seen."""
    from inboxcrm.service.memory import remember

    with bootstrap.household(folder) as house:
        asyncio.run(remember(house))
        with house.database.read() as connection:
            said = len(commitments.listed(connection, states=(commitments.SUGGESTED,)))
            days = len(told_occasions.listed(connection))
    click.echo(
        f"What people said in passing: {said} commitments and {days} days of theirs wait for your yes or no,\n"
        "at the desk or by `commitments` and `occasions suggested`.\n"
        "Try also `brief`, `quiet`, `touches`, `rules replay` and `workflows`."
    )


async def _tell(folder: Path, story: Story) -> None:
    from inboxcrm.demonstration import started

    async with started(folder, story) as running:
        read = await running.read_backlog()
        _introduce(running, read)
        for scene in story.arrivals:
            _account(running, await running.play(scene))
        first = story.arrivals[0]
        kept = await running.answer(first)
        _kept(running, first, kept)


def _introduce(running: Demonstration, read: int) -> None:
    story = running.story
    with running.house.database.read() as connection:
        people = views.contacts(connection, limit=1000)
    organisations = {person.organisation for person in people if person.organisation}
    click.secho(f"The desk of {story.owner.name}", bold=True)
    click.echo(
        f"{read} mails of eighteen months were read over IMAP and linked to {len(people)} contacts in "
        f"{len(organisations)} organisations.\nNone of them is acknowledged: they were there before. "
        "Now a day begins, and mail arrives."
    )


def _account(running: Demonstration, outcome: Outcome) -> None:
    zone, message = running.story.zone, outcome.message
    click.echo()
    click.secho(f"{moment(message.received_at, zone)}  {cell(outcome.scene.what)}", bold=True)
    fact("came", f"{message.sender}: {message.subject}")
    fact("linked to", _linked(message))
    fact("verdict", f"{message.outcome} ({message.mail_class}), because: {', '.join(message.reasons)}")
    with running.house.database.read() as connection:
        story = views.decision(connection, message.id)
    if story is not None:
        said = "acknowledged" if story["speech"]["acknowledge"] else "silent"
        fact(said, story["speech"]["because"])
    if outcome.promise is not None:
        told = "told to the sender" if outcome.promise.told_due_at is not None else "silent, for your eyes"
        fact("promise", f"{outcome.promise.state}, due {moment(outcome.promise.due_at, zone)}, {told}")
    else:
        fact("promise", "none: nobody waits for an answer")
    if outcome.acknowledgement is not None and outcome.sent is not None:
        click.echo("  sent:")
        click.echo(_quoted(_as_sent(outcome.acknowledgement, outcome.sent.envelope_from)))


def _linked(message: views.MessageRow) -> str:
    if message.contact is None:
        return "nobody: lists and robots do not become contacts"
    at = f" ({message.organisation})" if message.organisation else ""
    return f"{message.contact}{at}, matter {message.matter_id}"


def _quoted(text: str) -> str:
    lines = (part for line in text.splitlines() for part in (textwrap.wrap(line, 96) or [""]))
    return "\n".join(f"    │ {line}".rstrip() for line in lines)


def _as_sent(row: views.OutboxRow, envelope_from: str) -> str:
    head = f"MAIL FROM:<{envelope_from}>  RCPT TO:<{row.recipient}>\nSubject: {row.subject}"
    return letter(f"{head}\n\n{row.text.rstrip()}")


def _kept(running: Demonstration, scene: Scene, promise: views.PromiseRow) -> None:
    zone = running.story.zone
    click.echo()
    click.secho(f"{moment(promise.ended_at, zone)}  {running.story.owner.name} answers with another program", bold=True)
    fact("found in", "Sent, matched to the matter by its References")
    fact("promise", f"{promise.state}: made {moment(promise.received_at, zone)} ({cell(scene.what)})")
    fact("due / answered", f"{moment(promise.due_at, zone)} / {moment(promise.ended_at, zone)}")


HINT = (
    "Demo: you are {owner}; mail arrives while you watch. ↑ ↓ choose, Enter opens, ? says why it was answered or not, "
    "f keeps what they said, 2 shows what went out, h all keys, q leaves."
)


async def _watch(folder: Path, story: Story) -> None:
    """The desk on the running demo, and the web beside it."""
    from inboxcrm_tui.app import DeskApp

    from inboxcrm.demonstration import started
    from inboxcrm.web.serve import start

    async with started(folder, story) as running:
        await running.read_backlog()
        config, clock = running.house.config, running.house.clock
        web = await start(config.database, config.owner, mode=config.acknowledge.mode, clock=clock)
        click.echo(f"The same in your browser: {web.url}")
        await asyncio.sleep(1.5)
        playing = asyncio.get_running_loop().create_task(_arrive(running), name="story")
        try:
            await DeskApp(running.house, hint=HINT.format(owner=story.owner.name)).run_async()
        finally:
            playing.cancel()
            await asyncio.gather(playing, return_exceptions=True)
            await web.stop()
        click.echo(f"That was the demo of {story.owner.name}. Start with your own mailbox: inboxcrm init")


async def _arrive(running: Demonstration) -> None:
    for scene in running.story.arrivals:
        await asyncio.sleep(BETWEEN_SCENES)
        await running.play(scene)
    await asyncio.sleep(BETWEEN_SCENES)
    await running.answer(running.story.arrivals[0])
