"""Run every mutant of the gate's code against its tests and print which no test notices.

    python -m bench.mutation [FILE ...] [--again] [--jobs N]

FILE is a module's file name (`machine.py`); without one all are run, domain/reply_safety.py and domain/safety/*.py.
What was found is kept in .mutants.json, so that a run that was stopped goes on where it was, and a finished one only
asks again about modules that changed; `--again` asks the survivors once more, after a test was written for them.
Survivors that change no verdict stand in equivalents.toml with their reasons. Exit code 1: there are others.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import importlib
import json
import os
import resource
import signal
import sys
import time
import tomllib
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bench.mutation.graft import forget, graft
from bench.mutation.operators import mutants

ROOT = Path(__file__).parents[2]
GATE = ROOT / "inboxcrm" / "domain"
KEPT = ROOT / ".mutants.json"
EQUIVALENTS = Path(__file__).parent / "equivalents.toml"
SECONDS = 60
"""Longer than this, and a mutant counts as noticed: the tests would hang."""

TESTS = (
    "tests/domain/test_reply_safety.py",
    "tests/domain/test_reply_safety_rows.py",
    "tests/domain/test_reply_safety_edges.py",
    "tests/domain/test_automatic_letters.py",
    "tests/domain/test_unmarked.py",
    "tests/domain/test_certified.py",
    "tests/domain/test_neighbours.py",
    "tests/domain/test_identity.py",
    "tests/domain/test_gate_to_the_unit.py",
    "tests/domain/test_reply_safety_properties.py",
)
"""In this order: whatever notices most, soonest."""

BESIDE = {
    "absences.py": ("tests/domain/test_absences.py",),
    "bounces.py": ("tests/domain/test_bounces.py",),
    "limits.py": ("tests/domain/test_limits.py", "tests/store/test_outbox_counts.py"),
    "own_mail.py": ("tests/safety/test_trust_checks.py",),
    "proposals.py": ("tests/safety/test_proposals.py",),
}
"""Modules of which no verdict is made, and the tests that ask them."""

FIRST = {"results.py": "tests/domain/test_identity.py", "identity.py": "tests/domain/test_identity.py"}
"""Who notices most where the fixtures do not."""

NOT_ASKED = ("octets_of_any_kind", "damage_never")
"""Searches for crashes: too slow to be asked two thousand times."""


def modules() -> list[Path]:
    """The files that are the gate."""
    return [GATE / "reply_safety.py", *sorted(one for one in (GATE / "safety").glob("*.py") if one.name[0] != "_")]


class Run:
    """The tests, collected once; then one fork for each mutant."""

    def __init__(self, wanted: list[Path], *, again: bool, jobs: int) -> None:
        self.wanted = wanted
        self.again = again
        self.jobs = jobs
        self.found: dict[str, dict[str, Any]] = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else {}

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """In place of pytest's own loop."""
        items = [item for item in session.items if not any(one in item.name for one in NOT_ASKED)]
        if failed := first_failure(items):
            print(f"without any mutant, this fails: {failed}")
            session.testsfailed = 1
            return True
        for path in self.wanted:
            self.module(
                path,
                [
                    item
                    for _, item in sorted(enumerate(items), key=lambda one: rank(path, *one))
                    if concerns(path, item)
                ],
            )
        return True

    def module(self, path: Path, items: Sequence[pytest.Item]) -> None:
        """Every mutant of one file that is not known yet."""
        source = path.read_text("utf-8")
        digest = hashlib.sha256(source.encode()).hexdigest()
        known = self.found.get(path.name, {})
        told: dict[str, str] = known.get("mutants", {}) if known.get("source") == digest else {}
        names = [one.name for one in mutants(ast.parse(source))]
        asked = [n for n, name in enumerate(names) if name not in told or (self.again and told[name] == "survived")]
        running: dict[int, tuple[int, float]] = {}
        for number in asked:
            while len(running) >= self.jobs:
                self.wait(running, names, told)
            running[fork(path, source, number, items)] = (number, time.monotonic())
            if number % 20 == 0:
                self.keep(path, digest, told)
        while running:
            self.wait(running, names, told)
        self.keep(path, digest, {name: told[name] for name in names})
        survived = sum(one == "survived" for one in told.values())
        print(f"{path.name:20} {len(names) - survived:5} of {len(names)} noticed", flush=True)

    def wait(self, running: dict[int, tuple[int, float]], names: list[str], told: dict[str, str]) -> None:
        """Take the end of one child; those that run too long are ended."""
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid in running:
                number, _ = running.pop(pid)
                told[names[number]] = "survived" if os.waitstatus_to_exitcode(status) == 0 else "noticed"
                return
            for child, (_, began) in running.items():
                if time.monotonic() - began > SECONDS * 4:
                    os.kill(child, signal.SIGKILL)
            time.sleep(0.005)

    def keep(self, path: Path, digest: str, told: dict[str, str]) -> None:
        self.found[path.name] = {"source": digest, "mutants": told}
        KEPT.write_text(json.dumps(self.found, indent=1, ensure_ascii=False), "utf-8")


def concerns(path: Path, item: pytest.Item) -> bool:
    """Whether a test is asked about mutants of a file."""
    file = item.nodeid.partition("::")[0]
    return file in BESIDE[path.name] if path.name in BESIDE else file in TESTS


def rank(path: Path, at: int, item: pytest.Item) -> tuple[bool, int]:
    """Where a test stands in the order for a file."""
    return not item.nodeid.startswith(FIRST.get(path.name, "tests/domain/test_reply_safety.py")), at


def fork(path: Path, source: str, number: int, items: Sequence[pytest.Item]) -> int:
    """A child that lives as the mutant and ends with 0 where no test notices."""
    pid = os.fork()
    if pid:
        return pid
    try:
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, 4 << 30))
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, 1)
        os.dup2(sink, 2)
        tree = ast.parse(source)
        mutants(tree)[number].apply()
        graft(module_of(path), tree)
        gate = [module_of(one) for one in modules()]
        forget(one for one in gate if not one.__name__.endswith(".phrases") or path.name == "phrases.py")
        os._exit(1 if first_failure(items) else 0)
    except BaseException:
        os._exit(2)


def module_of(path: Path) -> ModuleType:
    """The module that a file is."""
    return importlib.import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))


def first_failure(items: Sequence[pytest.Item]) -> str:
    """The name of the first test that fails, or ""."""
    from _pytest.runner import runtestprotocol

    for number, item in enumerate(items):
        following = items[number + 1] if number + 1 < len(items) else None
        for report in runtestprotocol(item, log=False, nextitem=following):
            if report.failed:
                return item.nodeid
    return ""


def survivors(found: dict[str, dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """File and name of each mutant that no test noticed."""
    for path in modules():
        for name, fate in found.get(path.name, {}).get("mutants", {}).items():
            if fate == "survived":
                yield path.name, name


def tell(found: dict[str, dict[str, Any]], wanted: Sequence[Path]) -> int:
    """Print the figures and what survived; the exit code."""
    allowed = tomllib.loads(EQUIVALENTS.read_text("utf-8"))
    names = {path.name for path in wanted}
    reasons = {
        (file, name): why["reason"] for file, listed in allowed.items() for why in listed for name in why["mutants"]
    }
    left = [(file, name) for file, name in survivors(found) if file in names and (file, name) not in reasons]
    gone = [one for one in reasons if one[0] in names and one not in set(survivors(found))]
    total = killed = 0
    for path in wanted:
        told = found.get(path.name, {}).get("mutants", {})
        noticed = sum(fate != "survived" for fate in told.values())
        equal = sum((path.name, name) in reasons for name, fate in told.items() if fate == "survived")
        total, killed = total + len(told) - equal, killed + noticed
        print(f"{path.name:20} {noticed:5} of {len(told) - equal:5} noticed, {equal} equivalent")
    print(f"{'in all':20} {killed:5} of {total:5} noticed")
    for file, name in left:
        print(f"survived  {file}  {name}")
    for file, name in gone:
        print(f"no longer survives, drop it from equivalents.toml: {file}  {name}")
    return 1 if left else 0


def main(argv: Sequence[str]) -> int:
    """Read the arguments, run, tell."""
    parser = argparse.ArgumentParser(prog="python -m bench.mutation", description=__doc__.partition("\n")[0])
    parser.add_argument("files", nargs="*", metavar="FILE", help="a module's file name, for example machine.py")
    parser.add_argument("--again", action="store_true", help="ask the survivors once more")
    parser.add_argument("--jobs", type=int, default=2, help="how many forks at a time (2)")
    chosen = parser.parse_args(argv)
    wanted = [one for one in modules() if not chosen.files or one.name in chosen.files]
    if not wanted:
        parser.error(f"no such module; there are {', '.join(one.name for one in modules())}")
    os.chdir(ROOT)
    run = Run(wanted, again=chosen.again, jobs=chosen.jobs)
    beside = (one for path in wanted for one in BESIDE.get(path.name, ()))
    tests = tuple(dict.fromkeys((*TESTS, *beside)))
    options = ["-o", "addopts=", "-p", "no:cacheprovider", "-p", "no:terminal", "-p", "no:timeout", "-s"]
    code = pytest.main([*options, *tests], plugins=[run])
    if code != 0:
        return 2
    return tell(run.found, wanted)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
