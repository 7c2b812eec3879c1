"""One file of rules, `[[rule]]` by `[[rule]]`: what is fit is read, and everything that is not is told at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, TypeVar

from inboxcrm.configuration.lines import Path, locate, nearest_line
from inboxcrm.configuration.problems import listed, nearest
from inboxcrm.configuration.table import shown
from inboxcrm.domain.durations import parse_duration
from inboxcrm.domain.modes import Mode
from inboxcrm.domain.policies import Policy
from inboxcrm.domain.rule_conditions import ConditionError, read_condition
from inboxcrm.domain.rules import Actions, Rule

T = TypeVar("T")

RULE_KEYS = ("name", "when", "then")
ACTIONS = ("acknowledge", "policy", "mode", "hold", "quiet", "no_promise", "target", "tag", "stop")
"""What `then` may hold; docs/rules.md says what each means."""

LATER = ("draft", "notify", "plan", "commitment", "occasion", "interaction", "after", "unless")
"""Actions that were thought of and that this version does not have."""

LONGEST_NAME = 60
_TAG = re.compile(r"[a-z0-9][a-z0-9-]{0,29}")
_TOML_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)$")


@dataclass(slots=True)
class RuleFile:
    """The rules of one file as far as they can be read, and what is wrong with the rest, a line each."""

    origin: str
    rules: list[Rule] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Reader:
    """What it takes to read a file: where its keys stand, what conditions may ask, which templates there are."""

    file: RuleFile
    lines: Mapping[Path, int]
    context: Any
    templates: Collection[str] | None

    def problem(self, place: Path, what: str) -> None:
        line = nearest_line(self.lines, place)
        at = f"{self.file.origin}:{line}" if line else self.file.origin
        rule = f" [[rule]] {place[1] + 1}:" if len(place) > 1 and isinstance(place[1], int) else ""
        self.file.problems.append(f"{at}:{rule} {what}")


def read_rules(text: str, origin: str, *, context: Any, templates: Collection[str] | None) -> RuleFile:
    """Read one file. `templates` are the names `acknowledge` may have; None leaves them unasked."""
    file = RuleFile(origin)
    try:
        values = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        line = _TOML_LINE.search(str(error))
        at = f"{origin}:{line[1]}" if line else origin
        file.problems.append(f"{at}: not TOML: {_TOML_LINE.sub('', str(error))}")
        return file
    reader = _Reader(file, locate(text.removeprefix("\ufeff")), context, templates)
    _unknown_keys(reader, (), values, ("rule",))
    written = values.get("rule", [])
    if not isinstance(written, list) or not all(isinstance(each, dict) for each in written):
        reader.problem(("rule",), "rules are written under [[rule]], one such heading for each")
        return file
    for number, each in enumerate(written):
        rule = _rule(reader, ("rule", number), each)
        if rule is not None:
            file.rules.append(rule)
    return file


def _unknown_keys(reader: _Reader, place: Path, values: Mapping[str, object], known: Sequence[str]) -> None:
    for key in values:
        if key not in known:
            near = nearest(key, known)
            hint = f"Did you mean {near}?" if near else f"Known here: {listed(known)}."
            reader.problem((*place, key), f"unknown key {shown(key)}. {hint}")


def _rule(reader: _Reader, place: Path, values: Mapping[str, object]) -> Rule | None:
    before = len(reader.file.problems)
    _unknown_keys(reader, place, values, RULE_KEYS)
    _missing(reader, place, values)
    name = _read(reader, (*place, "name"), values, _name, "")
    when = _read(reader, (*place, "when"), values, lambda value: _condition(reader, value), None)
    then = _then(reader, (*place, "then"), values.get("then"))
    if when is None or then is None or len(reader.file.problems) > before:
        return None
    line = nearest_line(reader.lines, place)
    return Rule(name, when, then, f"{reader.file.origin}:{line}")


def _missing(reader: _Reader, place: Path, values: Mapping[str, object]) -> None:
    misspelt = {nearest(key, RULE_KEYS) for key in values if key not in RULE_KEYS}
    for key, example in (("name", '"after hours"'), ("when", '"not office.open"'), ("then", "{ quiet = true }")):
        if key not in values and f'"{key}"' not in misspelt:
            reader.problem(place, f'"{key}" is missing; write {key} = {example}')


def _read(reader: _Reader, place: Path, values: Mapping[str, object], convert: Callable[[object], T], default: T) -> T:
    """The converted value of the key a place ends with; `default` where it is missing, or refused and told."""
    key = str(place[-1])
    if key not in values:
        return default
    try:
        return convert(values[key])
    except ValueError as error:
        reader.problem(place, f'"{key}": {error}')
        return default


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > LONGEST_NAME:
        raise ValueError(f"found {shown(value)}; must be a name of at most {LONGEST_NAME} characters")
    return value.strip()


def _condition(reader: _Reader, value: object) -> Any:
    if not isinstance(value, str):
        raise ConditionError(f"found {shown(value)}; must be a condition in quotes, such as 'not office.open'")
    return read_condition(value, reader.context)


def _then(reader: _Reader, place: Path, values: object) -> Actions | None:
    if values is None:
        return None
    if not isinstance(values, dict) or not values:
        written = "nothing" if values == {} else shown(values)
        reader.problem(place, f'"then": found {written}; must be actions, such as {{ hold = true }}')
        return None
    for key in values:
        if key in LATER:
            has = listed(ACTIONS)
            reader.problem((*place, key), f'this version does not have the action "{key}"; it has {has}')
    _unknown_keys(reader, place, values, (*ACTIONS, *(key for key in values if key in LATER)))

    def flag(key: str) -> bool:
        return _read(reader, (*place, key), values, _flag, False)

    def template(value: object) -> str:
        return _template(reader, value)

    actions = Actions(
        acknowledge=_read(reader, (*place, "acknowledge"), values, template, None),
        hold=flag("hold"),
        quiet=flag("quiet"),
        no_promise=flag("no_promise"),
        target=_read(reader, (*place, "target"), values, _target, None),
        tags=_read(reader, (*place, "tag"), values, _tags, ()),
        stop=flag("stop"),
        mode=_read(reader, (*place, "mode"), values, _mode, None),
        policy=_read(reader, (*place, "policy"), values, _policy, None),
    )
    _contradictions(reader, place, actions)
    return actions


def _flag(value: object) -> bool:
    if value is not True:
        raise ValueError(f"found {shown(value)}; can only be true, and is left out otherwise")
    return True


def _mode(value: object) -> Mode:
    if value not in list(Mode):
        raise ValueError(f"found {shown(value)}; must be {listed(list(Mode))}")
    return Mode(str(value))


def _policy(value: object) -> Policy:
    if value not in list(Policy):
        raise ValueError(f"found {shown(value)}; must be {listed(list(Policy))}")
    return Policy(str(value))


def _template(reader: _Reader, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"found {shown(value)}; must be the name of a template")
    if reader.templates is not None and value not in reader.templates:
        near = nearest(value, reader.templates)
        hint = f" Did you mean {near}?" if near else ""
        raise ValueError(
            f"there is no template {shown(value)} for acknowledgements; there are "
            f"{', '.join(sorted(reader.templates))}.{hint}"
        )
    return value


def _target(value: object) -> timedelta:
    if not isinstance(value, str):
        raise ValueError(f'found {shown(value)}; must be a length of open office time, such as "4h"')
    target = parse_duration(value)
    if target <= timedelta(0):
        raise ValueError(f"found {shown(value)}; must be longer than nothing")
    return target


def _tags(value: object) -> tuple[str, ...]:
    several = value if isinstance(value, list) else [value]
    for each in several:
        if not isinstance(each, str) or not _TAG.fullmatch(each):
            raise ValueError(f"found {shown(each)}; a tag has small letters, digits and hyphens, at most 30")
    if not several:
        raise ValueError("found an empty list; name at least one tag")
    return tuple(dict.fromkeys(several))


def _contradictions(reader: _Reader, place: Path, actions: Actions) -> None:
    silent = "quiet" if actions.quiet else "no_promise" if actions.no_promise else None
    spoken = "acknowledge" if actions.acknowledge else "hold" if actions.hold else None
    if actions.hold and actions.mode is Mode.AUTO:
        reader.problem((*place, "mode"), '"hold" and "mode" contradict each other: what is held waits for you')
    if silent and spoken:
        reader.problem((*place, spoken), f'"{silent}" and "{spoken}" contradict each other: nothing is sent')
    if actions.no_promise and actions.target is not None:
        reader.problem((*place, "target"), '"no_promise" and "target" contradict each other: no answer is owed')
