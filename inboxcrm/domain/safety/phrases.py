"""Which phrases of machines a subject or a letter begins with; the phrases themselves are data/phrases.toml.

Compared on a normalised copy: compatibility forms, case, blanks and quotes made equal (a full-width colon is a colon).
Nothing is matched unanchored: a phrase is looked up where a subject, a line or a sentence begins, by its first two
characters, so that the cost is that of a few dictionary look-ups whatever the number of phrases.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from importlib import resources

LONGEST_SUBJECT = 300
OPENING = 300
"""Characters in which an automatic answer says what it is."""
HEAD = 1_500
"""Characters in which a bounce says what it is."""
LETTER = 20_000
"""Characters of a letter in which its own words are told from quoted ones."""
WORDS = 3_000
FOOTER = 2_000
"""Characters of own words that are read at the beginning and at the end."""

_FANCY = (
    *((one, "'") for one in "‘’‚"), *((one, '"') for one in "“”„"), *((one, "-") for one in "–—‑"), ("\xa0", " "),
    *((one, "") for one in "\u200b\u200c\u200d\u200e\u200f\u2060\ufeff\xad\u202a\u202b\u202c\u202d\u202e"),
)  # fmt: skip
"""What a normalised text has in place of typographic characters; to look for each of them is quicker than any table."""
_UNEVEN = ("  ", "\t", "\x0b", "\x0c", "\x1c", "\x1d", "\x1e", "\x1f", "\x85", "\u1680", "\u2028", "\u2029")
"""Two blanks in a row, and those that NFKC leaves as they are."""
_SPACELESS = re.compile(r"[\u0e00-\u0eff\u1100-\u11ff\u3000-\u9fff\uac00-\ud7af\u0590-\u06ff]\Z")
_BLANKLESS = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u4e00-\u9fff]")
_WORD = re.compile(r"\w+")
_ORNAMENT = r"[\s*#>|=_~+•·※★☆◆■●-]*"
_SUBJECT_START = re.compile(r"[\s*#\[(<{\"'«„【「『!-]*")
_SUBJECT_END = re.compile(r"[\])>}\"'»”】」』*!.…]*(?:[\])>}】」』]| ?:|\s*\Z)")
_COLON = re.compile(r" ?:.")
_AFTER_A_NAME = re.compile(r"[ .!]*(?:\(.{0,80}|(?:until|bis|till|hasta|tot|fino) .{0,40})?\Z")
_LAST_BRACKET = re.compile(r"[(\[]([^()\[\]]{3,60})[)\]]\s*\Z")
_SENTENCE = re.compile(r"(?:\A|\n|[.!?;:,…。！？、，؛،।)\]\"'-] ?)" + _ORNAMENT)


def normalised(text: str) -> str:
    """The text as phrases are compared: one kind of blank, quote, colon and case; lines kept, blank ones dropped."""
    if not text.isascii():
        for fancy, simple in _FANCY:
            if fancy in text:
                text = text.replace(fancy, simple)
        text = unicodedata.normalize("NFKC", text)
    text = text.replace("\r", "\n").casefold().replace("\u0307", "")  # the dot that case folding leaves of a Turkish I
    lines = text.split("\n")
    if any(map(text.__contains__, _UNEVEN)):
        return "\n".join(filter(None, [" ".join(line.split()) for line in lines]))
    return "\n".join([even for line in lines if (even := line.strip(" "))])


@cache
def _data() -> Mapping[str, Mapping[str, list[str]]]:
    source = resources.files("inboxcrm.domain").joinpath("data/phrases.toml").read_text("utf-8")
    return tomllib.loads(source)


@cache
def words(table: str, key: str) -> frozenset[str]:
    """The phrases of one list, normalised."""
    return frozenset(normalised(phrase) for phrase in _data()[table][key])


@cache
def _by_beginning(*lists: str) -> Mapping[str, tuple[str, ...]]:
    """Phrases by their first two characters, longest first; `lists` are "table.key"."""
    found: dict[str, set[str]] = {}
    for name in lists:
        for phrase in words(*name.split(".")):
            found.setdefault(phrase[:2], set()).add(phrase)
    return {start: tuple(sorted(phrases, key=lambda one: (-len(one), one))) for start, phrases in found.items()}


def _phrases_at(text: str, at: int, *lists: str) -> Iterator[str]:
    """The phrases that stand at a position and end where a word ends (or in a script that writes no blanks)."""
    return _standing(_by_beginning(*lists).get(text[at : at + 2], ()), text, at)


def _standing(candidates: tuple[str, ...], text: str, at: int) -> Iterator[str]:
    for phrase in candidates:
        if text.startswith(phrase, at):
            behind = text[at + len(phrase) : at + len(phrase) + 1]
            if not (behind.isalnum() and phrase[-1].isalnum()) or _SPACELESS.search(phrase):
                yield phrase


def _first_standing(starts: Iterator[int], text: str, lists: tuple[str, ...]) -> str:
    """The first phrase that stands at one of the positions, or ""; nearly every position is passed at C speed."""
    beginnings = _by_beginning(*lists)
    for at in starts:
        candidates = beginnings.get(text[at : at + 2])
        if candidates and text.startswith(candidates, at):
            phrase = next(_standing(candidates, text, at), "")
            if phrase:
                return phrase
    return ""


@cache
def _by_longest_word(*lists: str) -> tuple[frozenset[str], Mapping[str, tuple[tuple[frozenset[str], str], ...]]]:
    """The phrases that can stand in a Western text, with their words, by the longest; by "" those without any.

    The longest is what other texts have least often. All of these words stand before them as a set, for of two sets
    the smaller is looked for in the other.
    """
    found: dict[str, list[tuple[frozenset[str], str]]] = {}
    for phrase in sorted({phrase for name in lists for phrase in words(*name.split(".")) if _western(phrase)}):
        within = _WORD.findall(phrase)
        found.setdefault(max(within, key=len, default=""), []).append((frozenset(within), phrase))
    return frozenset(found), {word: tuple(phrases) for word, phrases in found.items()}


@lru_cache(maxsize=16)
def _words_of(text: str) -> frozenset[str] | None:
    """The words of a Western text; None where looking for them says nothing about what stands in it."""
    return frozenset(("", *_WORD.findall(text))) if _western(text) and "_" not in text else None


def _western(text: str) -> bool:
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return False
    return True


def _may_stand(text: str, lists: tuple[str, ...]) -> bool:
    """Whether one of the phrases may begin where a word or a sentence begins: False is sure, and found at C speed.

    A phrase ends where a word ends, so in a Western text each of its words stands there as a whole word.
    """
    found = _words_of(text)
    if found is None:
        return True
    longest, phrases = _by_longest_word(*lists)
    return any(within <= found and phrase in text for word in found & longest for within, phrase in phrases[word])


def subject_says(subject: str, *lists: str) -> str:
    """The phrase that the subject begins with when a colon, a closing bracket or the end follows it, or ""."""
    at = _start(subject)
    return next((one for one in _phrases_at(subject, at, *lists) if _SUBJECT_END.match(subject, at + len(one))), "")


def subject_heads(subject: str, *lists: str) -> str:
    """The phrase that the subject begins with when a colon and more follow it, or ""."""
    at = _start(subject)
    return next((one for one in _phrases_at(subject, at, *lists) if _COLON.match(subject, at + len(one))), "")


def subject_begins(subject: str, *lists: str) -> str:
    """The phrase that the subject begins with, as whole words, or ""."""
    return next(_phrases_at(subject, _start(subject), *lists), "")


def _start(subject: str) -> int:
    match = _SUBJECT_START.match(subject)
    return match.end() if match else 0


def subject_ends(subject: str, *lists: str) -> str:
    """The phrase behind a name of 2 to 60 characters with which the subject ends, a bracket or a date aside."""
    beginnings = _by_beginning(*lists)
    for start in _WORD.finditer(subject, 2, 65):
        at = start.start()
        for phrase in _standing(beginnings.get(subject[at : at + 2], ()), subject, at):
            if ":" not in subject[5:at] and "?" not in subject[:at] and _AFTER_A_NAME.match(subject, at + len(phrase)):
                return phrase
    return ""


def subject_in_bracket(subject: str, *lists: str) -> str:
    """The phrase that stands alone in a bracket at the end of the subject, or ""."""
    match = _LAST_BRACKET.search(subject)
    if match is None:
        return ""
    return next((one for one in _phrases_at(match[1], 0, *lists) if match[1].strip(" .!") == one), "")


def subject_continues(subject: str, first: str, second: str) -> str:
    """The phrase that the subject begins with when a word of the second list follows it, or ""."""
    at = _start(subject)
    for phrase in _phrases_at(subject, at, first):
        if next(_phrases_at(subject, at + len(phrase) + 1, second), ""):
            return phrase
    return ""


def sentence_says(text: str, *lists: str) -> str:
    """The phrase that one of the sentences or lines of a normalised text begins with, or ""."""
    if not _may_stand(text, lists):
        return ""
    return _first_standing((start.end() for start in _SENTENCE.finditer(text)), text, lists)


def text_begins(text: str, *lists: str) -> str:
    """The phrase that a normalised text begins with, ornaments aside, or ""."""
    match = _SENTENCE.match(text)
    return next(_phrases_at(text, match.end() if match else 0, *lists), "")


def text_names(text: str, *lists: str) -> str:
    """The phrase that stands anywhere in a normalised text as whole words, or ""."""
    if not _may_stand(text, lists):
        return ""
    says = _first_standing((start.start() for start in _WORD.finditer(text)), text, lists)
    if says or text.isascii():
        return says
    return next((phrase for phrase in _without_blanks(*lists) if phrase in text), "")


def all_named(text: str, *lists: str) -> set[str]:
    """Every phrase that stands anywhere in a normalised text as whole words."""
    beginnings = _by_beginning(*lists)
    found = {
        phrase
        for start in _WORD.finditer(text)
        for phrase in _standing(beginnings.get(text[start.start() : start.start() + 2], ()), text, start.start())
    }
    return found if text.isascii() else found | {phrase for phrase in _without_blanks(*lists) if phrase in text}


@cache
def _without_blanks(*lists: str) -> tuple[str, ...]:
    """The phrases in scripts that write no blanks: any place in them may begin a word."""
    found = {phrase for name in lists for phrase in words(*name.split("."))}
    return tuple(sorted(phrase for phrase in found if _BLANKLESS.search(phrase)))
