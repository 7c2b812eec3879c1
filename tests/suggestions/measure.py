"""Precision and recall of the suggestions on the labelled sentences, by family and half: `make suggestions`.

A text counts as found when its kind is suggested. What is suggested from a near miss, or under another kind, is wrong.
"""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import dataclass

from inboxcrm.domain.commitments import suggest
from inboxcrm.domain.quoting import new_text
from tests.suggestions.labelled import FAMILIES, Half, Labelled, sentences


@dataclass(frozen=True, slots=True)
class Score:
    """What was found, what was missed, and what was suggested although it is not there."""

    found: int
    missed: int
    wrong: int

    @property
    def precision(self) -> float:
        """The share of suggestions that are right."""
        return self.found / (self.found + self.wrong) if self.found else 0.0

    @property
    def recall(self) -> float:
        """The share of commitments that are suggested."""
        return self.found / (self.found + self.missed) if self.found else 0.0


def suggested(each: Labelled) -> list[str]:
    """The kinds suggested from a text, as the program would: from its unquoted words."""
    return sorted({suggestion.kind.value for suggestion in suggest(new_text(each.text), each.language)})


def score(texts: list[Labelled]) -> Score:
    """The score over some texts."""
    counted: Counter[str] = Counter()
    for each in texts:
        kinds = suggested(each)
        counted["found"] += each.kind in kinds
        counted["missed"] += each.kind is not None and each.kind not in kinds
        counted["wrong"] += sum(kind != each.kind for kind in kinds)
    return Score(counted["found"], counted["missed"], counted["wrong"])


def main(halves: list[str]) -> None:
    """Print the figures."""
    for half in halves:
        for family in FAMILIES:
            texts = [each for each in sentences() if each.family == family and each.half == half]
            for language in (None, *sorted({each.language for each in texts})):
                told = score([each for each in texts if language in (None, each.language)])
                name = f"{family} {half}" if language is None else f"  {language}"
                figures = f"precision {told.precision:.3f}  recall {told.recall:.3f}"
                print(f"{name:<22} {figures}  ({told.found} found, {told.missed} missed, {told.wrong} wrong)")  # noqa: T201 - a figure for a person


if __name__ == "__main__":
    main(sys.argv[1:] or list(Half))
