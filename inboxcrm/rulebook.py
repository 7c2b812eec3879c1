"""The rules in force: the shipped ones and the home's own."""

from __future__ import annotations

import importlib.resources
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, tzinfo
from functools import partial
from pathlib import Path
from typing import Any

from inboxcrm.configuration.rulefile import read_rules
from inboxcrm.configuration.rulereader import Names, RuleFile
from inboxcrm.domain.deeds import On
from inboxcrm.domain.rule_names import Facts, context
from inboxcrm.domain.rules import Rule, Situation, Word, asked_in_order, speak
from inboxcrm.domain.situation import Standing
from inboxcrm.errors import RuleError
from inboxcrm.home import Stamp, stamp

log = logging.getLogger("inboxcrm.rules")

FAULTS_ALLOWED = 3
"""A rule that failed as often as this is not asked again until the rules are read anew."""

SUFFIX = ".toml"


@dataclass(frozen=True, slots=True)
class _Source:
    """One file: where the owner looks for it, how it is read, and whether it is the home's own."""

    origin: str
    read: Callable[[], str]
    own: bool = False


class RuleBook:
    """The last good set of rules. Empty as constructed; `load` reads the files.

    `reload_if_changed` may run on another thread than `speak`: a set is exchanged as a whole.
    """

    def __init__(self) -> None:
        self.rules: tuple[Rule, ...] = ()
        """The rules in force, in the order in which they are asked, the disabled ones among them."""

        self.fault: RuleError | None = None
        """What is wrong with the files as they stand now; the rules in force are those from before."""

        self.own_texts: Mapping[str, str] = {}
        """The home's own files in force, by name: what a later start falls back on."""

        self.kept = False
        """Whether somebody has remembered these files for a later start."""

        self._by_occasion: Mapping[On, tuple[Rule, ...]] = {}
        self._home: Path | None = None
        self._zone: tzinfo = UTC
        self._names = Names()
        self._stamp: Stamp = ()
        self._failures: Counter[str] = Counter()
        self._causes: dict[str, str] = {}

    @classmethod
    def load(
        cls,
        home_rules: Path | None = None,
        *,
        names: Names = Names(),  # noqa: B008 - without state
        zone: tzinfo = UTC,
        last_good: Mapping[str, str] | None = None,
    ) -> RuleBook:
        """The shipped files and the home's, a file of the same name in the shipped one's place; by name of file.

        `names` are what actions may name. `zone` is the owner's: moments are told by it. `last_good` are the home's
        files, by name, as they last could be used: they are in force, and `fault` says why, where the present ones
        cannot be. Without them raises one RuleError with every problem of every file, a line each.
        """
        book = cls()
        book._home, book._zone, book._names = home_rules, zone, names
        book._stamp = _files_stamp(home_rules)
        try:
            book._take(_sources(home_rules))
        except RuleError as error:
            if last_good is None:
                raise
            book._take(_sources_from(last_good))
            book.fault = error
            log.error("rules.fault", extra={"cause": str(error)})
        return book

    @classmethod
    def of_texts(cls, texts: Mapping[str, str], *, names: Names, zone: tzinfo) -> RuleBook:
        """The shipped files, and these texts by name of file as the home's own; RuleError as `load` raises it."""
        book = cls()
        book._zone, book._names = zone, names
        book._take(_sources_from(texts))
        return book

    def speak(self, situation: Situation | Standing, *, on: On = On.RECEIVED) -> Word:
        """What the rules say of this situation. Raises nothing: a rule that fails is passed over and reported."""
        asked: Iterable[Rule] = self._by_occasion.get(on, ())
        if self._failures:
            asked = (rule for rule in asked if self._failures[rule.name] < FAULTS_ALLOWED)
        word = speak(asked, Facts(situation, self._zone), on=on)
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

    def asks(self, on: On) -> bool:
        """Whether there is a rule that is asked of this at all."""
        return bool(self._by_occasion.get(on))

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

    def reload_if_changed(self, names: Names | None = None) -> bool:
        """Read the home's files again if they, or what they may name, changed; whether they had.

        A fault leaves the rules as they were.
        """
        seen = _files_stamp(self._home)
        if seen == self._stamp and names in (None, self._names):
            return False
        self._stamp, self._names = seen, names or self._names
        try:
            self._take(_sources(self._home))
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

    def _take(self, sources: Sequence[_Source]) -> None:
        """Put these files in force: all of them, or RuleError and nothing has changed."""
        typed = partial(context, self._zone)
        texts: dict[str, str] = {}
        files = [self._file(source, typed, texts) for source in sources]
        problems = [problem for file in files for problem in file.problems]
        rules = [rule for file in files for rule in file.rules]
        problems += _taken(rules)
        if problems:
            raise RuleError("\n".join(problems))
        self.rules = asked_in_order(rules)
        self._by_occasion = {on: tuple(rule for rule in self.rules if rule.on is on) for on in On}
        self.own_texts, self.kept = texts, False

    def _file(self, source: _Source, typed: Callable[[On], Any], texts: dict[str, str]) -> RuleFile:
        try:
            text = source.read()
        except (OSError, UnicodeDecodeError) as error:
            return RuleFile(source.origin, problems=[f"{source.origin}: cannot be read: {error}"])
        if source.own:
            texts[source.origin.removeprefix("rules/")] = text
        return read_rules(text, source.origin, context=typed, names=self._names)


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


def _shipped_sources() -> dict[str, _Source]:
    root = importlib.resources.files("inboxcrm.rules")
    return {name: _Source(f"rules/{name}", _reader(root / name)) for name in shipped()}


def _sources(home: Path | None) -> list[_Source]:
    """Every file of rules by its name, the home's in the place of a shipped one."""
    found = _shipped_sources()
    for file in _files(home):
        found[file.name] = _Source(f"rules/{file.name}", _reader(file), own=True)
    return [found[name] for name in sorted(found)]


def _sources_from(texts: Mapping[str, str]) -> list[_Source]:
    """The same with the home's files as they are remembered."""
    found = _shipped_sources()
    for name, text in texts.items():
        found[name] = _Source(f"rules/{name}", partial(str, text), own=True)
    return [found[name] for name in sorted(found)]


def _files(home: Path | None) -> list[Path]:
    if home is None or not home.is_dir():
        return []
    return sorted(file for file in home.glob(f"*{SUFFIX}") if not file.name.startswith(".") and file.is_file())


def _files_stamp(home: Path | None) -> Stamp:
    names = {file.name for file in _files(home)}
    return () if home is None else tuple(each for each in stamp(home) if each[0] in names)


def _reader(file: Any) -> Callable[[], str]:
    """Reads one file of the package (a `Traversable`) or of the home (a `Path`) when it is called."""
    return lambda: str(file.read_text(encoding="utf-8"))
