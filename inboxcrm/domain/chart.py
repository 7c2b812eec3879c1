"""How tall the parts of a bar are: whole cells that add up, for a terminal and a drawing alike."""

from __future__ import annotations

from collections.abc import Sequence


def parts(counts: Sequence[int], *, width: int, most: int) -> list[int]:
    """How many of `width` cells each count gets where `most` fills them all; what is there gets one at least.

    The parts never exceed the width together.
    """
    if most <= 0:
        return [0] * len(counts)
    cells = [max(1, round(count * width / most)) if count else 0 for count in counts]
    while sum(cells) > width:
        cells[cells.index(max(cells))] -= 1
    return cells
