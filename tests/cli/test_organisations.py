"""`inboxcrm organisation`: who is on record, and the plan of their people."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.cli.conftest import Run


def test_organisations_are_listed_and_given_a_plan(kept: Path, tmp_path: Path, run: Run) -> None:
    home = tmp_path / "home"
    shutil.copytree(kept, home)
    row = run("--home", home, "organisation", "--json").rows[0]

    said = run("--home", home, "organisation", str(row["domain"]), "--plan", "standard")

    assert said.code == 0, said.err
    assert "standard" in said.out
    assert run("--home", home, "organisation", str(row["domain"]), "--json").rows[0]["plan"] == "standard"


def test_a_plan_that_does_not_exist_is_refused(kept: Path, run: Run) -> None:
    said = run("--home", kept, "organisation", "a", "--plan", "golden")

    assert said.code == 2
    assert "standard" in said.err
