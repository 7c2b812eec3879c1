"""Commands about the texts that go out: which there are, whether they are fit, how they read."""

from __future__ import annotations

from collections.abc import Mapping

import click

from inboxcrm import bootstrap
from inboxcrm.cli.output import emit, json_option, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.domain.outbox import TemplateValue
from inboxcrm.domain.plan import Silence
from inboxcrm.domain.salutation import Form
from inboxcrm.domain.text import many
from inboxcrm.errors import TemplateError, UserError
from inboxcrm.render.lint import lint_all
from inboxcrm.render.values import samples
from inboxcrm.service import drafting, meant
from inboxcrm.service.household import Household


@cli.group(short_help="The texts of acknowledgements and drafts.")
def templates() -> None:
    """The texts of acknowledgements and drafts: shipped ones, and yours in their place."""


@templates.command("list")
@json_option
@click.pass_obj
def list_(place: Place, as_json: bool) -> None:
    """Every text, by name and language, and the file it comes from."""
    with bootstrap.household(place.home) as house:
        found = list(house.templates.all())
    if as_json:
        for each in found:
            emit({"name": each.name, "language": each.language, "intent": each.intent, "origin": each.origin})
        return
    table(
        ("name", "language", "intent", "file"),
        [(each.name, each.language, each.intent, each.origin) for each in found],
        nothing="There are no templates.",
    )


@templates.command("lint")
@click.argument("name", required=False)
@json_option
@click.pass_obj
def lint_(place: Place, name: str | None, as_json: bool) -> None:
    """Whether every text, or only NAME, tells the time, asks for nothing, stays short and leads to a human.

    Each problem is told with its file, the rule it breaks and the reason for the rule. Exit code 2 where there is one.
    """
    with bootstrap.household(place.home) as house:
        found = [each for each in house.templates.all() if name in (None, each.name)]
        if not found:
            raise TemplateError(f"no template {name!r}; there are {', '.join(house.templates.names())}")
        problems = lint_all(found)
    for problem in problems:
        if as_json:
            emit(problem)
        else:
            click.echo(str(problem))
    if problems:
        raise UserError(f"{many(len(problems), 'problem')} in the templates")
    if not as_json:
        click.echo("Every template is fit to be sent." if name is None else f"{name} is fit to be sent.")


@templates.command("preview")
@click.argument("name")
@click.option("--language", default=None, help="A language code; the contact's or yours where it is not given.")
@click.option("--form", type=click.Choice([*Form]), default=Form.FORMAL, help="How somebody invented is addressed.")
@click.option("--message", "reference", metavar="REF", help="With the people and dates of this stored mail.")
@click.pass_obj
def preview(place: Place, name: str, language: str | None, form: Form, reference: str | None) -> None:
    """How a text reads: with invented values, or with --message as a draft about a stored mail would read.

    What a stored mail does not tell (when an answer is due, a number to call) is invented then as well.
    """
    with bootstrap.household(place.home) as house:
        if name not in house.templates.names():
            raise TemplateError(f"no template {name!r}; there are {', '.join(house.templates.names())}")
        known: Mapping[str, TemplateValue] = {}
        wanted = language or house.config.owner.language
        if reference is not None:
            known, spoken = _about(house, reference)
            wanted = language or spoken
        template = house.templates.find(name, wanted)
        invented = {each: samples(template.language, Form(form)).get(each) for each in template.needs}
        if form == Form.FORMAL:
            invented |= {"first_name": None}
        told = {each: value for each, value in known.items() if value is not None or each in PEOPLE}
        rendered = house.templates.render(name, wanted, {**invented, **told})
    click.secho(f"Subject: {rendered.prefix}{rendered.subject}", bold=True)
    click.echo()
    click.echo(rendered.text)


PEOPLE = ("sender_name", "first_name", "form")
"""What a stored mail tells for good: nobody is invented in the place of a person whose name must not be repeated."""


def _about(house: Household, reference: str) -> tuple[Mapping[str, TemplateValue], str]:
    """What a stored mail gives a text, and the language in which its people are written to."""
    row_id = meant.message_of(house, reference)
    with house.database.read() as connection:
        told = drafting.about(house, connection, row_id)
    if isinstance(told, Silence):
        raise UserError(f"nothing can be drafted about {reference}: {told.because}")
    return drafting.values(house, told, house.clock.now()), told.language
