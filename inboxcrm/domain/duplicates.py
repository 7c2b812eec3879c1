"""Which two contacts may be one person, and why?

Only contacts that share something rare are compared: a telephone number, a mailbox, a whole name, a surname with an
initial. What more than a few share (a common name) says nothing about two of them.
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from inboxcrm.domain.address import base_key, is_role_address

LIKELY = 0.6
"""From which score on a pair is worth the owner's look."""

COMMON = 30
"""What more people share than this tells none of them apart."""

_WORD = re.compile(r"[^\W\d_]+(?:'[^\W\d_]+)?")
_TITLE_WORDS = "dr prof mr mrs ms herr frau mme mlle sr sra dott ing dipl med phd mba von van de der den di da la le"
_TITLES = frozenset(_TITLE_WORDS.split())


@dataclass(frozen=True, slots=True)
class Person:
    """What a contact is compared by: name, address keys, telephone numbers (E.164), organisation."""

    id: int
    name: str
    keys: tuple[str, ...]
    phones: tuple[str, ...] = ()
    organisation_id: int | None = None


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two contacts, the lower id first, that may be one; `score` from 0 to 1, and the reasons, the strongest first."""

    one: int
    other: int
    score: float
    because: tuple[str, ...]


def suggest(people: Iterable[Person], distinct: Collection[tuple[int, int]] = ()) -> list[Suggestion]:
    """The pairs that may be one person, the likeliest first. `distinct`: pairs, lower id first, that are not.

    A pair of which one imitates the other's address is the caller's to leave out.
    """
    cards = {person.id: _Card.of(person) for person in people if not _nobody(person)}
    found = []
    for one, other in _pairs(cards.values()):
        if (one, other) not in distinct:
            suggestion = _compare(cards[one], cards[other])
            if suggestion.score >= LIKELY:
                found.append(suggestion)
    return sorted(found, key=lambda each: (-each.score, each.one, each.other))


def _nobody(person: Person) -> bool:
    """Whether all addresses name a duty and not a person."""
    return bool(person.keys) and all(is_role_address(key.rpartition("@")[0]) for key in person.keys)


@dataclass(frozen=True, slots=True)
class _Card:
    """A contact as it is compared: the words of its name, and of local parts that are made of two or more."""

    person: Person
    words: tuple[str, ...]
    spelled: frozenset[tuple[str, ...]]
    bases: frozenset[str]

    @classmethod
    def of(cls, person: Person) -> _Card:
        words = name_words(person.name) if "@" not in person.name else ()
        locals_ = (name_words(re.sub(r"[._+-]", " ", key.rpartition("@")[0].partition("+")[0])) for key in person.keys)
        spelled = frozenset(tuple(sorted(each)) for each in locals_ if len(each) > 1 and max(map(len, each)) > 2)
        return cls(person, words, spelled, frozenset(base_key(key) for key in person.keys))

    def blocks(self) -> Iterator[tuple[str, object]]:
        """What others must share with this one to be compared with it."""
        yield from (("phone", each) for each in self.person.phones)
        yield from (("mailbox", each) for each in self.bases)
        for words in {tuple(sorted(self.words)), *self.spelled}:
            if len(words) > 1:
                yield "name", words
        if len(self.words) > 1:
            first, last = self.words[0], self.words[-1]
            yield "surname", (first[0], last)
            yield "begin", (first[:4], last[:3], self.person.organisation_id)


@lru_cache(maxsize=65536)
def name_words(name: str) -> tuple[str, ...]:
    """The words of a name that tell people apart: folded, without marks, titles and what stands in brackets."""
    name = re.sub(r"\([^)]*\)", " ", name)
    if "," in name:
        last, _, first = name.partition(",")
        name = f"{first} {last}"
    folded = unicodedata.normalize("NFKD", name.replace("ß", "ss").replace("ø", "o")).casefold()
    bare = "".join(char for char in folded if not unicodedata.combining(char))
    words = tuple(_WORD.findall(bare))
    return tuple(word for word in words if word not in _TITLES) or words


def _pairs(cards: Iterable[_Card]) -> set[tuple[int, int]]:
    blocks: defaultdict[tuple[str, object], list[int]] = defaultdict(list)
    for card in cards:
        for block in set(card.blocks()):
            blocks[block].append(card.person.id)
    return {pair for ids in blocks.values() if 1 < len(ids) <= COMMON for pair in combinations(sorted(ids), 2)}


def _compare(one: _Card, other: _Card) -> Suggestion:
    """Every reason for itself leaves a doubt; the doubts are multiplied."""
    reasons = sorted(_reasons(one, other), reverse=True)
    doubt = 1.0
    for weight, _ in reasons:
        doubt *= 1 - weight
    return Suggestion(one.person.id, other.person.id, round(1 - doubt, 2), tuple(text for _, text in reasons))


def _reasons(one: _Card, other: _Card) -> Iterator[tuple[float, str]]:
    boxes = one.bases & other.bases
    if boxes:
        yield 0.9, f"both addresses reach {min(boxes)}"
    numbers = set(one.person.phones) & set(other.person.phones)
    if numbers:
        yield 0.7, f"the same number {min(numbers)}"
    named = _named_alike(one, other)
    if named is not None:
        yield named
        if one.person.organisation_id is not None and one.person.organisation_id == other.person.organisation_id:
            yield 0.35, "the same organisation"


def _named_alike(one: _Card, other: _Card) -> tuple[float, str] | None:
    ours, theirs = tuple(sorted(one.words)), tuple(sorted(other.words))
    if len(ours) > 1 and ours == theirs:
        return 0.65, "the same name"
    if len(ours) > 1 and ours in other.spelled:
        return 0.6, f"the address spells {' '.join(one.words)}"
    if len(theirs) > 1 and theirs in one.spelled:
        return 0.6, f"the address spells {' '.join(other.words)}"
    if one.spelled & other.spelled:
        return 0.6, f"both addresses spell {' '.join(min(one.spelled & other.spelled))}"
    if min(len(ours), len(theirs)) < 2:
        return None
    if _abbreviates(one.words, other.words) or _abbreviates(other.words, one.words):
        return 0.45, "one name abbreviates the other"
    if _almost_equal(" ".join(ours), " ".join(theirs)):
        return 0.45, "almost the same name"
    return None


def _almost_equal(one: str, other: str) -> bool:
    from rapidfuzz import fuzz  # only where names are compared, never at a start

    return fuzz.ratio(one, other) >= 90


def _abbreviates(short: tuple[str, ...], long: tuple[str, ...]) -> bool:
    """Whether "a berger" can be "anna berger"."""
    return short[-1] == long[-1] and len(short[0]) == 1 and len(long[0]) > 1 and long[0].startswith(short[0])
