"""Writes a rule from an example mail: what tells such mail apart, what is to be done, and which mail it would meet."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path

from inboxcrm.domain.rules import Situation
from inboxcrm.errors import UserError
from inboxcrm.rulebook import RuleBook
from inboxcrm.service import rehearse
from inboxcrm.service.household import Household
from inboxcrm.service.rehearse import Replayed
from inboxcrm.service.reload import names_for


class By(StrEnum):
    """What tells mail like the example apart."""

    SENDER = "sender"
    DOMAIN = "domain"
    SUBJECT = "subject"
    TEXT = "text"


@dataclass(frozen=True, slots=True)
class NewRule:
    """A rule as it would stand in a file. `then` holds the actions as TOML writes them."""

    name: str
    when: str
    then: Mapping[str, str]

    @property
    def text(self) -> str:
        """The lines of the file."""
        actions = "".join(f"then.{key} = {value}\n" for key, value in self.then.items())
        return f"[[rule]]\nname = {quoted(self.name)}\nwhen = '''{self.when}'''\n{actions}"


def quoted(text: str) -> str:
    """A text as TOML and conditions write it. Raises UserError for one that no rule can hold."""
    if not text.isprintable() or "'''" in text:
        raise UserError(f"{text!r} cannot stand in a rule; give plain words on one line")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def condition(example: Situation, by: By, words: str | None) -> str:
    """The condition that tells mail like the example apart; `words` are the phrase for subject and text."""
    author = example.message.author
    if by in (By.SENDER, By.DOMAIN) and author is None:
        raise UserError("the example has no sender; choose --by subject or --by text with --words")
    match by:
        case By.SENDER:
            return f"message.from.address == {_literal(author.key if author else '')}"
        case By.DOMAIN:
            return f"within(message.from.domain, {_literal(author.domain if author else '')})"
        case By.SUBJECT:
            return f"mentions(message.subject, [{_literal(words or example.message.subject)}])"
        case By.TEXT if words:
            return f"mentions(message.text, [{_literal(words)}])"
    raise UserError("--by text needs --words: the phrase to look for")


def _literal(text: str) -> str:
    """A text in a condition, where a backslash is a backslash and a quotation mark ends it."""
    if '"' in text or "'''" in text or not text.isprintable():
        raise UserError(f"{text!r} cannot stand in a condition; give other words with --words")
    return f'"{text}"'


def example_of(house: Household, connection: sqlite3.Connection, raw: bytes, received_at: datetime) -> Situation:
    """The situation of the example mail, as the rules see it."""
    return rehearse.rehearse(house, connection, raw, received_at=received_at).situation


def checked(house: Household, rule: NewRule, file: Path) -> RuleBook:
    """All rules with the new one at the end of its file; RuleError where it cannot be used."""
    texts = {**house.rules.own_texts}
    texts[file.name] = appended(file, rule)
    return RuleBook.of_texts(texts, names=names_for(house.config, house.templates), zone=house.config.owner.timezone)


def appended(file: Path, rule: NewRule) -> str:
    """The file's text with the rule at its end."""
    before = file.read_text(encoding="utf-8").rstrip("\n") + "\n\n" if file.exists() else ""
    return before + rule.text


def would_meet(
    house: Household, connection: sqlite3.Connection, book: RuleBook, name: str, *, since: datetime
) -> list[Replayed]:
    """The stored live mail since then that the rule would have met, oldest first."""
    (rule,) = [each for each in book.rules if each.name == name]
    played = rehearse.replay(house, connection, since=since)
    return [each for each in played if rule.when.holds(book.facts(each.rehearsal.situation))]
