"""One file of rules, `[[rule]]` by `[[rule]]`: what is fit is read, and everything that is not is told at once."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Mapping
from typing import Any

from inboxcrm.configuration.lines import Path, locate, nearest_line
from inboxcrm.configuration.problems import listed, nearest
from inboxcrm.configuration.ruleactions import steps_of, then_of
from inboxcrm.configuration.rulereader import Names, Reader, RuleFile
from inboxcrm.configuration.table import shown
from inboxcrm.domain.deeds import IN_TIME, On, Step
from inboxcrm.domain.rule_conditions import ConditionError, read_condition
from inboxcrm.domain.rules import Actions, Rule

RULE_KEYS = ("name", "on", "when", "then", "priority", "step")
LONGEST_NAME = 60
HIGHEST_PRIORITY = 100
_TOML_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)$")


def read_rules(text: str, origin: str, *, context: Callable[[On], Any], names: Names) -> RuleFile:
    """Read one file; what is wrong is told in its problems.

    `context` types what the conditions of each kind of rule may ask, `names` holds what actions may name.
    """
    file = RuleFile(origin)
    try:
        values = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        line = _TOML_LINE.search(str(error))
        at = f"{origin}:{line[1]}" if line else origin
        file.problems.append(f"{at}: not TOML: {_TOML_LINE.sub('', str(error))}")
        return file
    reader = Reader(file, locate(text.removeprefix("\ufeff")), context, names)
    reader.unknown_keys((), values, ("rule",))
    written = values.get("rule", [])
    if not isinstance(written, list) or not all(isinstance(each, dict) for each in written):
        reader.problem(("rule",), "rules are written under [[rule]], one such heading for each")
        return file
    for number, each in enumerate(written):
        rule = _rule(reader, ("rule", number), each)
        if rule is not None:
            file.rules.append(rule)
    return file


def _rule(reader: Reader, place: Path, values: Mapping[str, object]) -> Rule | None:
    before = len(reader.file.problems)
    reader.unknown_keys(place, values, RULE_KEYS)
    _missing(reader, place, values)
    name = reader.read((*place, "name"), values, _name, "")
    on = reader.read((*place, "on"), values, _on, On.RECEIVED)
    when = reader.read((*place, "when"), values, lambda value: _condition(reader, value, on), None)
    priority = reader.read((*place, "priority"), values, _priority, 0)
    then = then_of(reader, (*place, "then"), values["then"], on=on) if "then" in values else None
    steps = steps_of(reader, (*place, "step"), values["step"]) if "step" in values else ()
    if steps and on in IN_TIME:
        reader.problem(
            (*place, "step"), f'a rule on = "{on}" does at once what it does; steps that wait begin with a mail'
        )
    if when is None or len(reader.file.problems) > before:
        return None
    line = nearest_line(reader.lines, place)
    actions, deeds = then or (Actions(), None)
    first = () if deeds is None or deeds.none else (Step(deeds),)
    return Rule(name, when, actions, f"{reader.file.origin}:{line}", priority, on, (*first, *steps))


def _missing(reader: Reader, place: Path, values: Mapping[str, object]) -> None:
    misspelt = {nearest(key, RULE_KEYS) for key in values if key not in RULE_KEYS}
    for key, example in (("name", '"after hours"'), ("when", '"not office.open"'), ("then", "{ quiet = true }")):
        if key not in values and f'"{key}"' not in misspelt and not (key == "then" and "step" in values):
            reader.problem(place, f'"{key}" is missing; write {key} = {example}')


def _name(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable() or len(value) > LONGEST_NAME:
        raise ValueError(f"found {shown(value)}; must be a name of at most {LONGEST_NAME} characters")
    return value.strip()


def _on(value: object) -> On:
    if value not in tuple(On):
        near = nearest(value, tuple(On)) if isinstance(value, str) else None
        hint = f" Did you mean {near}?" if near else ""
        raise ValueError(f"found {shown(value)}; must be {listed(On)}.{hint}")
    return On(str(value))


def _priority(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or abs(value) > HIGHEST_PRIORITY:
        raise ValueError(
            f"found {shown(value)}; must be a whole number from -{HIGHEST_PRIORITY} to {HIGHEST_PRIORITY}, "
            "higher ones are asked first"
        )
    return value


def _condition(reader: Reader, value: object, on: On) -> Any:
    if not isinstance(value, str):
        raise ConditionError(f"found {shown(value)}; must be a condition in quotes, such as 'not office.open'")
    return read_condition(value, reader.context(on))
