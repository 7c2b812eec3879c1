"""What a letter says of days of its writer that return every year: suggestions from its own words, never more.

The patterns are data (`data/told_occasions.toml`), run by google-re2. Only the writer's own days count: birthday and
wedding, their company's anniversary; a daughter's birthday is a fact to be kept by hand. The day must be named close to
the words.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from importlib import resources
from typing import Any

from inboxcrm.domain.days_of_year import DayOfYear, day_of_year
from inboxcrm.domain.occasions import Kind
from inboxcrm.domain.patterns import compiled, meets, union
from inboxcrm.domain.sentences import Sentence, sentences

LONGEST = 20_000
"""Characters of a letter that are read."""

BEFORE, BEHIND = 30, 45
"""How many characters before and behind the words the day may begin."""

JUST_BEEN = timedelta(days=60)
"""People speak of what lies ahead, and for a while of what has just been."""

OLDEST = 1_900


@dataclass(frozen=True, slots=True)
class Told:
    """An occasion that a sentence seems to tell. `day` is None where only the month was named."""

    kind: Kind
    month: int
    day: int | None
    year: int | None
    quote: str


@dataclass(frozen=True, slots=True)
class Phrase:
    """One way of telling a day. `past`: it lies behind the writer."""

    kind: Kind
    match: Sequence[Any]
    unless: Sequence[Any]
    past: bool
    examples: tuple[str, ...]
    counterexamples: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spoken:
    """The phrases of one language, its words for numbers and for yesterday."""

    phrases: tuple[Phrase, ...]
    numbers: Mapping[str, int]
    yesterday: Sequence[Any]


def told(new_text: str, spoken_in: Sequence[str], *, said_on: date, american: bool = False) -> list[Told]:
    """The days in the unquoted words of a letter that was written on a day; one of each kind, the first told.

    They are read in the first of these languages that hears one. `american`: English days name the month first.
    """
    telling = _telling().search
    candidates = [each for each in sentences(new_text[:LONGEST]) if telling(each.folded) is not None and not each.asks]
    for language in spoken_in if candidates else ():
        found: dict[Kind, Told] = {}
        for sentence in candidates:
            for each in _of(sentence, language, said_on, month_first=american and language == "en"):
                found.setdefault(each.kind, each)
        if found:
            return list(found.values())
    return []


def _of(sentence: Sentence, language: str, said_on: date, *, month_first: bool) -> Iterator[Told]:
    spoken = languages().get(language)
    if spoken is None:
        return
    for phrase in spoken.phrases:
        if meets(phrase.unless, sentence.folded):
            continue
        for pattern in phrase.match:
            match = pattern.search(sentence.folded)
            if match is None:
                continue
            day = _near(sentence.folded, match.start(), match.end(), spoken, language, said_on, month_first=month_first)
            if day is not None:
                number = _number(match, spoken)
                year = _year(phrase, day, number, said_on)
                yield Told(phrase.kind, day.month, day.day, year, sentence.text)
                return


def _near(
    folded: str, start: int, end: int, spoken: Spoken, language: str, said_on: date, *, month_first: bool
) -> DayOfYear | None:
    """The day that is named behind the words, else within or before them."""
    first = folded.rfind(" ", 0, max(0, start - BEFORE)) + 1
    for words in (folded[end : end + BEHIND], folded[start:end], folded[first:start]):
        found = day_of_year(words, language, said_on=said_on, month_first=month_first)
        if found is not None:
            return found
        if meets(spoken.yesterday, words):
            yesterday = said_on - timedelta(days=1)
            return DayOfYear(yesterday.month, yesterday.day)
    return None


def _number(match: Any, spoken: Spoken) -> int | None:
    named = match.groupdict().get("n")
    if not named:
        return None
    return int(named) if named.isdigit() else spoken.numbers.get(named)


def _year(phrase: Phrase, day: DayOfYear, number: int | None, said_on: date) -> int | None:
    """The year in which it began: as told, by which return it is, or, of a wedding, the one on its side of today."""
    if day.year is not None:
        began = day.year if number is None else day.year - number
    elif number is not None:
        began = _year_of_return(day, said_on) - number
    elif phrase.kind is Kind.WEDDING and day.day is not None:
        ahead = (day.month, day.day) >= (said_on.month, said_on.day)
        began = said_on.year + (not ahead) if not phrase.past else said_on.year - ahead
    else:
        return None
    return began if began >= OLDEST else None


def _year_of_return(day: DayOfYear, said_on: date) -> int:
    """The year of the return that is spoken of: the next one, or one that has just been."""
    earliest = said_on - JUST_BEEN
    return earliest.year + ((day.month, day.day or 28) < (earliest.month, earliest.day))


@cache
def _telling() -> Any:
    """Found wherever any phrase of any language is: nearly every sentence of a letter is passed over by this alone."""
    return union(each for spoken in languages().values() for phrase in spoken.phrases for each in phrase.match)


@cache
def languages() -> Mapping[str, Spoken]:
    """The phrases of our languages, compiled once."""
    source = resources.files("inboxcrm.domain").joinpath("data/told_occasions.toml").read_text("utf-8")
    return {name: _spoken(table) for name, table in tomllib.loads(source).items()}


def _spoken(table: Mapping[str, Any]) -> Spoken:
    numbers = table["numbers"]
    words = {"number": "|".join(sorted(numbers, key=len, reverse=True))}
    phrases = tuple(
        Phrase(
            Kind(each["kind"]),
            compiled(each["match"], words),
            compiled(each["unless"], words),
            each.get("past", False),
            tuple(each["examples"]),
            tuple(each["not"]),
        )
        for each in table["occasion"]
    )
    return Spoken(phrases, numbers, compiled(table["yesterday"], {}))
