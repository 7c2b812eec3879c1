"""What a command loads before it does anything: no library that takes longer to import than most commands do."""

from __future__ import annotations

import gc
import subprocess
import sys

import click
import pytest

from inboxcrm.cli.root import cli

HEAVY = (
    "rule_engine",
    "numpy",
    "phonenumbers",
    "dateparser",
    "msal",
    "authlib",
    "vobject",
    "textual",
    "datasette",
    "holidays",
)
OF_THE_DAEMON = ("inboxcrm.wiring", "inboxcrm.daemon", "inboxcrm.service.ingest", "inboxcrm.imap.watcher")


def _loaded(program: str, among: tuple[str, ...]) -> list[str]:
    program = f"import sys\n{program}\nprint(*[one for one in {among} if one in sys.modules])"
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()


def _command(name: str) -> str:
    return f"from inboxcrm.cli.root import cli; import click; assert cli.get_command(click.Context(cli), {name!r})"


def test_a_command_starts_without_the_heavy_libraries() -> None:
    program = (
        "from importlib import import_module; from inboxcrm.cli.root import MODULES\n"
        "for name in MODULES: import_module(f'inboxcrm.cli.{name}')"
    )

    assert _loaded(program, HEAVY) == []


@pytest.mark.parametrize("name", ["status", "queue", "promises", "search", "contacts", "approve", "tui"])
def test_a_command_that_talks_to_no_server_starts_without_the_daemon(name: str) -> None:
    assert _loaded(_command(name), OF_THE_DAEMON) == []


def test_garbage_is_looked_for_again_once_a_command_is_imported() -> None:
    assert cli.get_command(click.Context(cli), "promises") is not None

    assert gc.isenabled()


def test_a_command_starts_without_the_others() -> None:
    assert _loaded(_command("promises"), ("inboxcrm.cli.duties", "inboxcrm.cli.running", "inboxcrm.cli.rules")) == [
        "inboxcrm.cli.duties"
    ]
