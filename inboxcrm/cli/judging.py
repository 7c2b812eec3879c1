"""Commands that judge without a mailbox: the gate's verdict on files, and the time that would be promised."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import click

from inboxcrm import bootstrap, verdicts
from inboxcrm.cli import times
from inboxcrm.cli.output import cell, emit, heading, json_option
from inboxcrm.cli.root import Place, cli
from inboxcrm.clock import SystemClock
from inboxcrm.domain import wording
from inboxcrm.domain.address import identity
from inboxcrm.domain.durations import format_hours
from inboxcrm.domain.expectation import expect as expected
from inboxcrm.errors import UserError
from inboxcrm.service import duties, learned, story
from inboxcrm.service.acknowledge import due
from inboxcrm.store import contacts
from inboxcrm.store.times import to_text, to_text_or_none


@cli.command(short_help="May a machine answer these mail files, and why?")
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE...")
@click.option("--me", multiple=True, required=True, metavar="ADDR", help="An address of the owner; may be repeated.")
@click.option("--authserv-id", multiple=True, metavar="ID", help="Whose Authentication-Results are believed.")
@click.option("--border", multiple=True, metavar="HOST", help="The server that receives the owner's mail.")
@click.option("--known", multiple=True, metavar="ADDR", help="The address of a known contact; may be repeated.")
@click.option("--sent-id", multiple=True, metavar="MESSAGE-ID", help="A mail that the owner sent by hand.")
@json_option
def verdict(
    files: tuple[Path, ...],
    me: tuple[str, ...],
    authserv_id: tuple[str, ...],
    border: tuple[str, ...],
    known: tuple[str, ...],
    sent_id: tuple[str, ...],
    as_json: bool,
) -> None:
    """May a machine answer these mails, and why? Judges files, without a mailbox."""
    options = verdicts.Options(me=me, authserv_ids=authserv_id, borders=border, known=known, sent_ids=sent_id)
    now = SystemClock().now()
    missing = [str(path) for path in files if not path.is_file()]
    if missing:
        raise UserError(f"no such file: {', '.join(missing)}")
    for path in files:
        judged = verdicts.judge_bytes(path.read_bytes(), options, now=now)
        if as_json:
            emit(verdicts.as_json(str(path), judged))
            continue
        click.echo(f"{judged.outcome:<9} {judged.mail_class:<8} {path}  {', '.join(judged.reasons)}")
        if len(files) == 1:
            for finding in judged.asked:
                said = f"{finding.row:<11}{finding.outcome or '·':<9} {finding.reason or ''}"
                click.echo(f"  {said}  {cell(finding.saw)}")


@cli.command(short_help="Which time would be promised to a mail, in words.")
@click.option("--at", "moments", multiple=True, required=True, metavar="WHEN", help="When a mail arrives; repeatable.")
@click.option("--from", "sender", metavar="ADDR", help="Who would write: their plan, language and zone hold.")
@click.option("--plan", metavar="NAME", help="Under which plan, instead of the sender's.")
@json_option
@click.pass_obj
def expect(place: Place, moments: tuple[str, ...], sender: str | None, plan: str | None, as_json: bool) -> None:
    """Which time would be promised to a mail that arrives then, in words, with the walk."""
    with bootstrap.household(place.home) as house:
        owner = house.config.owner
        if plan is not None and plan not in house.config.plans:
            raise UserError(f"no plan {plan!r}; config.toml has {', '.join(sorted(house.config.plans))}")
        with house.database.read() as connection:
            found = contacts.entry(connection, identity(sender)) if sender else None
            contact_id = found.contact_id if found is not None else None
            card = contacts.card(connection, contact_id)
            plan = plan or card.plan or None
            basis = learned.target(house, connection, contact_id=contact_id, plan=plan, now=house.clock.now())
        language = wording.spoken(card.language or owner.language) or "en"
        sender_zone = ZoneInfo(card.timezone) if card.timezone else None
        target, because = basis.open_time, story.target(basis)
        for text in moments:
            at = times.beginning(text, owner.timezone, house.clock.now(), option="--at")
            with house.database.read() as connection:
                calendar = house.calendar(connection, at, plan)
            expectation = expected(at, target=target, calendar=calendar)
            words = due(
                expectation,
                language,
                owner_zone=owner.timezone,
                sender_zone=sender_zone,
            )
            steps = duties.walk(expectation)
            line: Mapping[str, Any] = {
                "received_at": to_text(expectation.received_at),
                "due_at": to_text_or_none(expectation.due_at),
                "words": words or wording.due_sentence(expectation, language, owner_zone=owner.timezone),
                "target": because,
                "walk": steps,
            }
            if as_json:
                emit(line)
                continue
            heading(str(line["words"]))
            click.echo(f"  {format_hours(target)} of open time: {story.target_line(because)}")
            for each in story.walk_lines(steps, owner.timezone):
                click.echo(f"  {each}")
