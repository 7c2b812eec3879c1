"""Does the test that is named for a defence fail without it? `make sabotage`; `ARGS="13 18"` asks about these rows.

`ARGS=faults` asks about the faults of docs/faults.md instead of hostile mail, `ARGS="faults 57"` about one of them.

The project is copied to a temporary folder, where the tests must pass as things are. Then each row of the table
exchanges a piece of the copy's source, runs the one test in a process of its own, and puts the piece back. A test that
passes without its defence holds nothing, and the run ends with status 1; so it does when a piece is no longer in the
source, for then the table is out of date.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from queue import SimpleQueue

from bench.sabotage.faults import FAULTS
from bench.sabotage.table import NOTHING_TO_TAKE_AWAY, TABLE, Defence

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 240
WORKERS = 2


def main(wanted: list[str]) -> int:
    """Take away, run, tell; answers the status."""
    table = FAULTS if "faults" in wanted else TABLE
    numbers = [one for one in wanted if one != "faults"]
    rows = [row for row in table if not numbers or str(row.row) in numbers]
    copies: SimpleQueue[Path] = SimpleQueue()
    with tempfile.TemporaryDirectory(prefix="sabotage-") as folder, ThreadPoolExecutor(WORKERS) as pool:
        for number in range(WORKERS):
            copies.put(_copy(Path(folder) / str(number)))
        if not _passes(rows, Path(folder) / "0"):
            print("with every defence in its place these tests must pass, and they do not")
            return 2
        missed = 0
        for row, said in zip(rows, pool.map(lambda row: _try(row, copies), rows), strict=True):
            missed += said != "noticed"
            print(f"{row.row:>3}  {said:<12} {row.what}  [{row.test.rpartition('::')[2]}]", flush=True)
    for number, why in NOTHING_TO_TAKE_AWAY.items():
        if not wanted or str(number) in wanted:
            print(f"{number:>3}  nothing to take away: {why}")
    print(f"\n{len(rows) - missed} of {len(rows)} removals noticed; {len({row.row for row in rows})} rows of the page")
    return 1 if missed else 0


def _copy(place: Path) -> Path:
    """The parts of the project that a test needs, laid out so that they are found before the installed ones."""
    ignore = shutil.ignore_patterns("__pycache__", ".*")
    for name in ("inboxcrm", "tests", "docs", "bench"):
        shutil.copytree(ROOT / name, place / name, ignore=ignore)
    for name, as_name in (("tui", "inboxcrm_tui"), ("rules", "inboxcrm/rules"), ("templates", "inboxcrm/templates")):
        shutil.copytree(ROOT / name, place / as_name, ignore=ignore)
    for name in ("tui", "rules", "templates"):
        shutil.copytree(ROOT / name, place / name, ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", place)
    return place


def _try(row: Defence, copies: SimpleQueue[Path]) -> str:
    place = copies.get()
    try:
        with _without(row, place) as gone:
            return _ask(row, place) if gone else "OUT OF DATE"
    finally:
        copies.put(place)


@contextmanager
def _without(row: Defence, place: Path) -> Iterator[bool]:
    """The copy without this defence; False where a piece of it is not there, or not there once."""
    before = {file: (place / file).read_text("utf-8") for file, _, _ in row.edits}
    try:
        for file, old, new in row.edits:
            text = (place / file).read_text("utf-8")
            if text.count(old) != 1:
                yield False
                return
            (place / file).write_text(text.replace(old, new), "utf-8")
        yield True
    finally:
        for file, text in before.items():
            (place / file).write_text(text, "utf-8")


def _passes(rows: list[Defence], place: Path) -> bool:
    """Whether the tests pass while nothing is taken away: a test that fails anyhow would notice everything."""
    tests = list(dict.fromkeys(row.test for row in rows))
    done = _pytest(tests, place, timeout=PATIENCE_SECONDS * max(1, len(tests)))
    if done.returncode and tests:
        print(done.stdout[-3_000:])
    return not done.returncode or not tests


def _pytest(tests: list[str], place: Path, *, timeout: float) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", *tests]
    environment = {"PYTHONPATH": str(place), "PATH": _path(), "HOME": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(
        command, cwd=place, env=environment, capture_output=True, timeout=timeout, check=False, text=True
    )


def _ask(row: Defence, place: Path) -> str:
    """Whether the test fails; one that does not end has noticed as well."""
    try:
        done = _pytest([row.test], place, timeout=PATIENCE_SECONDS)
    except subprocess.TimeoutExpired:
        return "noticed"
    if done.returncode == 1 and "FAILED" in done.stdout:
        return "noticed"
    return "MISSED" if done.returncode == 0 else f"BROKEN ({done.returncode})"


def _path() -> str:
    return "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
