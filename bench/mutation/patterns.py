"""Regular expressions with one piece taken out: an alternative, an anchor, an option."""

from __future__ import annotations

import re
from collections.abc import Iterator

_TOKEN = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|\(\?(?:[:=!>]|<[=!]|P<\w+>|P=\w+\))|.", re.DOTALL)
_ANCHORS = frozenset({"^", "$", r"\b", r"\Z", r"\A"})


def weaker(pattern: str) -> Iterator[str]:
    """The patterns that differ in one alternative or anchor, as far as they compile."""
    tokens = _TOKEN.findall(pattern)
    seen = {pattern}
    for spans in (_alternatives(tokens), _single(tokens)):
        for first, last in spans:
            other = "".join(tokens[:first] + tokens[last:])
            if other not in seen and _compiles(other):
                seen.add(other)
                yield other


def _alternatives(tokens: list[str]) -> Iterator[tuple[int, int]]:
    """Where each alternative stands, together with one of the strokes beside it."""
    open_at: list[list[int]] = [[0]]
    for at, token in enumerate(tokens):
        if token.startswith("(") and not token.endswith(")"):
            open_at.append([at + 1])
        elif token == "|":
            open_at[-1].append(at + 1)
        elif token == ")":
            yield from _between(open_at.pop(), at)
    yield from _between(open_at.pop(), len(tokens))


def _between(starts: list[int], end: int) -> Iterator[tuple[int, int]]:
    if len(starts) < 2:
        return
    for number, start in enumerate(starts):
        if number + 1 < len(starts):
            yield start, starts[number + 1]
        else:
            yield start - 1, end


def _single(tokens: list[str]) -> Iterator[tuple[int, int]]:
    return ((at, at + 1) for at, token in enumerate(tokens) if token in _ANCHORS)


def _compiles(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
