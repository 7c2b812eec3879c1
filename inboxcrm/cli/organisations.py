"""The command that lists organisations and sets the plan of their people."""

from __future__ import annotations

import click

from inboxcrm import bootstrap
from inboxcrm.cli.output import emit, json_option, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.service import actions
from inboxcrm.store import contacts


@cli.command(short_help="Organisations, and the plan of their people.")
@click.argument("who", required=False, default="")
@click.option("--plan", metavar="NAME", help='The plan of everybody there who has none of their own; "default": none.')
@json_option
@click.pass_obj
def organisation(place: Place, who: str, plan: str | None, as_json: bool) -> None:
    """Organisations by name; WHO (an id, a domain or a part of the name) narrows them.

    With --plan, WHO must mean one of them. A plan is a section [plans.NAME] of config.toml; the plan of a contact comes
    before that of the organisation: inboxcrm contact WHO --plan NAME.
    """
    with bootstrap.household(place.home) as house:
        if plan is not None:
            actions.set_organisation(house, who, plan=plan)
        with house.database.read() as connection:
            rows = contacts.organisations(connection, like=who)
    if as_json:
        for row in rows:
            emit(row)
        return
    table(
        ("id", "name", "domain", "plan", "people"),
        [(row.id, row.name, row.domain, row.plan, row.contacts) for row in rows],
        nothing="No organisation answers to that.",
    )
