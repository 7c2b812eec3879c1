"""Is a template fit to be sent? Each problem with the rule it breaks and the reason the rule exists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from inboxcrm.errors import TemplateError
from inboxcrm.render.languages import PREFIXES
from inboxcrm.render.lint_words import PHRASES, Phrases
from inboxcrm.render.templates import Intent, Template, render_template
from inboxcrm.render.values import samples

MAX_WORDS = 120

_PROMISING = frozenset((Intent.ACKNOWLEDGE, Intent.MINIMAL, Intent.EXTEND, Intent.APOLOGISE))
_MAY_LACK_A_DATE = frozenset((Intent.ACKNOWLEDGE, Intent.MINIMAL))
_NEEDS_A_HUMAN = _PROMISING
_LINK = re.compile(r"https?://|\bwww\.", re.IGNORECASE)
_NUMBER = re.compile(r"\+?\d[\d ()/-]{6,}\d")
_CHARACTER_SCRIPTS = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_CHARACTERS_PER_WORD = 2.5
"""Kana and kanji that say what one English word says, for scripts that put no spaces."""


class Rule(StrEnum):
    """What the lint looks for."""

    UNKNOWN_VARIABLE = "unknown-variable"
    UNUSED_NEED = "unused-need"
    DOES_NOT_RENDER = "does-not-render"
    MISSING_PROMISE = "missing-promise"
    ASK_IN_GREETING = "ask-in-greeting"
    DO_NOT_REPLY = "do-not-reply"
    NO_WAY_TO_A_HUMAN = "no-way-to-a-human"
    TOO_LONG = "too-long"
    VAGUE_TIME = "vague-time"
    TELLS_TOO_MUCH = "tells-too-much"
    UNKNOWN_LANGUAGE = "unknown-language"


@dataclass(frozen=True, slots=True)
class Problem:
    """One rule broken by one template."""

    origin: str
    rule: Rule
    reason: str

    def __str__(self) -> str:
        return f"{self.rule}: {self.reason}"


def lint(template: Template) -> tuple[Problem, ...]:
    """Every problem of a template; empty when it may be used as it is."""
    unknown = sorted(template.used - template.needs)
    if unknown:
        return (_problem(template, Rule.UNKNOWN_VARIABLE, f"{', '.join(unknown)} is not named in `needs`"),)
    given = samples(template.language)
    try:
        full = render_template(template, given).text
        dateless = render_template(template, {**given, "due": None}).text if _may_lack_a_date(template) else None
    except TemplateError as error:
        return (_problem(template, Rule.DOES_NOT_RENDER, str(error)),)
    rules = (*_structure(template, full, dateless), *_length(full), *_wording(template, full, dateless or ""))
    return tuple(_problem(template, rule, reason) for rule, reason in rules)


def lint_all(templates: Iterable[Template]) -> tuple[Problem, ...]:
    """Every problem of every template."""
    return tuple(problem for template in templates for problem in lint(template))


def words(text: str) -> int:
    """How long a text reads, in words; kana and kanji count by `_CHARACTERS_PER_WORD`."""
    characters = len(_CHARACTER_SCRIPTS.findall(text))
    return len(_CHARACTER_SCRIPTS.sub(" ", text).split()) + round(characters / _CHARACTERS_PER_WORD)


_Finding = tuple[Rule, str]


def _problem(template: Template, rule: Rule, reason: str) -> Problem:
    return Problem(template.origin, rule, reason)


def _may_lack_a_date(template: Template) -> bool:
    return template.intent in _MAY_LACK_A_DATE and "due" in template.used


def _structure(template: Template, full: str, dateless: str | None) -> Iterator[_Finding]:
    unused = sorted(template.needs - template.used)
    if unused:
        yield Rule.UNUSED_NEED, f"`needs` names {', '.join(unused)}, which the text does not use"
    if template.intent in _PROMISING and samples(template.language)["due"] not in full:
        yield Rule.MISSING_PROMISE, "an acknowledgement is a promise: say when the answer comes, with {{ due }}"
    if dateless is not None and set(_paragraphs(dateless)) <= set(_paragraphs(full)):
        yield Rule.MISSING_PROMISE, "when there is no date it says nothing of the time: add what {% else %} tells"
    if template.intent is Intent.MINIMAL:
        yield from _too_much(template, full)


def _paragraphs(text: str) -> list[str]:
    return text.strip().split("\n\n")


def _too_much(template: Template, full: str) -> Iterator[_Finding]:
    """The minimal text may go to a forger: the date, and nothing that helps one."""
    private = sorted(template.used - {"due"})
    if private:
        yield Rule.TELLS_TOO_MUCH, f"a minimal text may go to a forger; it must not tell {', '.join(private)}"
    if _LINK.search(full) or _NUMBER.search(full.replace(samples(template.language)["due"], "")):
        yield Rule.TELLS_TOO_MUCH, "a minimal text may go to a forger; it must not hold a link or a number"


def _length(full: str) -> Iterator[_Finding]:
    if words(full) > MAX_WORDS:
        yield Rule.TOO_LONG, f"it has {words(full)} words with every part of it shown; at most {MAX_WORDS} are read"


def _wording(template: Template, full: str, dateless: str) -> Iterator[_Finding]:
    phrases = PHRASES.get(template.language.partition("-")[0])
    if phrases is None:
        known = ", ".join(PREFIXES)
        yield (
            Rule.UNKNOWN_LANGUAGE,
            f"its wording cannot be judged and its subject prefix is English; known are {known}",
        )
        return
    text = f"{template.subject}\n{full}\n{dateless}"
    for rule, found, reason in _FORBIDDEN:
        match = found(phrases).search(text)
        if match and (rule is not Rule.ASK_IN_GREETING or template.intent is Intent.GREET):
            yield rule, f'"{match[0]}": {reason}'
    if template.intent in _NEEDS_A_HUMAN and not phrases.human.search(full):
        yield Rule.NO_WAY_TO_A_HUMAN, "say that a reply reaches a person"


_FORBIDDEN: tuple[tuple[Rule, Callable[[Phrases], re.Pattern[str]], str], ...] = (
    (Rule.DO_NOT_REPLY, lambda phrases: phrases.do_not_reply, "a mail that cannot be answered is a closed door"),
    (Rule.VAGUE_TIME, lambda phrases: phrases.vague, "it promises nothing; name the day with {{ due }}"),
    (Rule.ASK_IN_GREETING, lambda phrases: phrases.asks, "a greeting gives and asks for nothing"),
)
