"""The shipped rules on mail in French, Spanish, Italian, Portuguese, Dutch and Japanese."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from tests.rules.situations import met, situation

TABLE: dict[str, Any] = tomllib.loads(Path(__file__).with_name("situations_in_languages.toml").read_text("utf-8"))


@pytest.mark.parametrize("rule", TABLE)
def test_a_rule_meets_its_situation_in_every_language_and_nothing_that_only_sounds_like_it(rule: str) -> None:
    table = TABLE[rule]

    def meets(words: str) -> bool:
        asked = (
            situation("...", subject=words, attached=table["attached"])
            if "attached" in table
            else situation(words, subject="Re: ABC", reply=True)
        )
        return rule in met(asked)

    assert [words for words in table["meets"] if not meets(words)] == []
    assert [words for words in table["not"] if meets(words)] == []
