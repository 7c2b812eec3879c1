"""Commands about what rules have under way: what happens next and when, and how to stop it."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date

import click

from inboxcrm import bootstrap
from inboxcrm.cli.output import emit, json_option, moment, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.service import foresight, meant
from inboxcrm.service import workflows as service
from inboxcrm.service.household import Household
from inboxcrm.store import workflows as store
from inboxcrm.store.workflows import StepRow


@cli.group("workflows", invoke_without_command=True, short_help="What rules have under way, and what happens next.")
@click.option("--all", "everything", is_flag=True, help="Also the steps that are done, moot, cancelled or failed.")
@click.option("--contact", "who", metavar="WHO", help="Only those about this contact: an id, an address or a name.")
@json_option
@click.pass_context
def workflows_group(context: click.Context, everything: bool, who: str | None, as_json: bool) -> None:
    """What rules have under way: every step that waits, when it is taken, and what would make it moot.

    A step is begun by a mail and finishes by the text its rule had then, whatever becomes of the rule. Steps that wait
    are taken in office hours; drafts wait for your hand in the outbox, and nothing here is sent by itself.

    Rules in time (on = "occasion", on = "quiet") begin nothing before their day. What they will do within thirty days
    stands below: about a day that returns unless you have greeted, about a silence unless they have written.
    """
    if context.invoked_subcommand is not None:
        return
    place: Place = context.obj
    with bootstrap.household(place.home) as house:
        zone, now = house.config.owner.timezone, house.clock.now()
        with house.database.read() as connection:
            contact_id = meant.contact_of(connection, who).id if who is not None else None
            rows = store.listed(connection, everything=everything, contact_id=contact_id)
            calendar = house.calendar(connection, now, None)
            coming = foresight.ahead(house, connection, contact_id=contact_id)
        at = {row.id: service.next_at(row, calendar, now) for row in rows if row.state == "waiting"}
        if as_json:
            for row in rows:
                emit({**_fields(row), "next_at": at.get(row.id)})
            for each in coming:
                emit({**asdict(each), "state": "ahead"})
            return
        table(
            ("workflow", "state", "when", "who", "rule", "ref", "what"),
            [
                (
                    row.workflow_id,
                    row.state,
                    moment(at.get(row.id, row.ended_at), zone),
                    row.contact,
                    row.rule,
                    row.message_id,
                    _what(row),
                )
                for row in rows
            ],
            nothing="No step of a rule waits." if not everything else "No rule has begun anything yet.",
        )
        if coming:
            click.echo("\nAhead, by rules in time:")
            table(
                ("on", "who", "about", "rule", "what"),
                [(_day(each.next_on), each.contact, each.about, each.rule, each.what) for each in coming],
                nothing="",
            )


def _day(on: date) -> str:
    return f"{on:%a} {on}"


def _fields(row: StepRow) -> dict[str, object]:
    told = {name: getattr(row, name) for name in row.__dataclass_fields__ if name != "step"}
    return {
        **told,
        "step": str(row.step),
        "deeds": row.step.deeds.told(),
        "unless": [str(one) for one in row.step.unless],
    }


def _what(row: StepRow) -> str:
    if row.outcome:
        return row.outcome
    unless = f" (unless {' or '.join(row.step.unless)})" if row.step.unless else ""
    return f"{', '.join(row.step.deeds.told())}{unless}"


@workflows_group.command("cancel")
@click.argument("workflow", type=int)
@click.pass_obj
def cancel(place: Place, workflow: int) -> None:
    """Stop what waits of WORKFLOW, as listed by workflows; what was done stays done."""
    with bootstrap.household(place.home) as house:
        _cancel(house, workflow)


def _cancel(house: Household, workflow: int) -> None:
    for step in service.cancel(house, workflow):
        click.echo(f"Cancelled: {', '.join(step.step.deeds.told())} ({step.contact}, rule {step.rule}).")
