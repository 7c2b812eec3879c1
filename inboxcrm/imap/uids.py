"""Numbers of messages as ranges and sequence sets (RFC 3501 section 9)."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Sequence


def closed_ranges(uids: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Runs of consecutive numbers, ascending, both ends included."""
    first = last = None
    for uid in sorted(set(uids)):
        if first is None or last is None:
            first = last = uid
        elif uid == last + 1:
            last = uid
        else:
            yield first, last
            first = last = uid
    if first is not None and last is not None:
        yield first, last


def sequence_set(uids: Iterable[int]) -> str:
    """As the server reads it: `1:3,7`."""
    return next(sequence_sets(uids, most=sys.maxsize), "")


def sequence_sets(uids: Iterable[int], *, most: int) -> Iterator[str]:
    """The same in sets of so many ranges at most."""
    ranges = list(closed_ranges(uids))
    for start in range(0, len(ranges), most):
        part = ranges[start : start + most]
        yield ",".join(f"{low}:{high}" if high > low else str(low) for low, high in part)


def within(ranges: Sequence[tuple[int, int]], uids: Iterable[int]) -> list[int]:
    """Those of `uids` (ascending) that lie in one of the ranges."""
    ordered = sorted(ranges)
    found = []
    at = 0
    for uid in uids:
        while at < len(ordered) and ordered[at][1] < uid:
            at += 1
        if at < len(ordered) and ordered[at][0] <= uid:
            found.append(uid)
    return found
