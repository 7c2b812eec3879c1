"""What a letter promises or asks for: suggestions from its own words, never more than that.

The patterns are data (`data/commitments/LANGUAGE.toml`), run by google-re2 in linear time on one clause after
another. A clause that denies, supposes, tells of the past, greets or asks back suggests nothing, unless the pattern
says that this does not matter to it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib import resources
from typing import Any

from inboxcrm.domain.patterns import compiled, filled, meets
from inboxcrm.domain.sentences import Sentence, fold, sentences

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "ja")
LONGEST = 20_000
"""Characters of a letter that are read; what is meant is said before."""

MOST = 8
"""Suggestions from one letter: a contract pasted into a mail is no list of things to do."""


class Kind(StrEnum):
    """What somebody said they would do, or asked for."""

    DEED = "deed"
    """The writer will do something."""
    REQUEST = "request"
    """The reader is asked to do something."""
    INVOICE = "invoice"
    """The reader is told to whom, or that, an invoice is to be written."""
    ORDER_NUMBER = "order-number"
    """The number that belongs on the invoice."""
    PAYMENT = "payment"
    """The writer will pay."""


class Side(StrEnum):
    """Whose turn it is to do it."""

    MINE = "mine"
    THEIRS = "theirs"


DUNNING = "dunning"
"""The data file's name for sentences that demand a payment; they commit nobody."""


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A commitment that a sentence seems to hold; `quote` is the sentence, `detail` a number or a name in it."""

    kind: Kind
    quote: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """One way of saying something. `despite` names the vetoes that do not matter to it."""

    kind: str
    match: Sequence[Any]
    unless: Sequence[Any]
    despite: frozenset[str]
    asks: bool
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Phrases:
    """The patterns of one language, in the order in which they are tried, and what forbids them."""

    patterns: tuple[Pattern, ...]
    vetoes: Mapping[str, Sequence[Any]]


def side(kind: Kind, *, from_owner: bool) -> Side:
    """Who has to act: the writer for a deed or a payment, the reader for everything else."""
    writer_acts = kind in (Kind.DEED, Kind.PAYMENT)
    return Side.MINE if writer_acts == from_owner else Side.THEIRS


def suggest(new_text: str, language: str) -> list[Suggestion]:
    """The commitments in the unquoted words of a letter; none for a language that is not one of ours."""
    if language not in LANGUAGES:
        return []
    found: dict[str, Suggestion] = {}
    for sentence in sentences(new_text[:LONGEST]):
        for clause in _clauses(sentence):
            kind = kind_of(clause, language)
            if kind is not None and kind != DUNNING and sentence.text not in found:
                found[sentence.text] = Suggestion(Kind(kind), sentence.text, detail(Kind(kind), sentence))
        if len(found) >= MOST:
            break
    return list(found.values())


def demands_payment(new_text: str, language: str) -> str | None:
    """The sentence of a letter that reminds of a payment, or None."""
    for sentence in sentences(new_text[:LONGEST]):
        for clause in _clauses(sentence):
            if language in LANGUAGES and kind_of(clause, language) == DUNNING:
                return sentence.text
    return None


def kind_of(clause: Sentence, language: str) -> str | None:
    """The kind of the first pattern that a clause meets and no veto forbids."""
    spoken = phrases(language)
    vetoed = {name for name, each in spoken.vetoes.items() if meets(each, clause.folded)}
    for pattern in spoken.patterns:
        if clause.asks and not pattern.asks:
            continue
        if vetoed - pattern.despite:
            continue
        if meets(pattern.match, clause.folded) and not meets(pattern.unless, clause.folded):
            return pattern.kind
    return None


_BUT = re.compile(
    r"[,;] (?:but|aber|jedoch|sondern|maar|mais|pero|sino|ma|mas|però|porém) |[;；]\s*|ですが、|が、(?=[^\s])"
    r"|,? (?:and not|und nicht|et (?:non )?pas|et non|y no|e non|e não|en niet) (?:to|an|auf|à|a|para|aan|naar) "
    r"|,(?: and| und| et| y| e| en)? (?:not|nicht|(?:non )?pas|non|no|não|niet) "
    r"(?=(?:(?:to|an|auf|für|à|a|para|aan|naar|op) )?(?:me|us|mich|uns|moi|nous|mí|nosotros|noi|mim|nós|mij|ons)\b"
    r"|(?:in|auf|au|a|em|op) (?:my|our|meinen|unseren|mon|notre|mi|nuestro|meu|nosso|mijn|onze) )"
)
"""What parts a sentence into what is meant and what is not: "but", and "to my company and not to me", ", not me"."""


def _clauses(sentence: Sentence) -> Iterator[Sentence]:
    """A sentence, or what stands on either side of its "but"."""
    at = 0
    for match in _BUT.finditer(sentence.text):
        yield Sentence(sentence.text[at : match.start()], sentence.folded[at : match.start()].strip())
        at = match.end()
    yield Sentence(sentence.text[at:], sentence.folded[at:].strip())


_NUMBER = re.compile(r"(?<![\w.])[A-Z]{0,4}[-/]?\d[\w/-]*\d[\w-]*")
_LEGAL_FORM = (
    r"(?:Ltd|Limited|Inc|LLC|LLP|PLC|GmbH|AG|KG|UG|SE|SARL|SAS|SA|S\.A\.|S\.L\.|SL|S\.r\.l\.|Srl|S\.p\.A\.|SpA|BV|B\.V\.|NV"
    r"|N\.V\.|Lda|Ltda|Holdings?)"
)
_COMPANY = re.compile(
    rf"(?:[\w&'’.-]+ ){{0,5}}?(?:[A-ZÀ-Þ][\w&'’.-]*,? ){{1,4}}{_LEGAL_FORM}\.?(?=[\s,.;:!?]|$)"
    r"|[^\s、。はをにがへ]{1,20}株式会社|株式会社[^\s、。宛]{1,20}"
)
_LEADS = re.compile(r"^(?:.*[,:] )?(?:.*\b(?:auf|an|für|aan|naar|bill|invoice|charge) )?(?:[a-zà-ÿ'’]+ )*")


def detail(kind: Kind, sentence: Sentence) -> str:
    """The order number, or the company to be invoiced, as it was written; empty where there is none to see."""
    if kind is Kind.ORDER_NUMBER:
        numbers = _NUMBER.findall(sentence.text)
        return numbers[0] if numbers else ""
    if kind is Kind.INVOICE and (company := _COMPANY.search(sentence.text)):
        name = _LEADS.sub("", company[0]).strip(" ,")
        ends = sentence.text.rstrip().endswith(company[0]) and "." not in name.rpartition(" ")[2][:-1]
        return name.rstrip(".") if ends else name  # the point behind "Ltd" is the sentence's, those of "S.L." are not
    return ""


@cache
def phrases(language: str) -> Phrases:
    """The patterns of one of our languages, compiled once."""
    source = resources.files("inboxcrm.domain").joinpath(f"data/commitments/{language}.toml").read_text("utf-8")
    data = tomllib.loads(source)
    words: dict[str, str] = {}
    for name, text in data.get("words", {}).items():
        words[name] = filled(text, words)
    patterns = tuple(
        Pattern(
            kind=each["kind"],
            match=compiled(each["match"], words),
            unless=compiled(each.get("unless", ()), words),
            despite=frozenset(each.get("despite", ())),
            asks=each.get("asks", False),
            examples=tuple(each["examples"]),
            counterexamples=tuple(each["not"]),
        )
        for each in data["pattern"]
    )
    return Phrases(patterns, {name: compiled(each, words) for name, each in data["veto"].items()})


__all__ = ["Kind", "Side", "Suggestion", "demands_payment", "fold", "phrases", "side", "suggest"]
