"""Does the test that is named for a defence fail without it? `make sabotage`; `ARGS="13 18"` asks about these rows.

`ARGS=faults` asks about the faults of docs/faults.md instead of hostile mail, `ARGS="faults 57"` about one of them.

The project is copied to a temporary folder. For each row of the table the one test is run there in a process of its
own, first as things are: a test that fails anyhow would notice everything. Then a piece of the copy's source is
exchanged, the test is run again, and the piece is put back. A test that passes without its defence holds nothing, and
the run ends with status 1; so it does when a piece is no longer in the source, for then the table is out of date.

Tests wait for what must come longer than any machine needs, and without a defence it often never comes. So nobody waits
for longer than a few times what the test took with its defences; where it had not ended by then, it is run with them
once more, and must end in time: it was not the machine that was slow.
"""

from __future__ import annotations

import compileall
import os
import py_compile
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue

from bench.sabotage.faults import FAULTS
from bench.sabotage.table import NOTHING_TO_TAKE_AWAY, TABLE, Defence

ROOT = Path(__file__).parents[2]
PATIENCE_SECONDS = 240.0
"""For a test with its defences in place."""

AT_LEAST_SECONDS = 8.0
TIMES = 2
"""How many times as long a test may take without its defence as with it, beside these seconds."""

WORKERS = 2


def main(wanted: list[str]) -> int:
    """Take away, run, tell; answers the status."""
    table = FAULTS if "faults" in wanted else TABLE
    numbers = [one for one in wanted if one != "faults"]
    rows = [row for row in table if not numbers or str(row.row) in numbers]
    copies: SimpleQueue[Path] = SimpleQueue()
    began, missed = time.monotonic(), 0
    with tempfile.TemporaryDirectory(prefix="sabotage-") as folder, ThreadPoolExecutor(WORKERS) as pool:
        first = _copy(Path(folder) / "0")
        for number in range(1, WORKERS):
            copies.put(shutil.copytree(first, Path(folder) / str(number), copy_function=os.link))
        copies.put(first)
        for row, said in zip(rows, pool.map(lambda row: _try(row, copies), rows), strict=True):
            missed += said != "noticed"
            print(f"{row.row:>3}  {said:<12} {row.what}  [{row.test.rpartition('::')[2]}]", flush=True)
    for number, why in NOTHING_TO_TAKE_AWAY.items():
        if not wanted or str(number) in wanted:
            print(f"{number:>3}  nothing to take away: {why}")
    minutes = (time.monotonic() - began) / 60
    about = f"{len({row.row for row in rows})} rows of the page, {minutes:.0f} minutes"
    print(f"\n{len(rows) - missed} of {len(rows)} removals noticed; {about}")
    return 1 if missed else 0


def _copy(place: Path) -> Path:
    """The parts of the project that a test needs, laid out so that they are found before the installed ones.

    Compiled once: a piece that is exchanged is told by its octets, whenever it was written.
    """
    ignore = shutil.ignore_patterns("__pycache__", ".*")
    for name in ("inboxcrm", "tests", "docs", "bench", "tui", "rules", "templates"):
        shutil.copytree(ROOT / name, place / name, ignore=ignore)
    for name, as_name in (("tui", "inboxcrm_tui"), ("rules", "inboxcrm/rules"), ("templates", "inboxcrm/templates")):
        shutil.copytree(place / name, place / as_name, copy_function=os.link)
    shutil.copy(ROOT / "pyproject.toml", place)
    for name in ("inboxcrm", "inboxcrm_tui", "tests", "bench"):
        compileall.compile_dir(place / name, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.CHECKED_HASH)
    return place


def _try(row: Defence, copies: SimpleQueue[Path]) -> str:
    place = copies.get()
    try:
        began = time.monotonic()
        if _fails(row.test, place, within=PATIENCE_SECONDS) is not False:
            return "FAILS ANYHOW"
        within = AT_LEAST_SECONDS + TIMES * (time.monotonic() - began)
        with _without(row, place) as gone:
            if not gone:
                return "OUT OF DATE"
            failed = _fails(row.test, place, within=within)
        if failed is None and _fails(row.test, place, within=within) is not False:
            return "TOO SLOW"
        return "MISSED" if failed is False else "noticed"
    except _BrokenError as broken:
        return f"BROKEN ({broken})"
    finally:
        copies.put(place)


class _BrokenError(Exception):
    """The test could not be run."""


@contextmanager
def _without(row: Defence, place: Path) -> Iterator[bool]:
    """The copy without this defence; False where a piece of it is not there, or not there once."""
    before = {file: (place / file).read_text("utf-8") for file, _, _ in row.edits}
    after = dict(before)
    for file, old, new in row.edits:
        if after[file].count(old) != 1:
            yield False
            return
        after[file] = after[file].replace(old, new)
    try:
        for file, text in after.items():
            _write(place / file, text)
        yield True
    finally:
        for file, text in before.items():
            _write(place / file, text)


def _write(path: Path, text: str) -> None:
    """Under the same name, and no other: the copies share what is the same in them."""
    path.unlink()
    path.write_text(text, "utf-8")


def _fails(test: str, place: Path, *, within: float) -> bool | None:
    """Whether the test fails; None: it had not ended after so many seconds."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-n", "0", "-p", "no:cacheprovider", test]
    environment = {"PYTHONPATH": str(place), "PATH": _path(), "HOME": str(place), "PYTHONDONTWRITEBYTECODE": "1"}
    running = subprocess.Popen(
        command, cwd=place, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        start_new_session=True,
    )  # fmt: skip
    try:
        said, _ = running.communicate(timeout=within)
    except subprocess.TimeoutExpired:
        return None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(running.pid, signal.SIGKILL)
        running.wait()
    if running.returncode == 1 and "FAILED" in said:
        return True
    if running.returncode:
        raise _BrokenError(running.returncode)
    return False


def _path() -> str:
    return "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
