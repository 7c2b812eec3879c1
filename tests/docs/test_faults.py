"""The page docs/faults.md names every fault, and for each a test that there is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "faults.md").read_text("utf-8")
ROWS = re.findall(r"^\| (\d+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", PAGE, re.MULTILINE)
NAMED = sorted({test for *_, tests in ROWS for test in re.findall(r"`([^`]+)`", tests)})


def test_every_fault_is_listed_once_with_its_tests() -> None:
    assert [int(number) for number, *_ in ROWS] == list(range(1, 71))
    assert all("`tests/" in tests for *_, tests in ROWS)


def test_every_test_that_is_named_is_there() -> None:
    missing = [test for test in NAMED if not _is_there(test)]

    assert missing == []


def _is_there(test: str) -> bool:
    path, _, name = test.partition("::")
    plain, _, one = name.partition("[")
    file = ROOT / path
    text = file.read_text("utf-8") if file.exists() else ""
    return f"def {plain}(" in text and (not one or f'"{one.rstrip("]")}"' in text)


@pytest.mark.parametrize("invariant", [f"I{number}" for number in range(1, 8)])
def test_every_invariant_is_explained_and_asserted(invariant: str) -> None:
    asserted = (ROOT / "tests" / "faults" / "world.py").read_text("utf-8")

    assert f"| {invariant} |" in PAGE
    assert invariant in asserted
