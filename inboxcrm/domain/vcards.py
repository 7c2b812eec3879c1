"""Reads and writes vCards: versions 3.0 (RFC 2426) and 4.0 (RFC 6350), and what telephones still write of 2.1.

Own code for both, since the library at hand writes no 4.0 and stops at the first odd line. Ugly cards are read as far
as they go; pictures, postal addresses and relatives are kept as they are (card_lines.py).
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from inboxcrm.domain import card_lines
from inboxcrm.domain.cards import LONGEST_VALUE, MOST_VALUES, Card, Day, Labelled, read_day
from inboxcrm.domain.text import plain

VERSIONS = ("3.0", "4.0")

_NAME = re.compile(r"(?:[\w-]+\.)?([\w-]+)((?:;[^:;\"]*(?:\"[^\"]*\"[^:;\"]*)*)*):", re.ASCII)
_PARAMETER = re.compile(r";([\w-]+)(?:=([^;\"]*(?:\"[^\"]*\"[^;\"]*)*))?", re.ASCII)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_SOFT_BREAK = re.compile(r"=\n")
_FOLD = re.compile(r"\n[ \t]")
_QUOTED_PRINTABLE = re.compile(
    r"^[^:\n]{0,200}ENCODING=QUOTED-PRINTABLE[^:\n]{0,200}:[^\n]*", re.IGNORECASE | re.MULTILINE
)
_LABELS = {"cell": "mobile", "work": "work", "home": "home", "mobile": "mobile", "iphone": "mobile", "main": "main"}


@dataclass(frozen=True, slots=True)
class _Line:
    name: str
    parameters: tuple[tuple[str, str], ...]
    value: str
    written: str = ""
    """The parameters as they stand in the file."""

    def types(self) -> set[str]:
        """The words of TYPE, and of parameters without a name as 2.1 has them."""
        words = (each for name, value in self.parameters for each in ((value if name == "TYPE" else name).split(",")))
        return {each.strip(' "').lower() for each in words}

    def label(self) -> str:
        """What the value is called."""
        return next((name for word, name in _LABELS.items() if word in self.types()), "")


def read(text: str) -> list[Card]:
    """Every card of a file, in its order; groups of cards are left out. Never raises."""
    cards: list[Card] = []
    lines: list[_Line] | None = None
    for line in _lines(text):
        if line.name == "BEGIN" and line.value.strip().upper() == "VCARD":
            lines = []
        elif line.name == "END" and lines is not None:
            if not any(each.name in ("KIND", "X-ADDRESSBOOKSERVER-KIND") and "group" in each.value for each in lines):
                cards.append(_card(lines, f"card {len(cards) + 1}"))
            lines = None
        elif lines is not None:
            lines.append(line)
    return cards


def _lines(text: str) -> Iterator[_Line]:
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if "QUOTED-PRINTABLE" in text.upper():
        text = _whole_quoted_printable(text)
    for line in _FOLD.sub("", text).split("\n"):
        match = _NAME.match(line.lstrip("\ufeff"))
        if match is not None:
            parameters = tuple((name.upper(), value.upper()) for name, value in _PARAMETER.findall(match[2]))
            value = line.lstrip("\ufeff")[match.end() :]
            if "QUOTED-PRINTABLE" in match[2].upper():
                value = quopri.decodestring(value.encode("utf-8", "replace")).decode("utf-8", "replace")
            yield _Line(match[1].upper(), parameters, value, match[2])


def _whole_quoted_printable(text: str) -> str:
    """Join the lines that a soft line break parts (vCard 2.1), where a value says that it is so written."""
    joined: list[str] = []
    open_ = False
    for line in text.split("\n"):
        if open_:
            joined[-1] = joined[-1][:-1] + line
        else:
            joined.append(line)
        open_ = joined[-1].endswith("=") and _QUOTED_PRINTABLE.match(joined[-1]) is not None
    return "\n".join(joined)


def _card(lines: list[_Line], where: str) -> Card:
    def first(name: str) -> str:
        return next((_said(line.value) for line in lines if line.name == name and line.value.strip()), "")

    def every(*names: str) -> list[_Line]:
        return [line for line in lines if line.name in names and line.value.strip()][:MOST_VALUES]

    name = first("FN") or _of_parts(next((line.value for line in every("N")), ""))
    organisation = next((_parts(line.value)[0] for line in every("ORG")), "")
    return Card(
        name=name,
        addresses=tuple(Labelled(_said(each.value).removeprefix("mailto:"), each.label()) for each in every("EMAIL")),
        phones=tuple(
            Labelled(_telephone(each.value), each.label()) for each in every("TEL") if "fax" not in each.types()
        ),
        pages=tuple(_said(each.value) for each in every("URL", "X-SOCIALPROFILE", "SOCIALPROFILE")),
        organisation=organisation,
        language=first("LANG").partition("-")[0].lower(),
        timezone=first("TZ"),
        birthday=read_day(first("BDAY")),
        anniversary=read_day(first("ANNIVERSARY") or first("X-ANNIVERSARY")),
        note=first("NOTE"),
        where=where,
        kept=tuple(
            found
            for line in every(*card_lines.NAMES)
            if (found := card_lines.kept(line.name, _PARAMETER.findall(line.written), line.value)) is not None
        ),
    )


def _said(value: str) -> str:
    """A value as text: escapes taken off (RFC 6350 section 3.4), one line, no control characters."""
    return plain(_ESCAPED.sub(lambda match: " " if match[1] in "nN" else match[1], value), LONGEST_VALUE)


def _parts(value: str) -> list[str]:
    """The components of a structured value, parted by semicolons that are not escaped."""
    return [_said(each) for each in re.split(r"(?<!\\);", value[: LONGEST_VALUE * 4])]


def _of_parts(value: str) -> str:
    """A name from its components: family, given, further, prefix, suffix."""
    family, given, further = [*_parts(value), "", "", ""][:3]
    return " ".join(filter(None, (given, further, family)))


def _telephone(value: str) -> str:
    return _said(value).removeprefix("tel:").partition(";")[0]


# -- writing


def write(cards: Iterable[Card], version: str = "4.0") -> str:
    """A file of cards, lines ended by CR LF and folded at 75 octets (RFC 6350 section 3.2)."""
    return "".join(f"{_folded(line)}\r\n" for card in cards for line in _written(card, version))


def _written(card: Card, version: str) -> Iterator[str]:
    yield from ("BEGIN:VCARD", f"VERSION:{version}", f"FN:{_escaped(card.name)}")
    if version == "3.0":
        given, _, family = card.name.rpartition(" ")
        yield f"N:{_escaped(family)};{_escaped(given)};;;"
    for address in card.addresses:
        yield f"EMAIL{_type(address.label)}:{_escaped(address.value)}"
    for phone in card.phones:
        uri = version == "4.0" and phone.value.startswith("+")
        number = f"tel:{phone.value}" if uri else _escaped(phone.value)
        yield f"TEL{';VALUE=uri' if uri else ''}{_type(phone.label)}:{number}"
    for page in card.pages:
        yield f"URL:{page}"
    if card.organisation:
        yield f"ORG:{_escaped(card.organisation)}"
    if card.language and version == "4.0":
        yield f"LANG:{card.language}"
    if card.timezone:
        yield f"TZ{';VALUE=text' if version == '3.0' else ''}:{_escaped(card.timezone)}"
    yield from _days(card, version)
    yield from (card_lines.written(line, version) for line in card.kept)
    if card.note:
        yield f"NOTE:{_escaped(card.note)}"
    yield "END:VCARD"


def _days(card: Card, version: str) -> Iterator[str]:
    names = {"BDAY": card.birthday, "ANNIVERSARY" if version == "4.0" else "X-ANNIVERSARY": card.anniversary}
    for name, day in names.items():
        if day is not None:
            yield f"{name}:{_day(day, version)}"


def _day(day: Day, version: str) -> str:
    """RFC 6350 knows a day without a year, RFC 2426 does not: 1604 stands for none there, as address books have it."""
    if version == "4.0":
        return f"{'--' if day.year is None else f'{day.year:04}'}{day.month:02}{day.day:02}"
    return f"{day.year or 1604:04}-{day.month:02}-{day.day:02}"


def _type(label: str) -> str:
    word = {"mobile": "cell"}.get(label, label)
    return f";TYPE={word}" if word in _LABELS else ""


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace(",", "\\,").replace(";", "\\;").replace("\n", "\\n")


def _folded(line: str) -> str:
    octets = line.encode()
    if len(octets) <= 75:
        return line
    if line.isascii():  # a picture is long
        return "\r\n ".join((line[:75], *(line[at : at + 74] for at in range(75, len(line), 74))))
    lines, rest, room = [], line, 75
    while rest:
        taken = rest.encode()[:room].decode("utf-8", "ignore")
        lines.append(taken)
        rest, room = rest[len(taken) :], 74
    return "\r\n ".join(lines)
