"""The `inboxcrm` command itself: its options, its page of help, and what an error becomes."""

from __future__ import annotations

import gc
import logging
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path

import click

from inboxcrm import home
from inboxcrm.errors import HomeBusyError, InboxcrmError, InternalError, UserError

USAGE, SOFTWARE, TEMPORARY, INTERRUPTED = 2, 70, 75, 130

SECTIONS: tuple[tuple[str, str], ...] = (
    ("Begin", "demo init doctor run status"),
    ("The desk", "queue promises done owe extend snooze withdraw callback undo"),
    ("Mail that goes out", "answer outbox approve reject reword send-again dismiss"),
    ("Whose turn", "followup followups close questions agree disagree matter"),
    ("Absence and calm", "away back return holidays calendar pause resume"),
    (
        "Memory",
        "brief commitments check fact facts occasions log interactions prefer quiet touches touch social",
    ),
    ("Reading", "contacts contact organisation search show stats tui web"),
    ("Why", "explain verdict expect simulate"),
    ("Coming and leaving", "import export backup restore upgrade export-contact erase-contact hold retention"),
    ("Setting up", "sign-in rules workflows templates notify completion"),
)
"""Every command, by what a person wants to do."""


MODULES: Mapping[str, str] = {
    "absence": "away back pause resume",
    "address_books": "contacts",
    "archives": "import export",
    "backups": "backup restore upgrade",
    "calendars": "calendar",
    "call_backs": "callback",
    "client_file": "export-contact erase-contact hold retention",
    "commitments": "commitments check",
    "contacts": "contacts",
    "contacts_memory": "brief fact facts occasions log interactions prefer",
    "demo": "demo",
    "desk": "queue",
    "duties": "promises done owe withdraw extend snooze",
    "holidays": "holidays",
    "judging": "verdict expect",
    "matters": "matter",
    "new_rule": "rules",
    "notify": "notify",
    "organisations": "organisation",
    "outgoing": "outbox approve reject send-again dismiss",
    "reach": "contacts",
    "reading": "contact search show explain",
    "record": "stats simulate",
    "relations": "quiet touches touch",
    "returning": "return",
    "rules": "rules",
    "running": "run",
    "setting_up": "init doctor",
    "sign_in": "sign-in",
    "social": "social",
    "status": "status",
    "text_edits": "templates",
    "texts": "templates",
    "told_occasions": "occasions",
    "turns": "followup followups close questions agree disagree",
    "undoing": "undo",
    "windows": "tui web completion",
    "workflows": "workflows",
    "writing": "answer reword",
}
"""The modules that hold the commands, and which each of them adds, or adds something to. A module is imported when one
of its commands is asked for: all of them together take longer than most commands do.
"""


@dataclass(frozen=True, slots=True)
class Place:
    """Which home a command is about."""

    home: Path


@contextmanager
def _no_garbage() -> Iterator[None]:
    """Do not look for garbage: a tenth of the time of importing goes into looking, and what is imported stays."""
    looks = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if looks:
            gc.enable()


class Pages(click.Group):
    """A group whose help is arranged by what a person wants to do."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - what click calls
        """Every command, from the table."""
        return sorted({name for names in MODULES.values() for name in names.split()})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command, once what holds it is imported."""
        with _no_garbage():
            for module, names in MODULES.items():
                if cmd_name in names.split():
                    import_module(f"inboxcrm.cli.{module}")
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; a reader who has seen enough (`| head`) is no failure, which click takes it for."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115, PTH123 - nobody reads on
            ctx.exit(0)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The commands in their sections."""
        for title, names in SECTIONS:
            commands = [(name, self.get_command(ctx, name)) for name in names.split()]
            with formatter.section(title):
                formatter.write_dl([(name, found.get_short_help_str(72)) for name, found in commands if found])


@click.group(
    cls=Pages,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Try it without setting anything up: inboxcrm demo. The words used here: docs/words.md.",
)
@click.option(
    "--home",
    "home_option",
    type=click.Path(path_type=Path, file_okay=False),
    help="The folder in which everything is kept (else INBOXCRM_HOME, else the platform's data folder).",
)
@click.version_option(package_name="inboxcrm", prog_name="inboxcrm")
@click.pass_context
def cli(context: click.Context, home_option: Path | None) -> None:
    """The assistant of a person who works by mail.

    inboxcrm watches a mailbox, links every message to a contact, tells people honestly when to expect an answer, and
    holds you to that promise until it is kept. It starts in shadow: everything is shown, nothing is sent.

    REF in the commands below is a message's row id or its Message-ID.
    """
    context.obj = Place(home.find(home_option))


@contextmanager
def told_plainly() -> Iterator[None]:
    """Turn errors into a sentence on stderr and an exit code; ours keep their traceback."""
    try:
        yield
    except HomeBusyError as error:
        _leave(str(error), TEMPORARY)
    except UserError as error:
        _leave(str(error), USAGE)
    except InternalError:
        raise
    except InboxcrmError as error:
        _leave(str(error), TEMPORARY)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except (click.Abort, KeyboardInterrupt) as stop:
        if isinstance(stop, click.Abort) and stop.__cause__ is None:
            click.echo(err=True)  # stopped at a question: what comes next begins on a line of its own
        sys.exit(INTERRUPTED)


def _leave(message: str, code: int) -> None:
    click.echo(f"inboxcrm: {message}", err=True)
    sys.exit(code)


def tell_sentences_only() -> None:
    """Until a log is started, print what is said to the person who waits, and errors: a command tells its warnings."""
    if logging.lastResort is not None:
        logging.lastResort.addFilter(_is_for_a_person)
        logging.lastResort.setFormatter(_Sentences())


def _is_for_a_person(record: logging.LogRecord) -> bool:
    return record.levelno >= logging.ERROR or hasattr(record, "said")


class _Sentences(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        """The sentence, or the event as any log tells it."""
        sentence = getattr(record, "said", None)
        return super().format(record) if sentence is None else f"inboxcrm: {sentence}"


def main() -> None:
    """The program's entry."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal of another character set gets a ? for what it has not
    tell_sentences_only()
    with told_plainly():
        try:
            cli.main(standalone_mode=False)
        except InternalError:
            click.get_current_context(silent=True)
            sys.excepthook(*sys.exc_info())
            sys.exit(SOFTWARE)
