"""A home is made without a word to anybody whom its owner would not have asked."""

from __future__ import annotations

import io
import shlex
from pathlib import Path

import pytest

from inboxcrm import dns
from tests.cli.conftest import Run
from tests.config.test_setup import FLAGS


def test_whoever_begins_with_a_proxy_has_no_name_server_asked(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def ask(name: str, _kind: int, **_: object) -> tuple[dns.Record, ...]:
        asked.append(name)
        return ()

    monkeypatch.setattr(dns, "ask", ask)
    words = ["init", "--yes", "--no-check", *(f"--{key}={value}" for key, value in FLAGS.items())]

    direct = run("--home", tmp_path / "direct", *words)
    of_the_first = tuple(asked)
    behind = run("--home", tmp_path / "behind", *words, "--proxy", "socks5://127.0.0.1:9050")

    assert (direct.code, behind.code) == (0, 0)
    assert "example.org" in of_the_first
    assert tuple(asked) == of_the_first


def test_whoever_stops_at_a_question_is_told_that_nothing_was_written(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("Ann Example\n"))

    said = run("--home", tmp_path / "home", "init")

    assert said.code == 130
    assert said.err == "\nNothing was written. To begin again type: inboxcrm init\n"
    assert not (tmp_path / "home").exists()


def test_what_is_to_be_typed_next_can_be_typed_where_a_folder_has_a_blank(run: Run, tmp_path: Path) -> None:
    home, answers = tmp_path / "Application Support", FLAGS | {"holidays": "CH"}
    run("--home", home, "init", "--yes", "--no-check", *(f"--{key}={value}" for key, value in answers.items()))

    made = run("--home", home, "backup", tmp_path / "my backups")
    back = made.out.partition("To bring it back: ")[2].replace("NEW-FOLDER", shlex.quote(str(tmp_path / "the new")))
    restored = run(*shlex.split(back)[1:])
    doctor = shlex.split(restored.out.partition("Try it: ")[2])

    assert (made.code, restored.code) == (0, 0)
    assert doctor == ["inboxcrm", "--home", str(tmp_path / "the new"), "doctor"]
