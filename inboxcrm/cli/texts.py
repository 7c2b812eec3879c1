"""Commands about the texts that go out: which there are, whether they are fit, how they read."""

from __future__ import annotations

import click

from inboxcrm import bootstrap
from inboxcrm.cli.output import emit, json_option, table
from inboxcrm.cli.root import Place, cli
from inboxcrm.errors import TemplateError, UserError
from inboxcrm.render.lint import lint_all
from inboxcrm.render.values import samples


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
@click.pass_obj
def lint_(place: Place) -> None:
    """Whether every text tells the time, asks for nothing, stays short and leads to a human."""
    with bootstrap.household(place.home) as house:
        problems = lint_all(house.templates.all())
    for problem in problems:
        click.echo(str(problem))
    if problems:
        raise UserError(f"{len(problems)} problem(s) in the templates")
    click.echo("Every template is fit to be sent.")


@templates.command("preview")
@click.argument("name")
@click.option("--language", default=None, help="A language code; the owner's where it is not given.")
@click.pass_obj
def preview(place: Place, name: str, language: str | None) -> None:
    """How a text reads, with invented values."""
    with bootstrap.household(place.home) as house:
        wanted = language or house.config.owner.language
        if name not in house.templates.names():
            raise TemplateError(f"no template {name!r}; there are {', '.join(house.templates.names())}")
        template = house.templates.find(name, wanted)
        values = {each: samples(template.language).get(each) for each in template.needs}
        rendered = house.templates.render(name, wanted, values)
    click.secho(f"Subject: {rendered.prefix}{rendered.subject}", bold=True)
    click.echo()
    click.echo(rendered.text)
