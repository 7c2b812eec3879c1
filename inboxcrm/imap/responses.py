"""What one IMAP response says: an exact reader for the few responses that matter (RFC 3501 section 7, RFC 7162).

IMAPClient's lexer walks a response character by character, which costs nearly half the time of a first reading. Here a
literal is set aside by the reader, and the line around it is cut by one regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import NamedTuple

from inboxcrm.imap.errors import ProtocolError

Token = bytes | None | list["Token"]
"""An atom, quoted string or literal; NIL; or a list in parentheses."""


class Response(NamedTuple):
    """One response: its text without the line ending, and the literals its {n} markers stand for, in order."""

    text: bytes
    literals: Sequence[bytes] = ()


class Untagged(NamedTuple):
    """A response that starts with `*`. `number` is set where one stands before the name: `* 12 EXISTS`."""

    name: str
    number: int | None
    rest: bytes
    literals: Sequence[bytes] = ()


@dataclass(frozen=True, slots=True)
class Status:
    """OK, NO, BAD, BYE or PREAUTH with its response code (`code` upper case, `argument` as it stands) and text."""

    status: str
    code: str | None
    argument: str
    text: str


@dataclass(frozen=True, slots=True)
class Fetched:
    """One FETCH response. A section that came as NIL is in `sections` with None; one that did not come is absent.

    `server_id`: the number of the message in all folders (X-GM-MSGID; EMAILID, RFC 8474). `labels`: those of Gmail that
    mean a folder, in lower case: `\\inbox`, `\\sent`, `\\draft`.
    """

    uid: int | None
    flags: frozenset[str] | None = None
    internal_date: datetime | None = None
    size: int | None = None
    modseq: int | None = None
    sections: dict[str, bytes | None] = field(default_factory=dict)
    server_id: str | None = None
    labels: frozenset[str] = frozenset()


LITERAL_END = re.compile(rb"~?\{(\d{1,20})\+?\}$")
"""The announcement of a literal at the end of a line (RFC 3501 section 4.3, RFC 3516 for the tilde)."""

# An item may carry a section in brackets with spaces in it: BODY[HEADER.FIELDS (FROM TO)]<0>. A flag may hold a bracket
# that is never closed. The bound on the section keeps a hostile line from costing the square of its length.
_TOKEN = re.compile(
    rb' *(?:(?P<open>\()|(?P<close>\))|"(?P<quoted>(?:[^"\\]|\\.)*)"'
    rb"|~?\{(?P<literal>\d+)\+?\}|(?P<atom>(?:BODY|BINARY(?:\.SIZE)?)\[[^\]]{0,4000}\][^ ()]*|[^ ()\"]+))",
    re.IGNORECASE,
)
_ORDINARY = re.compile(
    rb'\(UID (\d{1,20}) FLAGS \(((?:\\[A-Za-z]+ ?)*+)\) INTERNALDATE "([^"\\]{0,40})"'
    rb"(?: RFC822\.SIZE (\d{1,20}))?(?: MODSEQ \((\d{1,20})\))?( BODY\[\] \{\d+\})?\)"
)
"""A FETCH response as most servers write it to what is asked here; what it does not match is read token by token."""

_UNTAGGED = re.compile(rb"\* (?:(\d{1,19}) )?([A-Za-z0-9.-]+)(?: |$)")
_CODE = re.compile(r"\s*\[([A-Za-z0-9.$-]+)(?: ([^\]]*))?\]\s?(.*)", re.DOTALL)


def untagged(response: Response) -> Untagged:
    """Read the head of a `*` response; ProtocolError when it has none."""
    match = _UNTAGGED.match(response.text)
    if match is None:
        raise ProtocolError(f"not a response: {response.text[:80]!r}")
    number = None if match[1] is None else int(match[1])
    return Untagged(match[2].decode("ascii").upper(), number, response.text[match.end() :], response.literals)


def status(name: str, rest: bytes) -> Status:
    """Read the text of OK, NO, BAD or BYE, with the response code in it (RFC 3501 section 7.1)."""
    text = rest.decode("utf-8", "replace")
    match = _CODE.match(text)
    if match is None:
        return Status(name, None, "", text.strip())
    return Status(name, match[1].upper(), match[2] or "", match[3].strip())


def tokens(text: bytes, literals: Sequence[bytes] = ()) -> list[Token]:
    """Cut a response into atoms, strings and lists; ProtocolError where it is none."""
    top: list[Token] = []
    open_lists: list[list[Token]] = [top]
    remaining = iter(literals)
    at = 0
    for match in _TOKEN.finditer(text):
        if match.start() != at:
            break
        at = match.end()
        match match.lastgroup:
            case "open":
                inner: list[Token] = []
                open_lists[-1].append(inner)
                open_lists.append(inner)
            case "close":
                if len(open_lists) == 1:
                    break
                open_lists.pop()
            case "quoted":
                open_lists[-1].append(_unescape(match["quoted"]))
            case "literal":
                open_lists[-1].append(_next_literal(remaining))
            case _:
                atom = match["atom"]
                open_lists[-1].append(None if atom in (b"NIL", b"nil") else atom)
    if text[at:].strip(b" ") or len(open_lists) != 1:
        raise ProtocolError(f"cannot be read from byte {at}: {text[max(0, at - 20) : at + 40]!r}")
    return top


def fetched(response: Untagged) -> Fetched:
    """Read one FETCH response, its items in any order (RFC 3501 section 7.4.2)."""
    ordinary = _ORDINARY.fullmatch(response.rest)
    if ordinary is not None and len(response.literals) == (ordinary[6] is not None):
        uid, flags, date, size, modseq, body = ordinary.groups()
        return Fetched(
            int(uid),
            _flags(tuple(flags.split())),
            internal_date_of(date),
            None if size is None else int(size),
            None if modseq is None else int(modseq),
            {} if body is None else {"BODY[]": response.literals[0]},
        )
    return _read_items(response)


def _read_items(response: Untagged) -> Fetched:
    parsed = tokens(response.rest, response.literals)
    if len(parsed) != 1 or not isinstance(parsed[0], list):
        raise ProtocolError("a FETCH response without a list")
    items = parsed[0]
    uid = size = modseq = None
    flags: frozenset[str] | None = None
    internal_date: datetime | None = None
    sections: dict[str, bytes | None] = {}
    server_id: str | None = None
    labels: frozenset[str] = frozenset()
    for name, value in zip(items[::2], items[1::2], strict=False):
        if not isinstance(name, bytes):
            raise ProtocolError("a FETCH item without a name")
        key = name.upper()
        if key == b"UID":
            uid = number(value)
        elif key == b"FLAGS" and isinstance(value, list):
            flags = _flags(tuple(flag for flag in value if isinstance(flag, bytes)))
        elif key == b"INTERNALDATE":
            internal_date = internal_date_of(value) if isinstance(value, bytes) else None
        elif key == b"RFC822.SIZE":
            size = number_or_none(value)
        elif key == b"MODSEQ" and isinstance(value, list) and value:
            modseq = number_or_none(value[0])
        elif key == b"X-GM-MSGID" and isinstance(value, bytes):
            server_id = value.decode("latin-1")
        elif key == b"EMAILID" and isinstance(value, list) and value and isinstance(value[0], bytes):
            server_id = value[0].decode("latin-1")
        elif key == b"X-GM-LABELS" and isinstance(value, list):
            labels = frozenset(name.decode("latin-1").lower() for name in value if isinstance(name, bytes))
        elif key.startswith(b"BODY[") and not isinstance(value, list):
            sections[key.decode("latin-1")] = value
    return Fetched(uid, flags, internal_date, size, modseq, sections, server_id, labels)


def number_or_none(token: Token) -> int | None:
    """A number that one can do without; None when it is none: one message with a size of -1 spoils no answer."""
    return int(token) if isinstance(token, bytes) and token.isdigit() and len(token) <= 20 else None


def number(token: Token) -> int:
    """A number as the server wrote it; MODSEQ has 63 bits. ProtocolError when it is none."""
    if (found := number_or_none(token)) is None:
        raise ProtocolError(f"not a number: {token!r}"[:80])
    return found


_DATE = re.compile(rb"\s*(\d{1,2})-(\w{3})-(\d{4}) (\d\d):(\d\d):(\d\d) ([+-])(\d\d)(\d\d)\s*")
_MONTHS = {
    name: index for index, name in enumerate(b"jan feb mar apr may jun jul aug sep oct nov dec".split(), start=1)
}


@lru_cache(maxsize=2048)  # it is told when a first reading looks around, and once more with the mail
def internal_date_of(quoted: bytes) -> datetime | None:
    """INTERNALDATE as an aware instant with the server's offset (RFC 3501 date-time); None when it is no date."""
    match = _DATE.fullmatch(quoted)
    month = _MONTHS.get(match[2].lower()) if match else None
    if match is None or month is None:
        return None
    try:
        zone = _zone(match[7], int(match[8]), int(match[9]))
        return datetime(
            int(match[3]), month, int(match[1]), int(match[4]), int(match[5]), min(int(match[6]), 59), tzinfo=zone
        )
    except (ValueError, OverflowError):
        return None


def search_date(at: datetime) -> bytes:
    """The day of an instant as SEARCH is asked for it (RFC 3501 date), in UTC; in English whatever the locale says."""
    day = at.astimezone(UTC)
    month = next(name for name, index in _MONTHS.items() if index == day.month).decode().capitalize()
    return f"{day.day}-{month}-{day.year:04}".encode()


def folder_status(response: Untagged) -> dict[str, int]:
    """The numbers in a STATUS response by their names in upper case (RFC 3501 section 7.2.4); it may have none."""
    pairs = [one for one in tokens(response.rest, response.literals)[1:] if isinstance(one, list)][-1:]
    named = [pair for told in pairs for pair in zip(told[::2], told[1::2], strict=False)]
    return {key.decode("latin-1").upper(): number(value) for key, value in named if isinstance(key, bytes)}


def uid_ranges(text: bytes, *, last: int) -> tuple[tuple[int, int], ...]:
    """A sequence set as closed ranges, `*` standing for `last`; parts that make no sense are left out.

    Some servers answer VANISHED with open or reversed ranges (RFC 7162 section 3.2.10 knows neither).
    """
    ranges = []
    for part in text.split(b","):
        low, colon, high = part.strip().partition(b":")
        ends = [_uid(low, last), _uid(high, last) if colon else _uid(low, last)]
        first, final = (ends[0], ends[1])
        if first is not None and final is not None and min(first, final) <= last:
            ranges.append((max(1, min(first, final)), min(max(first, final), last)))
    return tuple(ranges)


def _uid(text: bytes, last: int) -> int | None:
    if text == b"*":
        return last
    return int(text) if text.isdigit() and len(text) <= 10 else None


def _next_literal(remaining: Iterator[bytes]) -> bytes:
    try:
        return next(remaining)
    except StopIteration:
        raise ProtocolError("a literal was announced inside a line") from None


def _unescape(quoted: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", quoted, flags=re.DOTALL) if b"\\" in quoted else quoted


@lru_cache(maxsize=1024)
def _flags(names: tuple[bytes, ...]) -> frozenset[str]:
    """One object per combination: a mailbox of a million messages has a few dozen."""
    return frozenset(name.decode("utf-8", "replace") for name in names)


@lru_cache(maxsize=64)
def _zone(sign: bytes, hours: int, minutes: int) -> timezone:
    offset = timedelta(hours=hours, minutes=minutes)
    return timezone(-offset if sign == b"-" else offset)
