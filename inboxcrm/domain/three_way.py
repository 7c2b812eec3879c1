"""Joins two changes of one text: theirs and ours, line by line, where they do not touch the same lines."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Clash:
    """Lines of the base that both sides changed, each in its own way."""

    base: tuple[str, ...]
    ours: tuple[str, ...]
    theirs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Merged:
    """The joined text, in which `ours` stands wherever the two clash."""

    text: str
    clashes: tuple[Clash, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    """Lines `start` to `end` of the base become `lines`; nothing is taken where the two are the same."""

    start: int
    end: int
    lines: tuple[str, ...]


def merge(base: str, ours: str, theirs: str) -> Merged:
    """Both changes of `base` in one text.

    Changes clash where they touch the same lines, or insert at the same place, unless they are the same.
    """
    old = base.splitlines(keepends=True)
    mine, other = _changes(old, ours), _changes(old, theirs)
    lines: list[str] = []
    clashes: list[Clash] = []
    at = 0
    while mine or other:
        group_of_mine, group_of_other, start, end = _group(mine, other)
        lines += old[at:start]
        from_us = _applied(old, group_of_mine, start, end)
        from_them = _applied(old, group_of_other, start, end)
        if not group_of_mine:
            lines += from_them
        else:
            lines += from_us
            if group_of_other and from_us != from_them:
                clashes.append(Clash(tuple(old[start:end]), tuple(from_us), tuple(from_them)))
        at = end
    return Merged("".join([*lines, *old[at:]]), tuple(clashes))


def _changes(old: Sequence[str], text: str) -> list[_Change]:
    new = text.splitlines(keepends=True)
    steps = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [_Change(i, j, tuple(new[k:m])) for tag, i, j, k, m in steps if tag != "equal"]


def _group(mine: list[_Change], other: list[_Change]) -> tuple[list[_Change], list[_Change], int, int]:
    """The first changes that touch one another, taken off the lists, and the lines of the base they cover."""
    start = min(side[0].start for side in (mine, other) if side)
    end = start
    taken: tuple[list[_Change], list[_Change]] = ([], [])
    grown = True
    while grown:
        grown = False
        for side, mine_taken in zip((mine, other), taken, strict=True):
            while side and _touches(side[0], start, end):
                end = max(end, side[0].end)
                mine_taken.append(side.pop(0))
                grown = True
    return taken[0], taken[1], start, end


def _touches(change: _Change, start: int, end: int) -> bool:
    return change.start < end or change.start == start


def _applied(old: Sequence[str], changes: Sequence[_Change], start: int, end: int) -> list[str]:
    lines: list[str] = []
    at = start
    for change in changes:
        lines += [*old[at : change.start], *change.lines]
        at = change.end
    return [*lines, *old[at:end]]
