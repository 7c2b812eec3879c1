"""The rules in force: the shipped ones and the home's own."""

from __future__ import annotations

import importlib.resources
import logging
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from pathlib import Path
from typing import Any

from inboxcrm.configuration.rulefile import RuleFile, read_rules
from inboxcrm.domain.rule_names import Facts, context
from inboxcrm.domain.rules import Rule, Situation, Word, speak
from inboxcrm.errors import RuleError

log = logging.getLogger("inboxcrm.rules")

FAULTS_ALLOWED = 3
"""A rule that failed as often as this is not asked again until the rules are read anew."""

SUFFIX = ".toml"

Stamp = tuple[tuple[str, int, int], ...]
"""What tells that a folder has changed: each file's name, time of change and size."""


@dataclass(frozen=True, slots=True)
class _Source:
    origin: str
    read: Callable[[], str]


class RuleBook:
    """The last good set of rules. Empty as constructed; `load` reads the files."""

    def __init__(self) -> None:
        self.rules: tuple[Rule, ...] = ()
        """The rules in force, in the order in which they are asked, the disabled ones among them."""

        self.fault: RuleError | None = None
        """What is wrong with the files as they stand now; the rules in force are those from before."""

        self._home: Path | None = None
        self._zone: tzinfo = UTC
        self._templates: Collection[str] | None = None
        self._stamp: Stamp = ()
        self._failures: Counter[str] = Counter()
        self._causes: dict[str, str] = {}

    @classmethod
    def load(
        cls, home_rules: Path | None = None, *, templates: Collection[str] | None = None, zone: tzinfo = UTC
    ) -> RuleBook:
        """The shipped files and the home's, a file of the same name in the shipped one's place; by name of file.

        `templates` are the names that `acknowledge` may have, None for any. `zone` is the owner's: moments are told by
        it. Raises one RuleError with every problem of every file, a line each.
        """
        book = cls()
        book._home, book._zone, book._templates = home_rules, zone, templates
        book._stamp = _stamp(home_rules)
        book.rules = book._read()
        return book

    def speak(self, situation: Situation) -> Word:
        """What the rules say of this situation. Raises nothing: a rule that fails is passed over and reported."""
        asked = (rule for rule in self.rules if self._failures[rule.name] < FAULTS_ALLOWED)
        word = speak(asked, Facts(situation, self._zone))
        for match in word.matches:
            if match.failed:
                self._failures[match.rule] += 1
                self._causes[match.rule] = match.because
                log.error(
                    "rules.fault",
                    extra={
                        "rule": match.rule,
                        "cause": match.because,
                        "failures": self._failures[match.rule],
                        "disabled": match.rule in self.disabled,
                    },
                )
        return word

    @property
    def disabled(self) -> tuple[str, ...]:
        """The rules that failed too often to be asked again."""
        return tuple(name for name, failures in self._failures.items() if failures >= FAULTS_ALLOWED)

    @property
    def troubles(self) -> tuple[str, ...]:
        """What the owner must see to: files that cannot be used, and rules that are not asked any more."""
        disabled = tuple(
            f'the rule "{name}" is not asked any more, it failed {FAULTS_ALLOWED} times: {self._causes[name]}'
            for name in self.disabled
        )
        return disabled if self.fault is None else (str(self.fault), *disabled)

    @property
    def own_files(self) -> frozenset[str]:
        """The names of the home's own files, as they were last read."""
        return frozenset(name for name, _, _ in self._stamp)

    def reload_if_changed(self) -> bool:
        """Read the home's files again if they changed; whether they had. A fault leaves the rules as they were."""
        stamp = _stamp(self._home)
        if stamp == self._stamp:
            return False
        self._stamp = stamp
        try:
            self.rules = self._read()
        except RuleError as error:
            self.fault = error
            log.error("rules.fault", extra={"cause": str(error)})
        else:
            self.fault = None
            self._failures.clear()
            log.info("rules.loaded", extra={"rules": len(self.rules)})
        return True

    def facts(self, situation: Situation) -> Facts:
        """What conditions see of a situation."""
        return Facts(situation, self._zone)

    def _read(self) -> tuple[Rule, ...]:
        names = context(self._zone)
        files = [self._file(source, names) for source in _sources(self._home)]
        problems = [problem for file in files for problem in file.problems]
        rules = [rule for file in files for rule in file.rules]
        problems += _taken(rules)
        if problems:
            raise RuleError("\n".join(problems))
        return tuple(rules)

    def _file(self, source: _Source, names: Any) -> RuleFile:
        try:
            text = source.read()
        except (OSError, UnicodeDecodeError) as error:
            return RuleFile(source.origin, problems=[f"{source.origin}: cannot be read: {error}"])
        return read_rules(text, source.origin, context=names, templates=self._templates)


def _taken(rules: Sequence[Rule]) -> list[str]:
    """What to say of rules whose name another one has: a fault and an explanation must mean one rule."""
    first: dict[str, Rule] = {}
    return [
        f'{rule.origin}: the name "{rule.name}" is taken by the rule at {first[rule.name].origin}'
        for rule in rules
        if first.setdefault(rule.name, rule) is not rule
    ]


def shipped() -> tuple[str, ...]:
    """The names of the files that come with the program."""
    root = importlib.resources.files("inboxcrm.rules")
    return tuple(sorted(file.name for file in root.iterdir() if file.name.endswith(SUFFIX)))


def _sources(home: Path | None) -> list[_Source]:
    """Every file of rules by its name, the home's in the place of a shipped one."""
    root = importlib.resources.files("inboxcrm.rules")
    found = {name: _Source(f"rules/{name}", _reader(root / name)) for name in shipped()}
    for file in _files(home):
        found[file.name] = _Source(f"rules/{file.name}", _reader(file))
    return [found[name] for name in sorted(found)]


def _files(home: Path | None) -> list[Path]:
    if home is None or not home.is_dir():
        return []
    return sorted(file for file in home.glob(f"*{SUFFIX}") if not file.name.startswith(".") and file.is_file())


def _stamp(home: Path | None) -> Stamp:
    stamps = []
    for file in _files(home):
        try:
            state = file.stat()
        except OSError:
            continue
        stamps.append((file.name, state.st_mtime_ns, state.st_size))
    return tuple(stamps)


def _reader(file: Any) -> Callable[[], str]:
    """Reads one file of the package (a `Traversable`) or of the home (a `Path`) when it is called."""
    return lambda: str(file.read_text(encoding="utf-8"))
