"""What the commands do where nothing is as usual: another character set, a reader that leaves, a home that is odd."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from inboxcrm.cli import main
from inboxcrm.cli.output import table
from tests.cli.conftest import Run


class LeavingReader(io.RawIOBase):
    """The pipe to a program that has seen enough."""

    def writable(self) -> bool:
        return True

    def write(self, _octets: object) -> int:
        raise BrokenPipeError


def test_the_desk_says_that_it_needs_a_terminal(kept: Path, run: Run) -> None:
    said = run("--home", kept, "tui")

    assert said.code == 2
    assert "the desk needs a terminal" in said.err


def test_the_desk_is_not_painted_on_a_terminal_that_cannot_move_its_cursor(
    kept: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TERM", "dumb")
    monkeypatch.setattr("inboxcrm.cli.windows._on_a_terminal", lambda: True)

    said = run("--home", kept, "tui")

    assert said.code == 2
    assert "this terminal cannot move its cursor" in said.err


def test_a_terminal_without_unicode_gets_what_it_can_show(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "200")
    seen = {}
    for option in ("--limit=50", "--json"):
        octets = io.BytesIO()
        monkeypatch.setattr("sys.stdout", io.TextIOWrapper(octets, encoding="latin-1"))
        monkeypatch.setattr("sys.argv", ["inboxcrm", "--home", str(kept), "contacts", "list", "", option])
        main()
        sys.stdout.flush()
        seen[option] = octets.getvalue().decode("latin-1")

    assert "…" not in seen["--limit=50"]
    names = [name for line in seen["--json"].splitlines() if not (name := json.loads(line)["name"]).isascii()]
    assert names  # whoever it is whom the story of this hour tells of
    assert all(name in seen["--limit=50"] for name in names if "?" not in name)


def test_a_reader_that_has_seen_enough_is_no_failure(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = io.TextIOWrapper(io.BufferedWriter(LeavingReader(), 1), encoding="utf-8")
    monkeypatch.setattr("sys.stdout", pipe)
    monkeypatch.setattr("sys.argv", ["inboxcrm", "--home", str(kept), "queue"])

    main()

    assert sys.stdout is not pipe


def test_a_database_that_cannot_be_opened_is_told_in_a_sentence(kept: Path, tmp_path: Path, run: Run) -> None:
    (tmp_path / "config.toml").write_text((kept / "config.toml").read_text())
    (tmp_path / "inboxcrm.db").mkdir()

    said = run("--home", tmp_path, "queue")

    assert (said.code, said.out) == (2, "")
    assert said.err.startswith(f"inboxcrm: {tmp_path / 'inboxcrm.db'} cannot be opened")


def test_a_home_that_is_there_is_refused_before_anything_is_asked(kept: Path, run: Run) -> None:
    said = run("--home", kept, "init")

    assert (said.code, said.out) == (2, "")
    assert "is there already and is left as it is" in said.err


def test_resuming_what_was_not_paused_says_so(home: Path, run: Run) -> None:
    assert run("--home", home, "resume").out == "Nothing was paused: automatic mail flows as it did.\n"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("root:x:0:0:root:/root:/bin/sh\nmail:x:8:8::/:\n", 2),
        ("Note: a list\n\nFrom: me\n", 2),
        ("Subject: a\nDate: b\n\nc\n", 0),
    ],
    ids=["a table with colons", "a note", "a mail"],
)
def test_a_text_that_only_begins_like_a_mail_is_not_taken_for_one(
    home: Path, tmp_path: Path, run: Run, text: str, code: int
) -> None:
    (tmp_path / "some").write_text(text)

    said = run("--home", home, "import", tmp_path / "some")

    assert said.code == code, said.err


def test_a_narrow_terminal_cuts_names_before_it_breaks_lines(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "80")

    table(("ref", "who", "due", "subject"), [(1, "n" * 50, "Tue 2026-11-24 17:30", "s" * 50)], nothing="")

    head, row = capsys.readouterr().out.splitlines()
    assert len(row) == 80
    assert "Tue 2026-11-24 17:30" in row
    assert head.startswith("ref  who")


def test_a_moment_is_never_cut(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setenv("COLUMNS", "30")

    table(("from", "to"), [("Tue 2026-11-24 17:30", "Wed 2026-11-25 17:30")], nothing="")

    assert "Tue 2026-11-24 17:30" in capsys.readouterr().out
