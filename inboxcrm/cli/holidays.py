"""Public holidays: which there are, and which of them close the office because the owner says so."""

from __future__ import annotations

import click

from inboxcrm import bootstrap
from inboxcrm.cli.output import cell, emit, heading, json_option
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.public_holidays import CATEGORIES
from inboxcrm.errors import UserError
from inboxcrm.service import holidays
from inboxcrm.service.holidays import Listed, Standing
from inboxcrm.service.household import Household

_MARK = {Standing.ADOPTED: "[x]", Standing.DROPPED: "[-]", Standing.REFUSED: "[-]"}


@cli.group("holidays", invoke_without_command=True, short_help="Public holidays: which close the office.")
@json_option
@click.pass_context
def group(context: click.Context, as_json: bool) -> None:
    """The public holidays of the next fourteen months, and which of them close the office.

    [x] is adopted and closes it, [ ] is an ordinary day until you adopt it, [-] you decided against. A kind is
    adopted once, for every year: the public ones when the region was named, what the calendar learns later by you.
    """
    if context.invoked_subcommand is not None:
        return
    place: Place = context.obj
    with bootstrap.household(place.home) as house:
        found = _listed(house)
    if as_json:
        for each in found:
            emit(each)
        return
    if not found:
        click.echo(f'No region is set. Write holidays = "CH-ZH" under [office] in {place.home / "config.toml"}')
    _print(found)


@group.command("adopt")
@click.argument("names", nargs=-1, metavar="NAME...")
@click.option("--all", "everything", is_flag=True, help="Every public holiday that is proposed.")
@click.option("--category", type=click.Choice(CATEGORIES), help="Which, where a name has several.")
@click.option("--region", metavar="REGION", help="Only in this region, where config.toml names several.")
@json_option
@click.pass_obj
def adopt(
    place: Place, names: tuple[str, ...], everything: bool, category: str | None, region: str | None, as_json: bool
) -> None:
    """Let the office be closed on holidays of these names, this year and every other.

    A name may be in any language the country has, with or without "(observed)". On a half holiday the office closes
    at half_day_ends of [office].
    """
    if bool(names) is everything:
        raise UserError("say which: inboxcrm holidays adopt NAME..., or --all")
    with bootstrap.household(place.home) as house:
        if everything:
            with house.database.read() as connection:
                waiting = holidays.proposed(house, connection, now=house.clock.now())
            names = tuple(each.kind for each in waiting if region is None or each.region == region.upper())
        _decide(house, names, adopt=True, category=category, region=region, as_json=as_json)


@group.command("drop")
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@click.option("--category", type=click.Choice(CATEGORIES), help="Which, where a name has several.")
@click.option("--region", metavar="REGION", help="Only in this region, where config.toml names several.")
@json_option
@click.pass_obj
def drop(place: Place, names: tuple[str, ...], category: str | None, region: str | None, as_json: bool) -> None:
    """Work on holidays of these names, and be asked about them no more."""
    with bootstrap.household(place.home) as house:
        _decide(house, names, adopt=False, category=category, region=region, as_json=as_json)


def _decide(
    house: Household, names: tuple[str, ...], *, adopt: bool, category: str | None, region: str | None, as_json: bool
) -> None:
    decided = holidays.decide(house, names, adopt=adopt, category=category, region=region) if names else []
    closing = house.config.office.half_day_ends
    if as_json:
        for place, kind in decided:
            emit({"region": place, "kind": kind.name, "category": kind.category, "adopted": adopt})
        return
    for place, kind in decided:
        closes = f"the office closes at {closing:%H:%M}" if kind.half else "the office is closed"
        said = f"adopted, {closes}" if adopt else "an ordinary day"
        click.echo(f"{cell(kind.name)} ({place}): {said}.")
    if not decided:
        click.echo("Nothing is proposed." if not names else "That is so already.")


def _listed(house: Household) -> list[Listed]:
    with house.database.read() as connection:
        return holidays.listed(house, connection, now=house.clock.now())


def _print(found: list[Listed]) -> None:
    for region in dict.fromkeys(each.region for each in found):
        heading(f"Public holidays of {region}, the next fourteen months")
        for each in (each for each in found if each.region == region):
            mark, note = _MARK.get(each.standing, "[ ]"), _note(each)
            click.echo(f"  {mark} {each.on:%a %Y-%m-%d}  {cell(each.name)}{f'  ({note})' if note else ''}")
    waiting = [each for each in found if each.standing is Standing.PROPOSED]
    if waiting:
        click.echo()
        click.echo(f'{len(waiting)} proposed. Adopt: inboxcrm holidays adopt "{waiting[0].name}", or --all')


def _note(each: Listed) -> str:
    sort = "" if each.category == "public" else each.category.replace("_", " ")
    said = {Standing.PROPOSED: "new: proposed", Standing.REFUSED: "holidays_not_adopted in config.toml"}
    return ", ".join(filter(None, (sort, said.get(each.standing, ""))))
