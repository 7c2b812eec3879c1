"""Which messages a SEARCH means (RFC 3501 section 6.4.4, MODSEQ from RFC 7162)."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from email.header import decode_header, make_header
from email.utils import parsedate_to_datetime

from inboxcrm.testing.imap_folders import StoredMessage
from inboxcrm.testing.imap_grammar import GrammarError, Token, atom, parse_number, parse_set
from inboxcrm.testing.imap_mime import split_header

_FIELD = re.compile(rb"^([^\s:]+)[ \t]*:((?:[^\n]*\n)(?:[ \t][^\n]*\n)*)", re.MULTILINE)
_FLAG_KEYS = {name: "\\" + name.title() for name in ("SEEN", "FLAGGED", "ANSWERED", "DELETED", "DRAFT")}
_HEADER_KEYS = {"SUBJECT", "FROM", "TO", "CC", "BCC"}
_CONSTANT_KEYS = {"ALL": True, "OLD": True, "NEW": False, "RECENT": False}


@dataclass(frozen=True, slots=True)
class Candidate:
    """A message with its sequence number in the session that asks."""

    number: int
    message: StoredMessage


Test = Callable[[Candidate], bool]


class SearchParser:
    """Turns search keys into one test; `uses_modseq` then says whether MODSEQ was among them.

    `top_uid` and `top_number` are what `*` means to the client.
    """

    def __init__(self, tokens: list[Token], *, top_uid: int, top_number: int) -> None:
        self._tokens = tokens
        self._at = 0
        self._top_uid = top_uid
        self._top_number = top_number
        self.uses_modseq = False

    def parse(self) -> Test:
        """All keys, joined by AND. GrammarError for a key this server does not know."""
        tests = []
        while self._at < len(self._tokens):
            tests.append(self._key())
        return lambda candidate: all(test(candidate) for test in tests)

    def _next(self) -> Token:
        if self._at >= len(self._tokens):
            raise GrammarError("missing search argument")
        self._at += 1
        return self._tokens[self._at - 1]

    def _word(self) -> bytes:
        return atom(self._next())

    def _key(self) -> Test:
        token = self._next()
        if isinstance(token, list):
            return self._group(token)
        key = token.decode("ascii", "replace").upper()
        if key[:1].isdigit() or key[:1] == "*":
            ranges = parse_set(token, self._top_number)
            return lambda candidate: any(low <= candidate.number <= high for low, high in ranges)
        if key in _CONSTANT_KEYS:
            constant = _CONSTANT_KEYS[key]
            return lambda _: constant
        return self._flag_key(key) or self._header_key(key) or self._date_key(key) or self._other_key(key)

    def _group(self, tokens: list[Token]) -> Test:
        inner = SearchParser(tokens, top_uid=self._top_uid, top_number=self._top_number)
        test = inner.parse()
        self.uses_modseq |= inner.uses_modseq
        return test

    def _flag_key(self, key: str) -> Test | None:
        if key in {"KEYWORD", "UNKEYWORD"}:
            flag = self._word().decode("ascii", "replace")
        else:
            flag = _FLAG_KEYS.get(key.removeprefix("UN"), "")
        if not flag:
            return None
        wanted = not key.startswith("UN")
        return lambda candidate: has_flag(candidate.message, flag) is wanted

    def _header_key(self, key: str) -> Test | None:
        if key == "HEADER":
            name = self._word().decode("ascii", "replace").lower()
        elif key in _HEADER_KEYS:
            name = key.lower()
        else:
            return None
        needle = _folded(self._word())
        return lambda candidate: any(needle in value for value in header_values(candidate.message.raw, name))

    def _date_key(self, key: str) -> Test | None:
        kind = key.removeprefix("SENT")
        if kind not in {"SINCE", "BEFORE", "ON"}:
            return None
        wanted = _date(self._word())
        read = sent_on if key.startswith("SENT") else received_on

        def test(candidate: Candidate) -> bool:
            found = read(candidate.message)
            if found is None:
                return False
            return found >= wanted if kind == "SINCE" else found < wanted if kind == "BEFORE" else found == wanted

        return test

    def _other_key(self, key: str) -> Test:
        match key:
            case "UID":
                ranges = parse_set(self._next(), self._top_uid)
                return lambda candidate: any(low <= candidate.message.uid <= high for low, high in ranges)
            case "NOT":
                refused = self._key()
                return lambda candidate: not refused(candidate)
            case "OR":
                either, other = self._key(), self._key()
                return lambda candidate: either(candidate) or other(candidate)
            case "LARGER" | "SMALLER":
                size = parse_number(self._next())
                sign = 1 if key == "LARGER" else -1
                return lambda candidate: (len(candidate.message.raw) - size) * sign > 0
            case "TEXT" | "BODY":
                text = self._word().lower()
                if key == "TEXT":
                    return lambda candidate: text in candidate.message.raw.lower()
                return lambda candidate: text in split_header(candidate.message.raw)[1].lower()
            case "MODSEQ":
                self.uses_modseq = True
                modseq = parse_number(self._next())
                return lambda candidate: candidate.message.modseq >= modseq
        raise GrammarError(f"unknown search key {key}")


def has_flag(message: StoredMessage, flag: str) -> bool:
    """Whether a message carries a flag; flags are compared without case (RFC 3501 section 2.3.2)."""
    return flag.lower() in {present.lower() for present in message.flags}


def header_values(raw: bytes, name: str) -> list[str]:
    """Every value of a field, unfolded, decoded and casefolded."""
    header, _ = split_header(raw)
    wanted = name.encode("ascii", "replace")
    return [_folded(value) for field, value in _FIELD.findall(header) if field.lower() == wanted]


def _folded(value: bytes) -> str:
    text = re.sub(r"\r?\n[ \t]*", " ", value.decode("utf-8", "replace")).strip()
    try:
        return str(make_header(decode_header(text))).casefold()
    except (LookupError, ValueError):
        return text.casefold()


def received_on(message: StoredMessage) -> date:
    """The date of INTERNALDATE in the zone it was given in."""
    return message.received_at.date()


def sent_on(message: StoredMessage) -> date | None:
    """The date of the Date field, or None when it has none that can be read."""
    header, _ = split_header(message.raw)
    found = re.search(rb"(?im)^date:([^\r\n]*)", header)
    if found is None:
        return None
    try:
        return parsedate_to_datetime(found[1].decode("ascii", "replace").strip()).date()
    except ValueError:
        return None


def _date(text: bytes) -> date:
    return parse_date_time(text + b" 00:00:00 +0000").date()


def parse_date_time(text: bytes) -> datetime:
    """RFC 3501 date-time, aware, in the zone it was given in. GrammarError when it cannot be read."""
    try:
        return datetime.strptime(text.decode("ascii").strip(), "%d-%b-%Y %H:%M:%S %z")
    except ValueError as error:
        raise GrammarError("not a date") from error


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def format_date_time(instant: datetime) -> str:
    """RFC 3501 date-time, in English whatever the locale says."""
    offset = instant.utcoffset() or timedelta(0)
    minutes = abs(offset) // timedelta(minutes=1)
    zone = f"{'-' if offset < timedelta(0) else '+'}{minutes // 60:02}{minutes % 60:02}"
    return f"{instant.day:2}-{_MONTHS[instant.month - 1]}-{instant.year:04} {instant:%H:%M:%S} {zone}"
