"""What a user gets from `pip install .`: the wheel carries everything that a checkout has."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.whole.program import PATIENCE

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent
PLACES = {"inboxcrm": "inboxcrm", "tui": "inboxcrm_tui", "rules": "inboxcrm/rules", "templates": "inboxcrm/templates"}
"""Folders of the checkout, and where their files are in the wheel."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> frozenset[str]:
    """The names of the files in a wheel built from what git tracks here."""
    folder = tmp_path_factory.mktemp("wheel")
    source = folder / "source"
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    for name in filter(None, tracked.decode().split("\0")):
        if (ROOT / name).is_file():
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            (source / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--no-index"]
    subprocess.run(
        [*command, "--wheel-dir", str(folder), str(source)], check=True, capture_output=True, timeout=PATIENCE
    )
    (built,) = folder.glob("*.whl")
    return frozenset(zipfile.ZipFile(built).namelist())


@pytest.mark.parametrize("place", PLACES)
def test_the_wheel_carries_every_file_of(place: str, wheel: frozenset[str]) -> None:
    listed = subprocess.run(["git", "ls-files", place], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    wanted = {PLACES[place] + name.removeprefix(place) for name in listed.split("\n") if name}

    assert wanted - wheel == set()


def test_nothing_is_installed_under_a_common_name(wheel: frozenset[str]) -> None:
    tops = {name.split("/")[0] for name in wheel}

    assert {top for top in tops if not top.endswith(".dist-info")} == {"inboxcrm", "inboxcrm_tui"}
