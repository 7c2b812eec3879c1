"""Which telephone numbers are meant, and which stand below a letter?

Numbers are kept as E.164 and shown as people dial them. `phonenumbers` is imported when the first number is read: a
contact without one costs nothing.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from inboxcrm.domain.quoting import new_text

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

SIGNATURE_LINES = 14
"""How many lines from the end a signature is looked for in."""

MOST_NUMBERS = 3
LONGEST_LINE = 200
LONGEST_LETTER = 60_000

_DELIMITER = re.compile(r"\n--[ \t]*\n")
_ENOUGH_DIGITS = re.compile(r"(?:\d[\d ()/.\-\u00a0\u2010-\u2015]{0,3}){7}")
_NO_TELEPHONE = re.compile(
    r"\b(?:fax|telefax|iban|bic|vat|ust|uid|mwst|hrb|siren|siret|kvk|invoice|rechnung|order)\b", re.I
)
_LABELS = (
    (
        "mobile",
        re.compile(
            r"\b(?:m|mob|mobile?|handy|natel|cell|portable|móvil|movil|cellulare|telemóvel|mobiel|携帯)\b", re.I
        ),
    ),
    ("work", re.compile(r"\b(?:w|work|office|büro|direct|direkt|durchwahl|bureau|oficina|ufficio|kantoor)\b", re.I)),
)


@dataclass(frozen=True, slots=True)
class Number:
    """A telephone number: E.164, as it is dialled in its own region and from elsewhere, and that region if known."""

    e164: str
    national: str
    international: str
    region: str | None
    label: str = ""


def read_number(text: str, region: str | None) -> Number | None:
    """The number a person wrote, `region` (ISO 3166) being where it is written; None where none can exist."""
    import phonenumbers

    try:
        parsed = phonenumbers.parse(text[:LONGEST_LINE], region)
    except phonenumbers.NumberParseException:
        return None
    return _number(parsed) if phonenumbers.is_valid_number(parsed) else None


def _number(parsed: PhoneNumber, label: str = "") -> Number:
    import phonenumbers
    from phonenumbers import PhoneNumberFormat as Shape

    e164, national, international = (
        phonenumbers.format_number(parsed, shape) for shape in (Shape.E164, Shape.NATIONAL, Shape.INTERNATIONAL)
    )
    return Number(e164, national, international, phonenumbers.region_code_for_number(parsed), label)


def in_signature(letter: str, region: str | None) -> list[Number]:
    """The numbers in the lines below a letter's own words, at most three; nothing of what it quotes, no fax."""
    found: dict[str, Number] = {}
    for line in _signature(letter[:LONGEST_LETTER]):
        if _ENOUGH_DIGITS.search(line) is None or _NO_TELEPHONE.search(line):
            continue
        for number in _in_line(line, region):
            found.setdefault(number.e164, number)
    return list(found.values())[:MOST_NUMBERS]


def _signature(letter: str) -> list[str]:
    """The last lines the writer wrote: what follows the delimiter (RFC 3676 section 4.3), or the end of the letter."""
    body, _, below = ("\n" + letter.replace("\r\n", "\n")).partition(_delimiter(letter))
    own = new_text(below if below else body)
    lines = [line.strip() for line in own.splitlines() if line.strip()]
    return [line[:LONGEST_LINE] for line in (lines[:SIGNATURE_LINES] if below else lines[-SIGNATURE_LINES:])]


def _delimiter(letter: str) -> str:
    match = _DELIMITER.search("\n" + letter.replace("\r\n", "\n"))
    return match[0] if match else "\0"


@lru_cache(maxsize=512)  # below all letters of a person stands the same
def _in_line(line: str, region: str | None) -> tuple[Number, ...]:
    import phonenumbers

    matcher = phonenumbers.PhoneNumberMatcher(line, region or "ZZ")
    return tuple(_number(match.number, _label(line[: match.start][-20:])) for match in matcher)


def _label(before: str) -> str:
    return next((name for name, pattern in _LABELS if pattern.search(before)), "")


def region_of(*, timezone: str | None, keys: tuple[str, ...], owner: str | None) -> str | None:
    """Where somebody telephones from: by their zone, else the country of their address, else where the owner is."""
    if timezone:
        territory = _territory(timezone)
        if territory:
            return territory
    for key in keys:
        ending = key.rpartition(".")[2]
        if len(ending) == 2 and ending.isalpha() and ending not in _NO_COUNTRY:
            return {"uk": "GB"}.get(ending, ending.upper())
    return owner


_NO_COUNTRY = frozenset(("io", "ai", "co", "me", "tv", "cc", "eu", "fm", "gg", "sh", "to", "ws", "ly", "am"))
"""Two letters at the end of domains that are used everywhere."""


def _territory(timezone: str) -> str | None:
    from babel.core import get_global

    found = get_global("zone_territories").get(timezone)
    return None if found in (None, "001", "ZZ") else str(found)


def owner_region(*, holidays: str | None, timezone: str) -> str | None:
    """Where the owner is: the country of their public holidays, else that of their zone."""
    return holidays.partition("-")[0].upper() if holidays else _territory(timezone)
