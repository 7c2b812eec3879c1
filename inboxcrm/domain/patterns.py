"""Patterns that stand in data files: filled from their word lists and run by google-re2, in linear time."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import re2

_MEMORY = 16 << 20
_NAMED = re.compile(r"\(\?P<\w+>")


def filled(text: str, words: Mapping[str, str]) -> str:
    """A pattern with `%name%` replaced by the entry of that name. Raises KeyError for one that there is not."""
    return re.sub(r"%(\w+)%", lambda match: words[match[1]], text)


def compiled(patterns: Sequence[str], words: Mapping[str, str]) -> list[Any]:
    """Patterns ready to search with; re2.error for one that google-re2 does not know."""
    return [re2.compile(filled(each, words), _options()) for each in patterns]


def union(patterns: Iterable[Any]) -> Any:
    """One pattern that is found in a text exactly if one of these is; it captures nothing."""
    options = _options()
    options.never_capture = True
    return re2.compile("|".join(f"(?:{_NAMED.sub('(?:', each.pattern)})" for each in patterns), options)


def _options() -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    return options


def meets(patterns: Sequence[Any], text: str) -> bool:
    """Whether one of these patterns is found in a text."""
    return any(pattern.search(text) is not None for pattern in patterns)
