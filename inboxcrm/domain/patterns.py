"""Patterns that stand in data files: filled from their word lists and run by google-re2, in linear time."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import re2

_MEMORY = 16 << 20


def filled(text: str, words: Mapping[str, str]) -> str:
    """A pattern with `%name%` replaced by the entry of that name. Raises KeyError for one that there is not."""
    return re.sub(r"%(\w+)%", lambda match: words[match[1]], text)


def compiled(patterns: Sequence[str], words: Mapping[str, str]) -> list[Any]:
    """Patterns ready to search with; re2.error for one that google-re2 does not know."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = _MEMORY
    return [re2.compile(filled(each, words), options) for each in patterns]


def meets(patterns: Sequence[Any], text: str) -> bool:
    """Whether one of these patterns is found in a text."""
    return any(pattern.search(text) is not None for pattern in patterns)
