"""Commands that open the desk and the browser's pages, and the completion of a shell."""

from __future__ import annotations

import os
import sys

import click
from click.shell_completion import get_completion_class

from inboxcrm import bootstrap
from inboxcrm.cli.root import Place, cli
from inboxcrm.configuration import load
from inboxcrm.errors import UserError


@cli.command(short_help="The desk: what is owed, the mail, the contact.")
@click.pass_obj
def tui(place: Place) -> None:
    """The desk: what is owed, the mail, the contact, what waits for your key."""
    if not _on_a_terminal():
        raise UserError("the desk needs a terminal. What it shows, for a script: inboxcrm queue --json")
    if os.environ.get("TERM") == "dumb":
        raise UserError("TERM=dumb: this terminal cannot move its cursor. What the desk shows, as text: inboxcrm queue")
    from inboxcrm_tui.app import run as run_desk

    with bootstrap.household(place.home) as house:
        run_desk(house)


def _on_a_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()  # the screen is written to stderr


@cli.command(short_help="The correspondence in the browser, read-only.")
@click.option("--port", default=8001, show_default=True, help="0 takes any free port.")
@click.option("--host", default="127.0.0.1", show_default=True, help="Only loopback is served without a login.")
@click.option("--open", "show", is_flag=True, help="Open it in the browser.")
@click.pass_obj
def web(place: Place, port: int, host: str, show: bool) -> None:
    """The correspondence in the browser, read-only (Datasette); the address carries a start token."""
    from inboxcrm.web.serve import serve

    serve(load(place.home), host=host, port=port, open_browser=show)


@cli.command(short_help="Print the completion script of a shell.")
@click.argument("shell", type=click.Choice(("bash", "zsh", "fish")))
def completion(shell: str) -> None:
    """Print the completion script of a shell: eval "$(inboxcrm completion bash)"."""
    kind = get_completion_class(shell)
    assert kind is not None
    click.echo(kind(cli, {}, "inboxcrm", "_INBOXCRM_COMPLETE").source())
