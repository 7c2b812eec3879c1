"""Writes a rule from an example mail: what tells such mail apart, what is to be done, and which mail it would meet."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING

from inboxcrm import home as homes
from inboxcrm.domain.rules import Situation
from inboxcrm.errors import UserError
from inboxcrm.service import rehearse
from inboxcrm.service.household import Household
from inboxcrm.service.rehearse import Replayed
from inboxcrm.service.reload import names_for

if TYPE_CHECKING:
    from inboxcrm.rulebook import RuleBook


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


def free_name(house: Household, name: str) -> str:
    """The name, if no rule has it; UserError where one does."""
    for rule in house.rules.rules:
        if rule.name == name:
            raise UserError(f'the name "{name}" is taken by the rule at {rule.origin}')
    return name


def place(house: Household, name: str) -> Path:
    """The file of the home's rules under this name. UserError where it is none, or would hide shipped rules."""
    folder = house.config.home / "rules"
    file = folder / name
    if file.parent != folder or file.suffix != ".toml":
        raise UserError(f"--file {name!r}: give the name of a .toml file, such as 30-mine.toml")
    from inboxcrm.rulebook import shipped  # here, and below, because the rule language takes half a second to import

    if not file.exists() and name in shipped():
        raise UserError(f"--file {name!r}: a file of that name is shipped; yours would hide it. Name another")
    return file


def checked(house: Household, rule: NewRule, file: Path) -> RuleBook:
    """All rules with the new one at the end of its file; RuleError where it cannot be used."""
    texts = {**house.rules.own_texts}
    texts[file.name] = _appended(file, rule)
    from inboxcrm.rulebook import RuleBook

    return RuleBook.of_texts(texts, names=names_for(house.config, house.templates), zone=house.config.owner.timezone)


def write(file: Path, rule: NewRule) -> None:
    """Put the rule at the end of its file. UserError where it cannot be written."""
    homes.write_whole(file, _appended(file, rule))


def _appended(file: Path, rule: NewRule) -> str:
    """The file's text with the rule at its end."""
    before = file.read_text(encoding="utf-8").rstrip("\n") + "\n\n" if file.exists() else ""
    return before + rule.text


@dataclass(frozen=True, slots=True)
class Tried:
    """What a new rule would have done. `asked`: how many stored mails were looked at; `met`: those it is about."""

    asked: int
    met: tuple[Replayed, ...]
    example: bool
    """Whether it is about the example."""


def tried(
    house: Household, connection: sqlite3.Connection, book: RuleBook, name: str, example: Situation, *, since: datetime
) -> Tried:
    """The stored mail since then, live or filed from before, under the rules with the new one; oldest first."""
    (rule,) = [each for each in book.rules if each.name == name]
    played = [
        *rehearse.replay(house, connection, since=since, rules=book),
        *rehearse.replay_filed(house, connection, since=since, rules=book),
    ]
    met = (each for each in played if rule.when.holds(book.facts(each.rehearsal.situation)))
    in_order = sorted(met, key=lambda each: (each.rehearsal.situation.received_at, each.id))
    return Tried(len(played), tuple(in_order), rule.when.holds(book.facts(example)))
