"""Does a name or an address look like one that is known, and is another?

The idea is that of Unicode Technical Standard 39: two texts that have the same skeleton can be taken for one another.
The table is our own and small: the letters with which Latin names and domains are imitated.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from inboxcrm.domain.address import mixed_script, shown_label

LONGEST = 320

_LIKE = {
    "a": "аɑαａ", "b": "Ьʙβ", "c": "сϲⅽ", "d": "ԁɗⅾ", "e": "еєεҽ", "f": "ғƒ", "g": "ɡġ", "h": "һհ", "i": "іıɩι1lⅼӏ",
    "j": "јϳ", "k": "кκ", "m": "мⅿ", "n": "ոռпη", "o": "оοσօ0", "p": "рρ", "q": "ԛզ", "r": "гʀ", "s": "ѕʂ", "t": "тτ",
    "u": "υսцμ", "v": "νѵ", "w": "ԝωѡш", "x": "хχ", "y": "уүγʏ", "z": "ᴢ",
}  # fmt: skip
"""For each Latin letter, what is drawn almost like it in ordinary type."""

_ONE = {ord(char): latin for latin, chars in _LIKE.items() for char in chars}
_PAIRS = (("rn", "m"), ("vv", "w"))


@lru_cache(maxsize=4096)
def skeleton(text: str) -> str:
    """What the eye makes of a text: compatible forms folded, marks taken off, each letter as the Latin one it is like.

    Two texts with the same skeleton can be taken for one another; the skeleton itself is not for showing.
    """
    folded = unicodedata.normalize("NFKD", text[:LONGEST]).casefold()
    bare = "".join(char for char in folded if not unicodedata.combining(char) and not _hidden(char))
    for pair, one in _PAIRS:
        bare = bare.replace(pair, one)
    return bare.translate(_ONE)


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in ("Cf", "Cc", "Mn", "Me")


def shown(domain: str) -> str:
    """A domain as it would be shown: its A-labels decoded (RFC 5891), unchanged where they mean nothing."""
    return ".".join(shown_label(label) for label in domain.split(".")[:127])


@dataclass(frozen=True, slots=True)
class Skeleton:
    """The skeletons of an address: of all of it and of its domain, and of the name before it (empty without one)."""

    address: str
    domain: str
    name: str


def skeleton_of(key: str, name: str) -> Skeleton:
    """The skeletons of an address, by its key, and of the name it came with."""
    local, _, domain = key.rpartition("@")
    drawn = skeleton(shown(domain))
    return Skeleton(f"{skeleton(local)}@{drawn}", drawn, skeleton(" ".join(name.split())))


@dataclass(frozen=True, slots=True)
class Known:
    """An address that the owner knows, and whose it is."""

    key: str
    name: str
    contact_id: int
    contact: str


@dataclass(frozen=True, slots=True)
class Caution:
    """One thing to look at twice. `like` is the contact that is imitated, None where the spelling alone is odd;
    it is not `urgent` where honest people write like that too.
    """

    text: str
    like: int | None = None
    urgent: bool = True


def cautions(key: str, name: str, like: tuple[Known, ...]) -> tuple[Caution, ...]:
    """What is to be looked at twice in an address and its name, given the known ones that share a skeleton with it."""
    local, _, domain = key.rpartition("@")
    found: dict[str, Caution] = {}
    for each in like:
        said = _likeness(local, domain, name, each)
        if said is not None:
            found.setdefault(said, Caution(said, each.contact_id))
    if "xn--" in domain:
        found.setdefault("", Caution(f"the domain reads {shown(domain)} and is {domain}", urgent=False))
    if mixed_script(key):
        found.setdefault("mixed", Caution("the address mixes scripts as a forgery does"))
    if name and mixed_script(f"{'.'.join(name.split())}@-"):
        found.setdefault("name", Caution("the name mixes scripts as a forgery does"))
    return tuple(found.values())


def _likeness(local: str, domain: str, name: str, known: Known) -> str | None:
    """How this looks like a known address or name and is another; None where it is the same, or not alike."""
    other_local, _, other_domain = known.key.rpartition("@")
    if domain != other_domain and skeleton(shown(domain)) == skeleton(shown(other_domain)):
        return f"{shown(domain)} looks like {other_domain}, the domain of {known.contact}, and is another"
    if domain == other_domain and local != other_local and skeleton(local) == skeleton(other_local):
        return f"{local}@{domain} looks like {known.key} of {known.contact}, and is another"
    if name != known.name and _folded(name) != _folded(known.name) and skeleton(name) == skeleton(known.name):
        return f"the name is spelled to look like {known.contact}, with other letters"
    return None


def imitates(key: str, other: str) -> bool:
    """Whether two addresses, or their domains, look alike and are not the same."""
    local, _, domain = key.rpartition("@")
    other_local, _, other_domain = other.rpartition("@")
    if domain != other_domain:
        return skeleton(shown(domain)) == skeleton(shown(other_domain))
    return local != other_local and skeleton(local) == skeleton(other_local)


def _folded(name: str) -> str:
    """A name without the differences that people make: case, accents, spaces."""
    parts = unicodedata.normalize("NFKD", name).casefold()
    return " ".join("".join(char for char in parts if not unicodedata.combining(char)).split())
