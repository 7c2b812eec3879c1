"""docs/rules.md names every condition, function, action and shipped rule, and nothing that there is not."""

from __future__ import annotations

import re
from datetime import UTC
from functools import partial
from pathlib import Path

import pytest

from inboxcrm.configuration.ruleactions import ACTIONS
from inboxcrm.configuration.rulefile import RULE_KEYS, read_rules
from inboxcrm.configuration.rulereader import Names
from inboxcrm.domain.deeds import Unless
from inboxcrm.domain.rule_names import HELPERS, NAMES, context
from tests.rules.situations import starter

PAGE = (Path(__file__).parents[2] / "docs" / "rules.md").read_text(encoding="utf-8")


def rows(heads: str) -> list[list[str]]:
    """The cells of the table under these heads."""
    table = PAGE.split(f"| {heads} |\n", 1)[1].split("\n\n", 1)[0].splitlines()[1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table]


def test_every_name_is_told_with_its_kind_and_meaning() -> None:
    told = {(name.strip("`"), kind, meaning) for name, kind, meaning in rows("name | kind | meaning")}

    assert told == {(path, name.kind.value, name.meaning) for path, name in NAMES.items()}


def test_every_function_is_told() -> None:
    told = {re.sub(r"[`(].*", "", name.strip("`")): meaning for name, meaning in rows("function | meaning")}

    assert told == {name: helper.meaning for name, helper in HELPERS.items()}


def test_every_action_is_told() -> None:
    assert {re.split(r"[` ]", name.strip("`"))[0] for name, _ in rows("action | meaning")} == set(ACTIONS)


def test_every_shipped_rule_is_told_in_its_order() -> None:
    assert [name for name, _ in rows("rule | what it does")] == [rule.name for rule in starter().rules]


def test_every_key_of_a_rule_is_told() -> None:
    told = {re.sub(r"[\[\]`]|rule\.", "", name) for name, _ in rows("key | meaning")}

    assert told == set(RULE_KEYS)


def test_everything_that_makes_a_step_moot_is_told() -> None:
    assert {name.strip('`"') for name, _ in rows("unless | the step is dropped when")} == set(Unless)


@pytest.mark.parametrize("example", PAGE.split("```\n")[1::2][:3])
def test_an_example_works(example: str) -> None:
    file = read_rules(example, "docs", context=partial(context, UTC), names=Names())

    assert file.problems == []
    assert len(file.rules) == 1
