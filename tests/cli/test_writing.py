"""Answers and drafts by command."""

from __future__ import annotations

import sys
from io import StringIO
from pathlib import Path

import pytest

from inboxcrm.store import views
from inboxcrm.store.views import OutboxRow
from tests.cli.conftest import Run
from tests.tui.home import opened


def test_an_answer_is_written_and_reworded_by_command(
    tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(tmp_path) as home:
        mail = home.mail("Ada Asker", "figures")

        def waiting() -> OutboxRow:
            (item,) = home.household.database.reading(views.outbox)
            return item

        def say(*words: str, given: str = "") -> str:
            monkeypatch.setattr(sys, "stdin", StringIO(given))
            result = run("--home", str(tmp_path), *words)
            return result.out + result.err

        answer = ("answer", str(mail.message_id), "--text", "-")
        assert "no word of yours" in say(*answer, given="> quoted only\n")
        assert "inboxcrm approve 1" in say(*answer, given="Here they are.\n")
        assert (waiting().subject, waiting().text) == ("Re: figures", "Here they are.\n")

        monkeypatch.setattr("click.edit", lambda text, **_: text.replace("Re: figures", "All figures"))
        assert "Kept." in say("reword", "1")
        assert (waiting().subject, waiting().text) == ("All figures", "Here they are.\n")

        monkeypatch.setattr("click.edit", lambda text, **_: "Subject:\n\nLong thought about.\n")
        told = say("reword", "1")
        (kept,) = tmp_path.glob("written-*.txt")
        assert "give it a subject. What you wrote is in" in told
        assert f"inboxcrm reword 1 --text {kept}" in told
        assert kept.read_text(encoding="utf-8") == "Long thought about.\n"

        say("reject", "1")
        assert "only a draft that waits" in say("reword", "1", "--text", "-", given="x")
