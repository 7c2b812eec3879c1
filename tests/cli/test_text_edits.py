"""`inboxcrm templates edit` and `diff`: a text of one's own, and what is shipped beside it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from inboxcrm import bootstrap
from inboxcrm.cli import text_edits as registered
from inboxcrm.cli.root import cli
from inboxcrm.errors import UserError
from inboxcrm.store import template_copies
from tests.rules.test_commands import CONFIG

FILE = Path("templates/acknowledge/de.txt.j2")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home without texts of its own."""
    (tmp_path / "config.toml").write_text(CONFIG)
    return tmp_path


def said(home: Path, *words: str, **more: str) -> Result:
    return CliRunner().invoke(cli, ["--home", str(home), "templates", *words], **more)  # type: ignore[arg-type]  # input only


def editor(monkeypatch: pytest.MonkeyPatch, home: Path, old: str, new: str) -> None:
    """An editor that puts `new` in the place of `old`."""
    monkeypatch.setenv("VISUAL", f"sed -i 's/{old}/{new}/'")


def pretend_origin(home: Path, name: str, language: str, shipped: str) -> None:
    """As if another text had been shipped when the copy was made."""
    with bootstrap.household(home) as house, house.database.write() as connection:
        copied_at = house.clock.now()
        template_copies.keep(connection, name, language, digest="", shipped=shipped, copied_at=copied_at)


def test_an_edited_text_is_saved_looked_over_and_listed(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert registered.edit.name == "edit"
    editor(monkeypatch, home, "danke für deine", "lieben Dank für deine")

    done = said(home, "edit", "acknowledge", "de")

    assert "fit to be sent" in done.output
    assert "lieben Dank" in (home / FILE).read_text()
    (row,) = [json.loads(line) for line in said(home, "diff", "--json").output.splitlines()]
    assert (row["name"], row["language"], row["standing"], row["upstream"]) == ("acknowledge", "de", "current", "")
    assert "+lieben Dank für deine Nachricht." in row["yours"]


def test_a_copy_that_was_not_changed_is_taken_away(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VISUAL", "true")

    done = said(home, "edit", "acknowledge", "de")

    assert "Nothing was changed" in done.output
    assert not (home / FILE).parent.exists()
    assert said(home, "diff").output == "No text of yours stands in the place of a shipped one.\n"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        pytest.param("{{ phone }}", "{{ fone }}", "fone", id="an unknown value"),
        pytest.param("{% endblock %}", "", "endblock|end of template|Unexpected", id="broken jinja"),
        pytest.param("danke für deine", "danke für Ihre", "mixed-forms", id="two forms of address"),
    ],
)
def test_what_is_wrong_is_told_and_the_text_is_kept(
    home: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, told: str
) -> None:
    import re

    name = "phrases" if "phone" in old else "acknowledge"
    editor(monkeypatch, home, old, new)

    done = said(home, "edit", name, "de")

    assert isinstance(done.exception, UserError)
    assert re.search(told, done.output)
    assert (home / "templates" / name / "de.txt.j2").is_file()


def test_a_new_language_begins_from_english(home: Path) -> None:
    said(home, "edit", "acknowledge", "sv", "--copy")

    assert "Thank you for your message" in (home / "templates/acknowledge/sv.txt.j2").read_text()
    (row,) = [json.loads(line) for line in said(home, "diff", "--json").output.splitlines()]
    assert row["standing"] == "own"


def test_a_stale_copy_is_found_shown_and_brought_up_to_date(home: Path) -> None:
    said(home, "edit", "acknowledge", "de", "--copy")
    shipped = (home / FILE).read_text()
    (home / FILE).write_text(shipped.replace("danke für deine", "lieben Dank für deine"))
    pretend_origin(home, "acknowledge", "de", shipped.replace("vielen Dank", "besten Dank"))

    listed, shown = said(home, "diff", "--stale").output, said(home, "diff", "acknowledge", "de").output
    taken = said(home, "diff", "acknowledge", "de", "--take")

    assert "stale" in listed
    assert "-besten Dank" in shown
    assert "+vielen Dank" in shown
    assert "Taken over." in taken.output
    assert "vielen Dank" in (home / FILE).read_text()
    assert "lieben Dank" in (home / FILE).read_text()
    assert said(home, "diff", "--stale").output == "No text of yours stands in the place of a shipped one.\n"


def test_a_clash_is_shown_and_nothing_is_written(home: Path) -> None:
    said(home, "edit", "acknowledge", "de", "--copy")
    shipped = (home / FILE).read_text()
    mine = shipped.replace("vielen Dank", "herzlichen Dank")
    (home / FILE).write_text(mine)
    pretend_origin(home, "acknowledge", "de", shipped.replace("vielen Dank", "besten Dank"))

    refused = said(home, "diff", "acknowledge", "de", "--take")

    assert isinstance(refused.exception, UserError)
    assert "besten Dank" in refused.output
    assert (home / FILE).read_text() == mine


def test_a_text_put_there_by_hand_has_no_known_origin(home: Path) -> None:
    (home / FILE).parent.mkdir(parents=True)
    (home / FILE).write_text("---\nintent: letter\nsubject: x\nneeds:\n---\nHallo\n")

    (row,) = [json.loads(line) for line in said(home, "diff", "--json").output.splitlines()]

    assert row["standing"] == "unrecorded"
    assert "+Hallo" in row["yours"]
    assert isinstance(said(home, "diff", "acknowledge", "de", "--take").exception, UserError)


def test_a_name_that_nobody_ships_is_told_with_the_nearest(home: Path) -> None:
    refused = said(home, "edit", "acknowlege", "de")

    assert 'Did you mean "acknowledge"?' in str(refused.exception)
    assert isinstance(said(home, "edit", "../x", "de").exception, UserError)


def test_the_lint_speaks_of_one_text_and_in_json(home: Path) -> None:
    assert said(home, "lint", "acknowledge").output == "acknowledge is fit to be sent.\n"

    said(home, "edit", "birthday", "en", "--copy")
    file = home / "templates/birthday/en.txt.j2"
    file.write_text(file.read_text().replace("I have thought of you.", "shall we meet?"))
    (row,) = [json.loads(line) for line in said(home, "lint", "--json").output.splitlines() if line.startswith("{")]

    assert (row["rule"], row["origin"]) == ("ask-in-greeting", str(file))
