"""Commands about the record: how well promises were held, and what today's settings would have promised."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import click

from inboxcrm import bootstrap
from inboxcrm.cli.output import EMPTY, emit, heading, json_option, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.durations import format_hours
from inboxcrm.domain.record import Share
from inboxcrm.domain.text import many
from inboxcrm.service import simulate as simulation
from inboxcrm.service import statistics
from inboxcrm.service.simulate import Fate
from inboxcrm.service.statistics import Group, Record

A_MONTH = timedelta(days=365.25 / 12)
MOST_ROWS = 12
"""How many contacts and organisations a page shows; --json has all of them."""

_HEADS = ("", "made", "kept", "late", "broken", "extended", "live", "settled", "median", "4 in 5")


@cli.command(short_help="How promises were held, and how true the told times were.")
@click.option("--months", default=12, show_default=True, type=click.IntRange(1, 24), help="How far back.")
@json_option
@click.pass_obj
def stats(place: Place, months: int, as_json: bool) -> None:
    """The record: promises kept, late, broken and extended, by month, plan, organisation and contact.

    Answer times are open office time. Calibration sets what was told against what came of it, with 95% intervals.
    """
    with bootstrap.household(place.home) as house:
        now = house.clock.now()
        with house.database.read() as connection:
            found = statistics.read(house, connection, since=now - months * A_MONTH, now=now)
    if as_json:
        _as_json(found)
        return
    everything = found.groups[0]
    if not everything.tally.made:
        click.echo("No promise was made in that time.")
        return
    for scope, title in (("month", "By month"), ("plan", "By plan"), ("organisation", "By organisation")):
        _page(title, [group for group in found.groups if group.scope == scope])
    _page("By contact", [group for group in found.groups if group.scope == "contact"])
    _page("Together", [everything])
    heading("Calibration")
    _share("told times that were held", found.kept_of_told, "")
    _share("of those learned", found.kept_of_learned, ", aimed at 80-97%")
    _share("answers within the learned time", found.within_learned, ", aimed at 80%")


def _page(title: str, groups: list[Group]) -> None:
    if not groups:
        return
    heading(title)
    table(_HEADS, [_row(group) for group in groups[:MOST_ROWS]], nothing="")
    if len(groups) > MOST_ROWS:
        click.echo(f"  and {len(groups) - MOST_ROWS} more (--json)")
    click.echo()


def _row(group: Group) -> tuple[object, ...]:
    tally, times = group.tally, group.times
    return (
        group.name or "all",
        tally.made,
        tally.kept,
        tally.late,
        tally.broken,
        tally.extended,
        tally.live,
        tally.settled,
        EMPTY if times.median is None else format_hours(times.median),
        EMPTY if times.within_share is None else format_hours(times.within_share),
    )


def _share(title: str, share: Share, aim: str) -> None:
    said = "nothing to count yet"
    if share.share is not None and share.low is not None and share.high is not None:
        said = f"{share.share:.0%} ({share.low:.0%} to {share.high:.0%}; {share.hits} of {share.of}{aim})"
    click.echo(f"  {title + ':':<33} {said}")


def _as_json(found: Record) -> None:
    for group in found.groups:
        emit(
            {
                "scope": group.scope,
                "name": group.name,
                "made": group.tally.made,
                "kept": group.tally.kept,
                "late": group.tally.late,
                "broken": group.tally.broken,
                "extended": group.tally.extended,
                "live": group.tally.live,
                "settled": group.tally.settled,
                "answers": group.times.answers,
                "median_minutes": _minutes(group.times.median),
                "p80_minutes": _minutes(group.times.within_share),
            }
        )
    for name in ("kept_of_told", "kept_of_learned", "within_learned"):
        share: Share = getattr(found, name)
        emit(
            {
                "scope": "calibration",
                "name": name,
                "hits": share.hits,
                "of": share.of,
                "share": share.share,
                "low": share.low,
                "high": share.high,
            }
        )


def _minutes(length: timedelta | None) -> int | None:
    return None if length is None else round(length / timedelta(minutes=1))


@cli.command(short_help="What today's settings would have promised to the stored mail.")
@click.option("--days", default=90, show_default=True, type=click.IntRange(1, 400), help="How far back.")
@json_option
@click.pass_obj
def simulate(place: Place, days: int, as_json: bool) -> None:
    """Replay the stored mail under the present settings: what would have been told, and what was kept of it.

    Nothing is sent or stored. What was known of a sender is what is known today.
    """
    with bootstrap.household(place.home) as house:
        zone, now = house.config.owner.timezone, house.clock.now()
        with house.database.read() as connection:
            found = list(simulation.simulate(house, connection, since=now - timedelta(days=days), now=now))
    if as_json:
        for each in found:
            emit(each)
        return
    table(
        ("ref", "received", "who", "would be due", "told", "answered", "fate"),
        [
            (
                each.id,
                moment(each.received_at, zone),
                each.sender,
                moment(each.due_at, zone),
                "yes" if each.told else "no",
                moment(each.answered_at, zone),
                each.fate,
            )
            for each in found
        ],
        nothing=f"No stored mail of the last {many(days, 'day')} would have made a promise.",
    )
    if found:
        click.echo()
        for title, told in (("Told", True), ("Silent", False)):
            fates = Counter(each.fate for each in found if each.told is told)
            said = ", ".join(f"{fates[fate]} {fate}" for fate in Fate if fates[fate]) or "none"
            click.echo(f"  {title + ':':<8} {many(fates.total(), 'promise')}: {said}")
