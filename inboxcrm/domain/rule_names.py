"""The names and helper functions that a rule's condition may use, each with its kind and its meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from enum import Enum
from functools import lru_cache
from typing import Any

import re2

from inboxcrm.domain.deeds import IN_TIME, On
from inboxcrm.domain.occasions import Kind as OccasionKind
from inboxcrm.domain.rule_language import DataType, rule_engine
from inboxcrm.domain.situation import Situation, Standing

LONGEST_TEXT = 20_000
"""How many characters of a mail's new text a condition sees."""

LONGEST_PATTERN = 2_000


class Kind(Enum):
    """What a name stands for; the value is how it is called in the documents and in error messages."""

    TEXT = "text"
    TEXTS = "list of texts"
    NUMBER = "number"
    TRUTH = "yes-or-no"
    MOMENT = "moment"


TYPES: Mapping[Kind, Any] = {
    Kind.TEXT: DataType.STRING,
    Kind.TEXTS: DataType.ARRAY(DataType.STRING),
    Kind.NUMBER: DataType.FLOAT,
    Kind.TRUTH: DataType.BOOLEAN,
    Kind.MOMENT: DataType.DATETIME,
}


_OF_MAIL = frozenset(On) - IN_TIME
_ALWAYS = frozenset(On)
_OCCASION, _QUIET = frozenset((On.OCCASION,)), frozenset((On.QUIET,))


@dataclass(frozen=True, slots=True)
class Name:
    """One thing to ask about. `choices` are the only texts it can be, where they are few; `on`: which rules may ask."""

    kind: Kind
    meaning: str
    read: Callable[[Any], object]
    choices: tuple[str, ...] = ()
    on: frozenset[On] = _OF_MAIL


def _text(situation: Situation) -> str:
    return situation.text[:LONGEST_TEXT]


def _author(situation: Situation, part: str) -> str:
    author = situation.message.author
    return "" if author is None else str(getattr(author, part))


NAMES: Mapping[str, Name] = {
    "message.subject": Name(Kind.TEXT, "the subject as it was written", lambda asked: asked.message.subject),
    "message.text": Name(
        Kind.TEXT, "what the sender newly wrote, without quotes and signature; the first 20,000 characters", _text
    ),
    "message.subject_and_text": Name(
        Kind.TEXT,
        "the two above, the subject on a line of its own",
        lambda asked: f"{asked.message.subject}\n{_text(asked)}",
    ),
    "message.words": Name(Kind.NUMBER, "how many words `message.text` has", lambda asked: len(_text(asked).split())),
    "message.is_reply": Name(
        Kind.TRUTH, "whether the mail says that it answers another one", lambda asked: bool(asked.message.ancestors)
    ),
    "message.has_attachment": Name(
        Kind.TRUTH, "whether a file is attached", lambda asked: bool(asked.message.attachments)
    ),
    "message.attachments": Name(
        Kind.TEXTS,
        "the names of the attached files",
        lambda asked: tuple(part.filename or "" for part in asked.message.attachments),
    ),
    "message.urgent": Name(
        Kind.TRUTH,
        "whether it is marked as urgent by somebody whose plan gives them a way to you after hours",
        lambda asked: asked.urgent,
    ),
    "message.from.address": Name(Kind.TEXT, "the sender's address in lower case", lambda asked: _author(asked, "key")),
    "message.from.domain": Name(Kind.TEXT, "what stands behind its @", lambda asked: _author(asked, "domain")),
    "message.from.name": Name(
        Kind.TEXT, "the name the sender goes by in this mail", lambda asked: _author(asked, "name")
    ),
    "message.to": Name(
        Kind.TEXTS, "the addresses in To, in lower case", lambda asked: tuple(each.key for each in asked.message.to)
    ),
    "message.cc": Name(
        Kind.TEXTS, "the addresses in Cc, in lower case", lambda asked: tuple(each.key for each in asked.message.cc)
    ),
    "contact.known": Name(
        Kind.TRUTH, "whether you wrote to the sender, imported or confirmed them", lambda asked: asked.known
    ),
    "contact.name": Name(
        Kind.TEXT, 'the contact\'s name; "" for nobody in your book', lambda asked: asked.contact, on=_ALWAYS
    ),
    "organisation": Name(
        Kind.TEXT, 'the name of the contact\'s organisation, or ""', lambda asked: asked.organisation, on=_ALWAYS
    ),
    "plan": Name(
        Kind.TEXT, 'the plan set for the contact or the organisation, or ""', lambda asked: asked.plan, on=_ALWAYS
    ),
    "office.open": Name(
        Kind.TRUTH,
        "whether the mail came in open office time, or in the hours that the sender's plan has of its own",
        lambda asked: asked.open,
    ),
    "office.holiday": Name(Kind.TEXT, 'the holiday on which it came, or ""', lambda asked: asked.holiday),
    "away": Name(Kind.TRUTH, "whether you were away when it came", lambda asked: asked.away),
    "matter.asked": Name(
        Kind.NUMBER, "1, or 2 when an answer was owed in this matter before the mail came", lambda asked: asked.asked
    ),
    "matter.exchanges": Name(
        Kind.NUMBER,
        "how many mails people wrote in this matter before this one, on either side",
        lambda asked: asked.exchanges,
    ),
    "answer.slow": Name(
        Kind.TRUTH,
        "whether your answer will take longer than people ordinarily expect, as far as was learned",
        lambda asked: asked.slow,
    ),
    "verdict.outcome": Name(
        Kind.TEXT,
        "what the gate lets a machine do: `ack`, `ack-min`, `review`, `suppress`",
        lambda asked: str(asked.outcome),
        ("ack", "ack-min", "review", "suppress"),
    ),
    "verdict.class": Name(
        Kind.TEXT,
        "who wrote: `human`, `machine`, `unknown`",
        lambda asked: str(asked.mail_class),
        ("human", "machine", "unknown"),
    ),
    "verdict.authenticated": Name(
        Kind.TRUTH, "whether the sender is proved to be who the mail says", lambda asked: asked.authenticated
    ),
    "language": Name(
        Kind.TEXT,
        "the code of the language we would write in: the contact's, else the mail's, else yours",
        lambda asked: asked.language,
        on=_ALWAYS,
    ),
    "received": Name(Kind.MOMENT, "when the mail came, by your clock", lambda asked: asked.received_at),
    "occasion.kind": Name(
        Kind.TEXT,
        "what returns: `birthday`, `anniversary`, `wedding`, `contract-start`, `go-live`, `first-job`",
        lambda asked: asked.kind,
        tuple(str(each) for each in OccasionKind),
        on=_OCCASION,
    ),
    "occasion.number": Name(
        Kind.NUMBER, "which return it is, in years; 0 where that is not known", lambda asked: asked.number, on=_OCCASION
    ),
    "occasion.note": Name(Kind.TEXT, "what you noted of it", lambda asked: asked.note, on=_OCCASION),
    "silence.days": Name(
        Kind.NUMBER, "how many days ago they last gave word", lambda asked: asked.silent_days, on=_QUIET
    ),
    "silence.typical": Name(
        Kind.NUMBER,
        "how many days usually lie between, 0 where they wrote once",
        lambda asked: asked.typical_days,
        on=_QUIET,
    ),
    "silence.gone": Name(
        Kind.TRUTH,
        "whether so long a silence is less likely than one in a hundred",
        lambda asked: asked.gone,
        on=_QUIET,
    ),
    "silence.broken_promise": Name(
        Kind.TRUTH, "whether a promise to them was broken before it", lambda asked: asked.broken, on=_QUIET
    ),
}


def found(text: str, pattern: str) -> str | None:
    """The first passage of a text that a pattern of google-re2 describes, case ignored; None where there is none."""
    match = compiled(pattern).search(_octets(text))
    return None if match is None else str(match.group(0), "utf-8")


@lru_cache(maxsize=2_048)
def compiled(pattern: str) -> Any:
    """A pattern, ready to search octets or text; re2.error for one google-re2 does not know. It takes linear time."""
    options = re2.Options()
    options.case_sensitive = False
    options.log_errors = False
    options.max_mem = 8 << 20
    return re2.compile(pattern, options)


@lru_cache(maxsize=4)
def _octets(text: str) -> bytes:
    """As much of a text as a condition sees, as the library reads it: many patterns are looked for in one letter."""
    return text[: LONGEST_TEXT + LONGEST_PATTERN].encode()


def mentioned(text: str, words: Iterable[str]) -> str | None:
    """The first of some words or phrases that stands in a text as whole words, case ignored; None where none does."""
    match = compiled(_any_of(tuple(words))).search(_octets(text))
    return None if match is None else str(match.group(1), "utf-8")


@lru_cache(maxsize=2_048)
def _any_of(words: tuple[str, ...]) -> str:
    spoken = "|".join(r"\s+".join(re2.escape(part) for part in word.split()) for word in words if word.strip())
    return rf"(?:^|[^\pL\pN])({spoken})(?:$|[^\pL\pN])"


def _matches(text: str, pattern: str) -> bool:
    return compiled(pattern).search(_octets(text)) is not None


def _matching(pattern: str) -> Callable[[str], bool]:
    search = compiled(pattern).search
    return lambda text: search(_octets(text)) is not None


def _mentions(text: str, words: Iterable[str]) -> bool:
    return mentioned(text, words) is not None


def _mentioning(words: Iterable[str]) -> Callable[[str], bool]:
    pattern = _any_of(tuple(words))
    return lambda text: _matches(text, pattern)  # a long list takes long to compile: not before it is asked for


def _within(domain: str, parent: str) -> bool:
    """Whether a domain is the other one or lies below it."""
    inner, outer = domain.lower(), parent.lower().lstrip("@.")
    return bool(outer) and (inner == outer or inner.endswith(f".{outer}"))


@dataclass(frozen=True, slots=True)
class Helper:
    """A function for conditions: what it is given, what it does, and whether it says yes.

    `made`: the same for a second argument that is written out in the condition, made ready once.
    """

    takes: tuple[Kind, ...]
    meaning: str
    call: Callable[..., bool]
    made: Callable[[Any], Callable[[str], bool]]


HELPERS: Mapping[str, Helper] = {
    "matches": Helper(
        (Kind.TEXT, Kind.TEXT),
        "whether a regular expression (RE2 syntax, case ignored) is found in the text",
        _matches,
        _matching,
    ),
    "mentions": Helper(
        (Kind.TEXT, Kind.TEXTS),
        "whether one of the words or phrases stands in the text as whole words",
        _mentions,
        _mentioning,
    ),
    "within": Helper(
        (Kind.TEXT, Kind.TEXT),
        "whether a domain is the second one or lies below it",
        _within,
        lambda parent: lambda domain: _within(domain, parent),
    ),
}


class Facts(dict[str, Any]):
    """What the names stand for in one situation by full name, each read when it is first asked for.

    Moments are by the owner's clock. A dictionary, since every condition asks for the same few names again.
    """

    __slots__ = ("_situation", "_zone")

    def __init__(self, situation: Situation | Standing, zone: tzinfo) -> None:
        self._situation = situation
        self._zone = zone

    def __missing__(self, path: str) -> Any:
        value = NAMES[path].read(self._situation)
        if isinstance(value, datetime):
            value = value.astimezone(self._zone)
        self[path] = value
        return value


@dataclass(frozen=True, slots=True)
class _Branch:
    """A name that only leads to others, such as `message`, in one situation."""

    facts: Facts
    prefix: str


BRANCHES = frozenset(".".join(path.split(".")[:length]) for path in NAMES for length in range(1, len(path.split("."))))


def _lookup(facts: Facts, path: str) -> Any:
    return _Branch(facts, path) if path in BRANCHES else facts[path]


def _attribute(branch: _Branch, name: str) -> Any:
    return _lookup(branch.facts, f"{branch.prefix}.{name}")


def _resolve(facts: Facts, name: str) -> Any:
    return HELPERS[name].call if name in HELPERS else _lookup(facts, name)


def _branch_type(prefix: str, on: On) -> Any:
    below = {path.removeprefix(f"{prefix}.").split(".")[0] for path in names(on) if path.startswith(f"{prefix}.")}
    return DataType.OBJECT(prefix, {name: _type_of(f"{prefix}.{name}", on) for name in below}, _attribute)


def _type_of(path: str, on: On) -> Any:
    return _branch_type(path, on) if path in BRANCHES else TYPES[NAMES[path].kind]


def names(on: On) -> tuple[str, ...]:
    """The names that a rule asked of this may use."""
    return tuple(path for path, name in NAMES.items() if on in name.on)


@lru_cache(maxsize=16)
def context(zone: tzinfo, on: On = On.RECEIVED) -> Any:
    """What rule-engine compiles conditions against: every name typed, none else known; dates by the owner's clock."""
    roots = {path.split(".")[0] for path in names(on)}
    types = {name: _type_of(name, on) for name in roots} | {
        name: DataType.FUNCTION(
            name, return_type=DataType.BOOLEAN, argument_types=tuple(TYPES[kind] for kind in helper.takes)
        )
        for name, helper in HELPERS.items()
    }
    return rule_engine.Context(
        resolver=_resolve, type_resolver=rule_engine.type_resolver_from_dict(types), default_timezone=zone
    )
