"""Commands by which the owner grants access to a mailbox, and takes it back."""

from __future__ import annotations

import asyncio
import os
import sys
import webbrowser
from collections.abc import Mapping

import click

from inboxcrm import wiring
from inboxcrm.cli.output import cell
from inboxcrm.cli.root import Place, cli
from inboxcrm.clock import SystemClock
from inboxcrm.config import Config, MailboxConfig
from inboxcrm.configuration import load
from inboxcrm.domain.text import many
from inboxcrm.errors import UserError
from inboxcrm.oauth.sign_in import Way, sign_in, usual_way
from inboxcrm.oauth.source import TokenSource


class AtTheTerminal:
    """Whoever sits here."""

    def __init__(self, *, has_display: bool) -> None:
        self._has_display = has_display

    def enter_code(self, url: str, code: str) -> None:
        """Show where to go and what to type there."""
        click.echo(f"Open {cell(url)} in any browser, here or on your phone, and type this code:\n")
        click.echo(f"    {click.style(cell(code), bold=True)}\n")
        click.echo("Waiting until you have done so (Ctrl-C ends it) ...")

    def open(self, url: str) -> None:
        """Open a browser where there is one, and say the address in any case."""
        opened = self._has_display and webbrowser.open(url)
        click.echo("A browser was opened for you to sign in." if opened else "Open this in a browser on this machine:")
        click.echo(f"\n{url}\n\nWaiting until you have signed in there (Ctrl-C ends it) ...")

    def paste(self, url: str) -> str:
        """Show an address to open anywhere, and ask for the address the browser ends at."""
        click.echo(f"Open this in any browser and sign in:\n\n{url}\n")
        click.echo(
            "At the end the browser shows a page that cannot be reached; its address begins with http://127.0.0.1 or "
            "http://localhost. Copy that whole address."
        )
        return str(click.prompt("Paste it here", hide_input=True, prompt_suffix=" (it is not shown): "))


def has_display(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether a browser opened here would be seen by whoever types."""
    if "SSH_CONNECTION" in environ:
        return False
    return sys.platform in {"darwin", "win32"} or bool(environ.get("DISPLAY") or environ.get("WAYLAND_DISPLAY"))


def mailbox_named(config: Config, name: str | None) -> MailboxConfig:
    """The mailbox of that name, or the only one that is signed in to. UserError."""
    boxes = [each for each in config.mailboxes if each.auth is not None]
    found = [each for each in config.mailboxes if each.name == name] if name else boxes
    if len(found) == 1:
        return found[0]
    if name is not None:
        names = ", ".join(each.name for each in config.mailboxes)
        raise UserError(f"there is no mailbox {name}; there are: {names}")
    if not boxes:
        raise UserError(f"no mailbox in {config.file} is signed in to: see `auth` in docs/sign-in.md")
    raise UserError(f"name the mailbox: inboxcrm sign-in {' | '.join(each.name for each in boxes)}")


def sign_in_to(config: Config, mailbox: MailboxConfig, way: Way | None) -> None:
    """Let whoever sits here grant access, and keep what they grant."""
    seen = has_display()
    if mailbox.auth is not None and way is None:
        way = usual_way(mailbox.auth, has_display=seen)
    tokens = sign_in(mailbox, way or Way.BROWSER, AtTheTerminal(has_display=seen), SystemClock())
    source = TokenSource(mailbox, config.home, SystemClock())
    source.keep(tokens)
    click.echo(f"Signed in to {mailbox.name}. It is kept in {source.keeper.place}.")


@cli.command("sign-in", short_help="Grant access to a mailbox without a password.")
@click.argument("mailbox", required=False)
@click.option("--way", type=click.Choice([str(each) for each in Way]), help="How; else what the provider offers best.")
@click.option("--forget", is_flag=True, help="Forget what was granted, instead.")
@click.option("--no-check", is_flag=True, help="Do not try the log-in afterwards.")
@click.pass_obj
def command(place: Place, mailbox: str | None, way: str | None, forget: bool, no_check: bool) -> None:
    """Grant access to MAILBOX with OAuth, where config.toml says `auth` instead of `password`.

    \b
    --way device   a code that you type in any browser, here or on your phone
    --way browser  a browser on this machine comes back by itself
    --way paste    a browser anywhere; you paste the address it ends at

    A daemon that runs sees within a minute that you signed in. docs/sign-in.md says how to register the application
    whose client_id is needed. --forget removes what is kept here; at your provider you can withdraw it as well.
    """
    config = load(place.home)
    box = mailbox_named(config, mailbox)
    if forget:
        if box.auth is None:
            raise UserError(f"mailbox {box.name} has a password; there is nothing to forget")
        TokenSource(box, config.home, SystemClock()).forget()
        click.echo(f"Nothing is kept of {box.name} any more. Withdraw the access at your provider too.")
        return
    sign_in_to(config, box, Way(way) if way else None)
    if no_check:
        return
    found = asyncio.run(wiring.try_login(config, box))
    click.echo(f"ok   {box.user} at {box.imap.host}: {many(len(found.folders), 'folder')}")
