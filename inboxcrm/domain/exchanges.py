"""How often has a conversation gone back and forth, so that a telephone call would be kinder?"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise

OFTEN = 4
"""Times back and forth after which a call is proposed."""

WITHIN = timedelta(days=21)
"""What goes to and fro more slowly than this is a correspondence, not a misunderstanding."""


def back_and_forth(directions: Sequence[str]) -> int:
    """How often a letter of one side was answered by the other; several in a row from one side count as one."""
    changes = sum(one != other for one, other in pairwise(directions))
    return (changes + 1) // 2


def rather_call(directions: Sequence[str]) -> bool:
    """Whether a call should be proposed."""
    return back_and_forth(directions) >= OFTEN
