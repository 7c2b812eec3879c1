"""A house whose owner has a rule of their own and a text to draft from."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from inboxcrm.store import home, workflows
from inboxcrm.store.workflows import StepRow
from tests.plans.conftest import Planned

LETTER = """\
---
intent: letter
subject: A word
needs: day, owner_name, sender_name
---
Hello{% if sender_name %} {{ sender_name }}{% endif %},

you wrote on {{ day }}.

{{ owner_name }}
"""
NUDGE = """\
[[rule]]
name = "nudge"
when = 'mentions(message.subject, ["offer"])'

[[rule.step]]
after = "2d"
unless = "answered"
then = { draft = "word", notify = "owner", note = "still no word to them" }
"""
OFFER = """\
[[rule]]
name = "offer"
on = "sent"
when = 'mentions(message.subject, ["bargain"])'

[[rule.step]]
after = "5d"
unless = "answered"
then = { draft = "word" }
"""


class Bureau(Planned):
    """A house with rules and texts of its own, and what can be seen of its workflows."""

    def rule(self, text: str, name: str = "30-mine.toml") -> None:
        """Write the owner's file of rules; what is in use takes it over at the next sweep."""
        (self.folder / "rules" / name).write_text(text, encoding="utf-8")

    def steps(self) -> list[StepRow]:
        """Every step there is, in the order in which they were begun."""
        rows = self.household.database.reading(lambda connection: workflows.listed(connection, everything=True))
        return sorted(rows, key=lambda row: row.id)

    def told(self) -> list[str]:
        """What rules have told the owner and still stands."""
        alarms = self.household.database.reading(home.alarms)
        return [alarm.detail for alarm in alarms if alarm.kind == "rule"]


@pytest.fixture
def bureau(tmp_path: Path) -> Iterator[Bureau]:
    """In mode auto, with the text `word` to draft from, and no rule yet."""
    (tmp_path / "rules").mkdir()
    (tmp_path / "templates" / "word").mkdir(parents=True)
    (tmp_path / "templates" / "word" / "en.txt.j2").write_text(LETTER, encoding="utf-8")
    opened = Bureau(tmp_path)
    yield opened
    opened.close()


@pytest.fixture
def open_bureau(tmp_path: Path) -> Iterator[Callable[..., Bureau]]:
    """Opens a house in mode auto and, unless told otherwise, under the policy of a new home."""
    opened: list[Bureau] = []

    def make(**settings: Any) -> Bureau:
        opened.append(Bureau(tmp_path, **({"policy": "when-slow"} | settings)))
        return opened[-1]

    yield make
    for each in opened:
        each.close()
