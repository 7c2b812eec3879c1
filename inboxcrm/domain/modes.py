"""What may become of an automatic mail that the gate let pass: shown only, held for a key, or sent."""

from __future__ import annotations

from enum import StrEnum


class Mode(StrEnum):
    """What happens to an acknowledgement that may go: shown only, held for a key, or sent."""

    SHADOW = "shadow"
    APPROVE = "approve"
    AUTO = "auto"


_BY_STRICTNESS = (Mode.SHADOW, Mode.APPROVE, Mode.AUTO)


def strictest(*modes: Mode) -> Mode:
    """The one of these modes that lets out least; `auto` of none, since nobody asked for less."""
    return min(modes, key=_BY_STRICTNESS.index, default=Mode.AUTO)
