"""How do two contacts stand to one another, told from either side?"""

from __future__ import annotations

from dataclasses import dataclass

KINDS = {
    "assistant-of": ("assistant of", "assisted by"),
    "works-with": ("works with", "works with"),
    "partner-of": ("partner of", "partner of"),
    "referred-by": ("referred by", "referred"),
    "reports-to": ("reports to", "leads"),
    "replaces": ("replaces", "replaced by"),
}
"""Relations with a name of their own: as said of the one, and as said of the other."""

ROLES = ("decides", "pays", "is informed", "advises", "does the work")
"""What somebody can be in a matter, in words of ours; the owner's own are as good."""

LONGEST = 60


@dataclass(frozen=True, slots=True)
class Relation:
    """What is said of the one towards the other, and of the other towards the one (empty: the same words serve)."""

    words: str
    back: str

    def said_of_one(self, other: str) -> str:
        """The relation on the card of the one."""
        return f"{self.words} {other}"

    def said_of_other(self, one: str) -> str:
        """The same on the card of the other."""
        return f"{self.back} {one}" if self.back else f"{one} {self.words} them"


def relation(kind: str, back: str | None = None) -> Relation:
    """A relation by its name (`assistant-of`) or in the owner's own words; `back` says it from the other side.

    Raises ValueError where there are no words.
    """
    words = " ".join(kind.split())[:LONGEST]
    if not words:
        raise ValueError("say how they stand to one another")
    named = KINDS.get(words.replace(" ", "-").lower())
    if named is not None:
        return Relation(*named)
    return Relation(words, " ".join((back or "").split())[:LONGEST])
