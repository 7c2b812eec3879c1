"""What reading a file of rules needs: where its keys stand, what rules may name, and a place for what is wrong."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from inboxcrm.configuration.lines import Path, nearest_line
from inboxcrm.configuration.problems import listed, nearest
from inboxcrm.configuration.table import shown
from inboxcrm.domain.deeds import On
from inboxcrm.domain.rules import Rule

T = TypeVar("T")


@dataclass(slots=True)
class RuleFile:
    """The rules of one file as far as they can be read, and what is wrong with the rest, a line each."""

    origin: str
    rules: list[Rule] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Names:
    """What rules may name: the templates of acknowledgements, those of drafts, the plans; None for any."""

    acknowledgements: Collection[str] | None = None
    drafts: Collection[str] | None = None
    plans: Collection[str] | None = None


@dataclass(frozen=True, slots=True)
class Reader:
    """One file being read: what is wrong goes to `file`, with its line and its rule."""

    file: RuleFile
    lines: Mapping[Path, int]
    context: Callable[[On], Any]
    names: Names

    def problem(self, place: Path, what: str) -> None:
        """Tell what is wrong at a place."""
        line = nearest_line(self.lines, place)
        at = f"{self.file.origin}:{line}" if line else self.file.origin
        rule = f" [[rule]] {place[1] + 1}:" if len(place) > 1 and isinstance(place[1], int) else ""
        step = f" step {place[3] + 1}:" if len(place) > 3 and isinstance(place[3], int) else ""
        self.file.problems.append(f"{at}:{rule}{step} {what}")

    def unknown_keys(self, place: Path, values: Mapping[str, object], known: Sequence[str]) -> None:
        """Tell each key that means nothing here, with the nearest that does."""
        for key in values:
            if key not in known:
                near = nearest(key, known)
                hint = f"Did you mean {near}?" if near else f"Known here: {listed(known)}."
                self.problem((*place, key), f"unknown key {shown(key)}. {hint}")

    def read(self, place: Path, values: Mapping[str, object], convert: Callable[[object], T], default: T) -> T:
        """The converted value of the key a place ends with; `default` where it is missing, or refused and told."""
        key = str(place[-1])
        if key not in values:
            return default
        try:
            return convert(values[key])
        except ValueError as error:
            self.problem(place, f'"{key}": {error}')
            return default


def one_of(value: object, known: Collection[str] | None, what: str, kinds: str = "") -> str:
    """A name that there is; ValueError tells those there are. `known` None lets any name pass."""
    if not isinstance(value, str):
        raise ValueError(f"found {shown(value)}; must be the name of a {what}")
    if known is not None and value not in known:
        near = nearest(value, known)
        hint = f" Did you mean {near}?" if near else ""
        raise ValueError(f"there is no {what} {shown(value)}{kinds}; there are {', '.join(sorted(known))}.{hint}")
    return value
