"""Commands about the owner's rules: are they fit, which are there, and which mail meets which."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from itertools import chain
from pathlib import Path

import click

from inboxcrm import bootstrap
from inboxcrm.cli import times
from inboxcrm.cli.output import cell, emit, fact, heading, json_option, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.configuration import load
from inboxcrm.domain.deeds import On
from inboxcrm.domain.durations import format_duration
from inboxcrm.domain.rules import Rule
from inboxcrm.domain.text import many, one_line
from inboxcrm.errors import UserError
from inboxcrm.service import rehearse
from inboxcrm.service.rehearse import Rehearsal


@cli.group("rules")
def rules_group() -> None:
    """What happens to which mail: the shipped rules, and yours in their place. See docs/rules.md."""


@rules_group.command("check")
@click.pass_obj
def check(place: Place) -> None:
    """Whether every rule, and the texts they name, can be used; each fault with its file and line."""
    config = load(place.home)
    book = bootstrap.fit_rules(config)
    files = {_file(rule) for rule in book.rules}
    click.echo(f"{many(len(book.rules), 'rule')} in {many(len(files), 'file')}, all fit.")


@rules_group.command("list")
@json_option
@click.pass_obj
def list_(place: Place, as_json: bool) -> None:
    """Every rule in the order in which they are asked: what it does, when, and where it stands."""
    with bootstrap.household(place.home) as house:
        found, own = house.rules.rules, house.rules.own_files
    if as_json:
        for rule in found:
            emit(
                {
                    "name": rule.name,
                    "when": rule.when.text,
                    "then": _told(rule),
                    "steps": [str(step) for step in rule.steps],
                    "on": rule.on,
                    "priority": rule.priority,
                    "origin": rule.origin,
                    "shipped": _file(rule) not in own,
                }
            )
        return
    table(
        ("name", "then", "file", "whose", "when"),
        [
            (rule.name, ", ".join(_said(rule)), rule.origin, _whose(rule, own), one_line(_when(rule), 200))
            for rule in found
        ],
        nothing="There are no rules.",
    )


def _when(rule: Rule) -> str:
    return rule.when.text if rule.on is On.RECEIVED else f"[on {rule.on}] {rule.when.text}"


def _file(rule: Rule) -> str:
    return rule.origin.rpartition(":")[0].rpartition("/")[2]


def _whose(rule: Rule, own: frozenset[str]) -> str:
    return "yours" if _file(rule) in own else "shipped"


def _told(rule: Rule) -> list[str]:
    """Actions that bear on the decision, as they are written, without the braces."""
    then = rule.then
    told = [f"acknowledge {then.acknowledge}"] if then.acknowledge else []
    told += [f"policy {then.policy}"] if then.policy else []
    told += [f"mode {then.mode}"] if then.mode else []
    told += [flag for flag in ("hold", "quiet", "no_promise") if getattr(then, flag)]
    if then.target is not None:
        told.append(f"target {format_duration(then.target)}")
    told += [f"plan {then.plan}"] if then.plan else []
    told += [f"tag {tag}" for tag in then.tags]
    return [*told, "stop"] if then.stop else told


def _said(rule: Rule) -> list[str]:
    """Everything that a rule does, in the order in which it happens."""
    return [*_told(rule), *map(str, rule.steps)]


@rules_group.command("test")
@click.argument("file", type=click.Path(path_type=Path), metavar="FILE.eml")
@click.option("--at", "at", metavar="WHEN", help="When it comes; else the date it carries, else now.")
@json_option
@click.pass_obj
def test(place: Place, file: Path, at: str | None, as_json: bool) -> None:
    """Which rules a mail file meets, because of what, and what would come of it. Nothing is sent or stored."""
    if not file.is_file():
        raise UserError(f"no such file: {file}")
    with bootstrap.household(place.home) as house:
        zone, raw = house.config.owner.timezone, file.read_bytes()
        with house.database.read() as connection:
            now = house.clock.now()
            when = times.beginning(at, zone, now, option="--at") if at else rehearse.date_of(raw) or now
            played = rehearse.rehearse(house, connection, raw, received_at=when)
        asked = [rule for rule in house.rules.rules if rule.on is On.RECEIVED]
        seen = [(rule, rule.when.seen(house.rules.facts(played.situation))) for rule in asked]
        if as_json:
            emit({"file": str(file), **_line(played)})
            return
        heading(played.situation.message.subject or "(no subject)")
        fact("comes", moment(when, zone))
        fact("verdict", f"{played.situation.outcome} ({played.situation.mail_class})")
        because = {match.rule: match for match in played.word.matches}
        stopped = False
        width = max((len(rule.name) for rule in asked), default=0) + 2
        for rule, looked in seen:
            said = "met" if rule.name in because else "not asked" if stopped else "·"
            if rule.name in because and because[rule.name].failed:
                said = "failed"
            click.echo(f"  {said:<10}{rule.name:<{width}}{', '.join(_said(rule))}")
            if rule.name in because:
                click.echo(f"  {'':<10}  because {cell(because[rule.name].because)}")
            elif not stopped:
                click.echo(f"  {'':<10}  {cell('; '.join(map(str, looked)))}")
            stopped = stopped or (said == "met" and rule.then.stop)
        for choice in played.word.choices:
            fact("stands", choice)
        fact("so", played.outcome)


def _line(played: Rehearsal) -> dict[str, object]:
    return {
        "received_at": played.situation.received_at,
        "subject": played.situation.message.subject,
        "verdict": played.situation.outcome,
        "class": played.situation.mail_class,
        "rules": [
            {"rule": match.rule, "because": match.because, "failed": match.failed} for match in played.word.matches
        ],
        "choices": [str(choice) for choice in played.word.choices],
        "steps": [f"{follow.rule}: {step}" for follow in played.word.follows for step in follow.steps],
        "promise": played.plan.promise is not None,
        "tags": played.word.tags,
        "outcome": played.outcome,
    }


@rules_group.command("replay")
@click.option("--days", default=90, show_default=True, type=click.IntRange(min=1, max=3660), help="How far back.")
@click.option("--all", "filed_too", is_flag=True,
              help="Also mail that was there before, or was imported, as if each began a matter.")  # fmt: skip
@json_option
@click.pass_obj
def replay(place: Place, days: int, filed_too: bool, as_json: bool) -> None:
    """Which rules each mail that came live would meet today, and what would be sent. Nothing is sent or stored.

    What the gate said then stands. Mail that was in the mailbox before, or was imported, was never decided about: it
    is looked at with --all, and judged by what it says.
    """
    met: Counter[str] = Counter()
    mails = 0
    with bootstrap.household(place.home) as house:
        zone = house.config.owner.timezone
        since = house.clock.now() - timedelta(days=days)
        with house.database.read() as connection:
            filed = rehearse.replay_filed(house, connection, since=since) if filed_too else ()
            for each in chain(rehearse.replay(house, connection, since=since), filed):
                mails += 1
                met.update(match.rule for match in each.rehearsal.word.matches if not match.failed)
                if as_json:
                    emit({"id": each.id, **_line(each.rehearsal), "then": each.said_then})
                    continue
                situation = each.rehearsal.situation
                click.echo(
                    f"{each.id:>6}  {moment(situation.received_at, zone)}  {cell(situation.message.subject)}\n"
                    f"        rules  {', '.join(match.rule for match in each.rehearsal.word.matches) or '–'}\n"
                    f"        now    {cell(each.rehearsal.outcome)}\n"
                    f"        then   {cell(each.said_then)}"
                )
        found = tuple(rule for rule in house.rules.rules if rule.on is On.RECEIVED)
    if not as_json:
        _summary(found, met, mails, days, which="" if filed_too else " that came live")


def _summary(found: tuple[Rule, ...], met: Counter[str], mails: int, days: int, *, which: str) -> None:
    click.echo()
    heading(f"{many(mails, 'mail')}{which} in {many(days, 'day')}")
    if which:
        click.echo("  Mail that was there before, or was imported, is looked at with --all.")
    for rule in found:
        click.echo(f"  {met[rule.name]:>6}  {rule.name}")
