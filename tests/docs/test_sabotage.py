"""`make sabotage` takes lines away that are there, and asks tests that exist."""

from __future__ import annotations

from pathlib import Path

from bench.sabotage.faults import FAULTS
from bench.sabotage.table import TABLE

ROOT = Path(__file__).parents[2]


def test_every_line_that_is_taken_away_stands_once_in_its_file() -> None:
    stale = [
        f"{row.row} {row.what}: {file}"
        for row in (*TABLE, *FAULTS)
        for file, line, _ in row.edits
        if (ROOT / file.replace("inboxcrm_tui/", "tui/")).read_text("utf-8").count(line) != 1
    ]

    assert stale == []


def test_every_fault_of_the_page_has_a_defence_that_is_taken_away() -> None:
    assert sorted({row.row for row in FAULTS}) == list(range(1, 71))


def test_every_test_that_is_asked_exists() -> None:
    missing = []
    for row in (*TABLE, *FAULTS):
        file, _, name = row.test.partition("::")  # or every test of a file
        if name and f"def {name.partition('[')[0]}(" not in (ROOT / file).read_text("utf-8"):
            missing.append(row.test)

    assert missing == []
