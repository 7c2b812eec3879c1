"""Is a template fit to be sent? Each problem with the rule it breaks and the reason the rule exists."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from inboxcrm.domain.outbox import TemplateValue
from inboxcrm.domain.salutation import Form
from inboxcrm.errors import TemplateError
from inboxcrm.render.languages import PREFIXES
from inboxcrm.render.lint_words import PHRASES, Phrases
from inboxcrm.render.templates import Intent, Template, render_template
from inboxcrm.render.values import NOT_ALWAYS, samples

MAX_WORDS = 120

_PROMISING = frozenset((Intent.ACKNOWLEDGE, Intent.MINIMAL, Intent.EXTEND, Intent.APOLOGISE))
_MAY_LACK_A_DATE = frozenset((Intent.ACKNOWLEDGE, Intent.MINIMAL))
_NEEDS_A_HUMAN = _PROMISING
_NO_ADVERTISING = _PROMISING
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
    MIXED_FORMS = "mixed-forms"
    ADVERTISES = "advertises"
    UNKNOWN_LANGUAGE = "unknown-language"


@dataclass(frozen=True, slots=True)
class Problem:
    """One rule broken by one template."""

    origin: str
    rule: Rule
    reason: str

    def __str__(self) -> str:
        return f"{self.origin}: {self.rule}: {self.reason}"


def lint(template: Template) -> tuple[Problem, ...]:
    """Every problem of a template; empty when it may be used as it is."""
    unknown = sorted(template.used - template.needs)
    if unknown:
        return (_problem(template, Rule.UNKNOWN_VARIABLE, f"{', '.join(unknown)} is not named in `needs`"),)
    try:
        told = _told(template)
    except TemplateError as error:
        return (_problem(template, Rule.DOES_NOT_RENDER, str(error)),)
    rules = (*_structure(template, told), *_length(told), *_wording(template, told))
    return tuple(_problem(template, rule, reason) for rule, reason in rules)


def lint_all(templates: Iterable[Template]) -> tuple[Problem, ...]:
    """Every problem of every template."""
    return tuple(problem for template in templates for problem in lint(template))


def words(text: str) -> int:
    """How long a text reads, in words; kana and kanji count by `_CHARACTERS_PER_WORD`."""
    characters = len(_CHARACTER_SCRIPTS.findall(text))
    return len(_CHARACTER_SCRIPTS.sub(" ", text).split()) + round(characters / _CHARACTERS_PER_WORD)


_Finding = tuple[Rule, str]


@dataclass(frozen=True, slots=True)
class _Told:
    """The text as different people get it. `dateless`: no day can be named, where the text may lack one.

    `full` says everything there is to say; `texts` are these and the text that knows nothing of the sender and has
    nothing to add, each in every form of address that the text knows.
    """

    full: str
    dateless: str | None
    texts: Mapping[Form, tuple[str, ...]]


def _told(template: Template) -> _Told:
    """Raises `TemplateError` where one of them cannot be completed."""
    nothing: dict[str, TemplateValue] = dict.fromkeys(NOT_ALWAYS)
    may_lack_a_date = template.intent in _MAY_LACK_A_DATE and "due" in template.used

    def text(form: Form, **changed: TemplateValue) -> str:
        called: dict[str, TemplateValue] = {} if form is Form.FAMILIAR else {"first_name": None}
        return render_template(template, {**samples(template.language, form), **called, **changed}).text

    texts: dict[Form, tuple[str, ...]] = {}
    for form in Form if "form" in template.used else (Form.FORMAL,):
        texts[form] = (text(form), text(form, phone=None), text(form, **nothing))
        if may_lack_a_date:
            texts[form] += (text(form, due=None),)
    formal = texts[Form.FORMAL]
    return _Told(formal[0], formal[-1] if may_lack_a_date else None, texts)


def _problem(template: Template, rule: Rule, reason: str) -> Problem:
    return Problem(template.origin, rule, reason)


def _structure(template: Template, told: _Told) -> Iterator[_Finding]:
    unused = sorted(template.needs - template.used)
    if unused:
        yield Rule.UNUSED_NEED, f"`needs` names {', '.join(unused)}, which the text does not use"
    if template.intent in _PROMISING and samples(template.language)["due"] not in told.full:
        yield Rule.MISSING_PROMISE, "an acknowledgement is a promise: say when the answer comes, with {{ due }}"
    if told.dateless is not None and set(_paragraphs(told.dateless)) <= set(_paragraphs(told.full)):
        yield Rule.MISSING_PROMISE, "when there is no date it says nothing of the time: add what {% else %} tells"
    if template.intent is Intent.MINIMAL:
        yield from _too_much(template, told.full)


def _paragraphs(text: str) -> list[str]:
    return text.strip().split("\n\n")


def _too_much(template: Template, full: str) -> Iterator[_Finding]:
    """The minimal text may go to a forger: the date, and nothing that helps one."""
    private = sorted(template.used - {"due"})
    if private:
        yield Rule.TELLS_TOO_MUCH, f"a minimal text may go to a forger; it must not tell {', '.join(private)}"
    if _LINK.search(full) or _NUMBER.search(full.replace(samples(template.language)["due"], "")):
        yield Rule.TELLS_TOO_MUCH, "a minimal text may go to a forger; it must not hold a link or a number"


def _length(told: _Told) -> Iterator[_Finding]:
    most = max(words(text) for texts in told.texts.values() for text in texts)
    if most > MAX_WORDS:
        yield Rule.TOO_LONG, f"it has {most} words with every part of it shown; at most {MAX_WORDS} are read"


def _wording(template: Template, told: _Told) -> Iterator[_Finding]:
    phrases = PHRASES.get(template.language.partition("-")[0])
    if phrases is None:
        known = ", ".join(PREFIXES)
        yield (
            Rule.UNKNOWN_LANGUAGE,
            f"its wording cannot be judged and its subject prefix is English; known are {known}",
        )
        return
    everyone = [text for texts in told.texts.values() for text in texts]
    text = "\n".join((template.subject, *everyone))
    for rule, found, reason in _FORBIDDEN:
        match = found(phrases).search(text)
        if match and _concerns(rule, template):
            yield rule, f'"{match[0]}": {reason}'
    if template.intent in _NEEDS_A_HUMAN and not all(phrases.human.search(each) for each in everyone):
        yield Rule.NO_WAY_TO_A_HUMAN, "say that a reply reaches a person, whatever else is told"
    yield from _forms(template, told, phrases)


def _concerns(rule: Rule, template: Template) -> bool:
    """Whether a template of this intent must not say it."""
    match rule:
        case Rule.ASK_IN_GREETING:
            return template.intent is Intent.GREET and not template.asks
        case Rule.ADVERTISES:
            return template.intent in _NO_ADVERTISING
        case _:
            return True


def _forms(template: Template, told: _Told, phrases: Phrases) -> Iterator[_Finding]:
    """One form of address in a text, and the one that was asked for."""
    if phrases.formal is None or phrases.familiar is None:
        return
    words_of = {Form.FORMAL: phrases.formal, Form.FAMILIAR: phrases.familiar}
    for form, texts in told.texts.items():
        other = Form.FAMILIAR if form is Form.FORMAL else Form.FORMAL
        for text in texts:
            right, wrong = words_of[form].search(text), words_of[other].search(text)
            if wrong and (right or "form" in template.used):
                beside = f' beside "{right[0]}"' if right else ""
                why = "a reader is addressed in one form, the one set on the contact"
                yield Rule.MIXED_FORMS, f'"{wrong[0]}"{beside} where the address is {form}: {why}'
                return


_FORBIDDEN: tuple[tuple[Rule, Callable[[Phrases], re.Pattern[str]], str], ...] = (
    (Rule.DO_NOT_REPLY, lambda phrases: phrases.do_not_reply, "a mail that cannot be answered is a closed door"),
    (Rule.VAGUE_TIME, lambda phrases: phrases.vague, "it promises nothing; name the day with {{ due }}"),
    (
        Rule.ASK_IN_GREETING,
        lambda phrases: phrases.asks,
        "a greeting gives and asks for nothing; write `asks: yes` above it if it is meant to",
    ),
    (
        Rule.ADVERTISES,
        lambda phrases: phrases.sells,
        "an automatic mail that advertises is taken for spam, and the next one is not read",
    ),
)
