"""What holds for one contact that two were made of, and what is taken back when they are parted?

The contact that stays keeps what is set on it; where it is silent it takes what the other says. Where both speak the
difference is shown, and nothing of the other is lost: its own card is kept as it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Value = str | int | None
Settings = Mapping[str, Value]
"""What is set on a contact, by the name of the setting; instants as sortable text in UTC."""

FILLED = ("organisation_id", "language", "timezone", "plan", "form", "away_until")
"""Settings that are taken from the other where the one that stays has none."""

_QUIET = ("never", "when-slow", "once-a-day", "always")
"""Policies of acknowledging, the quietest first: merging makes the machine no louder."""


@dataclass(frozen=True, slots=True)
class Fill:
    """A setting of the contact that stays which the merge changed."""

    name: str
    before: Value
    after: Value


@dataclass(frozen=True, slots=True)
class Conflict:
    """A setting on which the two differ: the one kept, and what the other said."""

    name: str
    kept: Value
    other: Value


@dataclass(frozen=True, slots=True)
class Joined:
    """What a merge does to the settings of the contact that stays."""

    fills: tuple[Fill, ...]
    conflicts: tuple[Conflict, ...]


def join(kept: Settings, other: Settings, *, nameless: bool) -> Joined:
    """Compare two contacts. `nameless`: the one that stays goes by its address only, and takes the other's name."""
    fills = [Fill(name, None, other[name]) for name in FILLED if kept[name] is None and other[name] is not None]
    conflicts = [
        Conflict(name, kept[name], other[name])
        for name in FILLED
        if None not in (kept[name], other[name]) and kept[name] != other[name]
    ]
    if kept["name"] != other["name"]:
        if nameless:
            fills.append(Fill("name", kept["name"], other["name"]))
        else:
            conflicts.append(Conflict("name", kept["name"], other["name"]))
    if kept["policy"] != other["policy"]:
        policy = _quieter(kept["policy"], other["policy"])
        if policy != kept["policy"]:
            fills.append(Fill("policy", kept["policy"], policy))
        elif other["policy"] is not None:
            conflicts.append(Conflict("policy", policy, other["policy"]))
    return Joined((*fills, *_known(kept, other)), tuple(conflicts))


def _quieter(one: Value, two: Value) -> Value:
    """Of two policies the quieter; where only one is set, that one, unless it is louder than the default may be."""
    if two is None or two not in _QUIET:
        return one
    if one is None or one not in _QUIET:
        return two if two in ("never", "when-slow") else one
    return min(one, two, key=lambda each: _QUIET.index(str(each)))


def _known(kept: Settings, other: Settings) -> tuple[Fill, ...]:
    """Known since the earlier of the two."""
    since, before = other["known_since"], kept["known_since"]
    if since is None or (before is not None and str(before) <= str(since)):
        return ()
    return (
        Fill("known_since", before, since),
        Fill("known_because", kept["known_because"], other["known_because"]),
    )


def part(now: Settings, fills: tuple[Fill, ...]) -> dict[str, Value]:
    """What to set back on the contact that stayed: each setting the merge changed and nobody has changed since."""
    return {fill.name: fill.before for fill in fills if now[fill.name] == fill.after}
