"""Commands to write texts of one's own: begin from the shipped one, and see what has changed in that since."""

from __future__ import annotations

import sys

import click

from inboxcrm import bootstrap
from inboxcrm.cli.output import emit, json_option, table
from inboxcrm.cli.root import Place
from inboxcrm.cli.texts import templates
from inboxcrm.domain.text import many
from inboxcrm.errors import UserError
from inboxcrm.service import texts
from inboxcrm.service.household import Household
from inboxcrm.service.texts import Override, Standing


@templates.command("edit")
@click.argument("name")
@click.argument("language", required=False)
@click.option("--copy", "only_copy", is_flag=True, help="Only put the file there, and open no editor.")
@click.pass_obj
def edit(place: Place, name: str, language: str | None, only_copy: bool) -> None:
    """Write your own text NAME in LANGUAGE (yours where it is left out).

    The shipped text is copied into the templates folder of your home and opened in $VISUAL or $EDITOR; a language that
    is not shipped begins from English. Afterwards the text is looked over: whatever is wrong with it is told, and you
    edit again, keep it as it is, or undo. A text that cannot be used stops nothing: those in use stay in use until it
    is mended. A copy that you leave unchanged is taken away again.
    """
    with bootstrap.household(place.home) as house:
        spoken = (language or house.config.owner.language).lower().replace("_", "-")
        file, made = texts.copy(house, name, spoken)
        if only_copy:
            click.echo(f"{file} {'is a copy of the shipped text' if made else 'was there already'}.")
            return
        before = texts.override(house, name, spoken).text
        while True:
            click.edit(filename=str(file))
            if texts.override(house, name, spoken).text == before and made:
                texts.remove(house, name, spoken)
                click.echo("Nothing was changed: the shipped text stays in use.")
                return
            if _accepted(house, name, spoken, before, made=made):
                return


def _accepted(house: Household, name: str, language: str, before: str, *, made: bool) -> bool:
    """Whether the owner is through with a text: it is fit, or kept or undone although it is not."""
    wrong = texts.problems(house, name, language)
    if not wrong:
        click.echo("Saved, and fit to be sent. A running daemon takes it over at once.")
        return True
    for problem in wrong:
        click.echo(problem, err=True)
    if not sys.stdin.isatty():
        raise UserError(f"{many(len(wrong), 'problem')}; the text was kept as it is. Mend it, or take the file away")
    match click.prompt("(e)dit again, (k)eep it as it is, or (u)ndo", type=click.Choice(["e", "k", "u"]), default="e"):
        case "e":
            return False
        case "u":
            if made:
                texts.remove(house, name, language)
            else:
                texts.put(house, name, language, before)
            click.echo("Undone.")
        case _:
            click.echo("Kept. inboxcrm templates lint tells the problems again.")
    return True


_SAID = {
    Standing.OWN: "yours alone; nothing is shipped in its place",
    Standing.SAME: "word for word as shipped; the file may go",
    Standing.CURRENT: "what is shipped has not changed since",
    Standing.STALE: "what is shipped has changed since",
    Standing.UNRECORDED: "put there by hand; compared with what is shipped today",
}


@templates.command("diff")
@click.argument("name", required=False)
@click.argument("language", required=False)
@click.option("--stale", is_flag=True, help="Only texts whose shipped one has changed since.")
@click.option("--take", is_flag=True, help="Bring what changed in the shipped text NAME LANGUAGE into yours.")
@json_option
@click.pass_obj
def diff(place: Place, name: str | None, language: str | None, stale: bool, take: bool, as_json: bool) -> None:
    """Your own texts beside the shipped ones: which are stale, and what changed on either side.

    Without NAME every text of yours is listed with how it stands. With NAME (and LANGUAGE) the changes are shown, yours
    and those of the shipped text since you copied it. --take joins the two where they do not touch the same lines; what
    clashes is shown, and nothing is written then.
    """
    if take and (name is None or language is None):
        raise click.UsageError("--take wants NAME and LANGUAGE")
    with bootstrap.household(place.home) as house:
        if take and name is not None and language is not None:
            _take(house, name, language)
            return
        found = [
            each
            for each in texts.overrides_of(house)
            if name in (None, each.name)
            and language in (None, each.language)
            and (not stale or each.standing is Standing.STALE)
        ]
    if as_json:
        for each in found:
            emit(_fields(each))
    elif name is None:
        table(
            ("name", "language", "standing", "what that means", "file"),
            [(each.name, each.language, each.standing, _SAID[each.standing], each.file) for each in found],
            nothing="No text of yours stands in the place of a shipped one.",
        )
    elif not found:
        raise UserError(f"no text of yours is called {name!r}{f' in {language}' if language else ''}")
    else:
        for each in found:
            _show(each)


def _fields(found: Override) -> dict[str, object]:
    merged = found.merged()
    return {
        "name": found.name,
        "language": found.language,
        "file": str(found.file),
        "standing": found.standing,
        "yours": found.yours(),
        "upstream": found.upstream(),
        "clashes": None if merged is None else len(merged.clashes),
    }


def _show(found: Override) -> None:
    click.secho(f"{found.name} {found.language}: {_SAID[found.standing]}", bold=True)
    for heading, changes in (
        ("What you changed", found.yours()),
        ("What changed in the shipped text", found.upstream()),
    ):
        if changes:
            click.echo(f"\n{heading}:")
            for line in changes.splitlines()[2:]:
                click.secho(line, fg={"+": "green", "-": "red", "@": "cyan"}.get(line[:1]))
    merged = found.merged()
    if merged is not None:
        joins = f"inboxcrm templates diff {found.name} {found.language} --take brings it into yours."
        touch = (
            f"{many(len(merged.clashes), 'place was', 'places were')} changed on both sides; bring that over by hand."
        )
        click.echo(f"\n{touch if merged.clashes else joins}")
    click.echo()


def _take(house: Household, name: str, language: str) -> None:
    merged = texts.take_over(house, name, language)
    if not merged.clashes:
        click.echo("Taken over.")
        for problem in texts.problems(house, name, language):
            click.echo(problem, err=True)
        return
    for clash in merged.clashes:
        for heading, lines in (("shipped then", clash.base), ("yours", clash.ours), ("shipped now", clash.theirs)):
            click.secho(f"{heading}:", bold=True)
            click.echo("".join(f"  {line}" for line in lines) or "  (nothing)\n", nl=False)
        click.echo()
    raise UserError(
        f"{many(len(merged.clashes), 'place was', 'places were')} changed on both sides; nothing was written"
    )
