"""`inboxcrm templates preview`: with invented values, and with the people and dates of a stored mail."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from inboxcrm.cli import texts as registered
from inboxcrm.cli.root import cli
from inboxcrm.errors import UserError
from tests.rules.test_commands import CONFIG, LETTER


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home into which one mail of a stranger was imported."""
    (tmp_path / "config.toml").write_text(CONFIG)
    (tmp_path / "letter.eml").write_text(LETTER)
    from inboxcrm.cli import archives

    assert archives.import_.name == "import"
    done = CliRunner().invoke(cli, ["--home", str(tmp_path), "import", str(tmp_path / "letter.eml")])
    assert done.exit_code == 0, done.output
    return tmp_path


def test_a_preview_has_invented_values(home: Path) -> None:
    assert registered.templates.name == "templates"

    said = CliRunner().invoke(cli, ["--home", str(home), "templates", "preview", "acknowledge", "--language", "en"])

    assert "Hello Bob Builder," in said.output


def test_a_preview_about_a_stored_mail_names_no_stranger_and_tells_its_day(home: Path) -> None:
    words = ["--home", str(home), "templates", "preview", "check-in", "--language", "en", "--message", "1"]

    said = CliRunner().invoke(cli, words)

    assert "Hello,\n\nOn Tuesday 3 March" in said.output


def test_a_preview_about_no_mail_says_so(home: Path) -> None:
    said = CliRunner().invoke(cli, ["--home", str(home), "templates", "preview", "check-in", "--message", "77"])

    assert isinstance(said.exception, UserError)
