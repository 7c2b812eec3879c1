"""How mails lie one after the other in an mbox file (RFC 4155), and how they are laid there.

A line that begins with "From " ends the mail before it, so a mail's own such lines are quoted with a ">":

- mboxrd quotes them and whatever is quoted already, so that nothing is ambiguous: this is what is written here;
- mboxo quotes only the bare ones; mboxcl besides tells the length of the body in Content-Length;
- mboxcl2 tells the length and quotes nothing.

Read without being told which, a file is taken for mboxrd, which is right for mboxo but for lines that began with
">From " before; a Content-Length is believed where a mail really ends there, and with a bare line it is mboxcl2.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import BinaryIO

from inboxcrm.spool import IN_MEMORY, Spool

LONGEST_LINE = 1 << 16
"""Longer lines are read in pieces, in octets."""

UNENDED = b" no-final-newline"
"""Behind the date: the mail does not end in a line feed, and the one after it is not its own."""

HEADLESS = b" no-header"
"""Behind that: the mail is meant to be one, though it does not begin with a header field."""

_FROM = re.compile(rb"From \S+ .*\d{4}(?: [+-]\d{4})?(?: no-final-newline)?(?: no-header)?\s*\Z|From - ")
_DATED = re.compile(
    rb"From .*[A-Z][a-z]{2},? +[A-Z][a-z]{2} +\d{1,2} +\d{1,2}:\d\d(?::\d\d)?(?: +[A-Z0-9+-]{1,6})? +\d{4}(?: |\s*\Z)"
)
_FIELD = re.compile(rb"[!-9;-~]{1,200}[ \t]*:")
_BEGINNING = re.compile(rb"\s*(?:[!-9;-~]{1,200}[ \t]*:|>?From )")
_QUOTED = re.compile(rb">+From ")
_QUOTED_ONCE = re.compile(rb">From ")
_TO_QUOTE = re.compile(rb"^(>*From )", re.MULTILINE)
_LENGTH = re.compile(rb"content-length:[ \t]*(\d{1,15})\s*\Z", re.IGNORECASE)
_DATE = re.compile(
    r"([A-Z][a-z]{2}) +(\d{1,2}) +(\d\d):(\d\d)(?::(\d\d))?(?: +([+-]\d{4}|[A-Z]{3,4}))? +(\d{4})(?: +([+-]\d{4}))?"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EMPTY = (b"\n", b"\r\n")


class Form(StrEnum):
    """The dialect of an mbox file."""

    AUTO = "auto"
    RD = "mboxrd"
    O = "mboxo"  # noqa: E741 - the form's own name
    CL = "mboxcl"
    CL2 = "mboxcl2"


@dataclass(frozen=True, slots=True)
class Entry:
    """One mail of an mbox: its octets as they were, when it came as its From line says, and where the next begins.

    `why_not` is why it is no mail, if it is none.
    """

    raw: bytes | Spool
    received_at: datetime | None
    begins: int
    ends: int
    why_not: str | None = None


def is_mbox(first: bytes) -> bool:
    """Whether a file that begins with this line is an mbox."""
    return _DATED.match(first) is not None or _FROM.match(first) is not None


def split(handle: BinaryIO, *, start: int = 0, form: Form = Form.AUTO, measured: bool = False) -> Iterator[Entry]:
    """The mails from an offset on, at which `handle` stands and a mail begins; no more than one is held at a time.

    `measured`: the handle may be moved, so that a Content-Length can be tried.
    """
    mail: _Mail | None = None
    at = start
    fresh, after_empty = True, True
    ahead: bytes | None = None
    while line := handle.readline(LONGEST_LINE) if ahead is None else ahead:
        ahead = None
        if fresh and line.startswith(b"From ") and (mail is None or not mail.in_head):
            ahead = handle.readline(LONGEST_LINE)
            if mail is None or _separates(line, ahead, after_empty=after_empty):
                if mail is not None:
                    yield mail.finish(at)
                mail = _Mail(line, at, form)
                at += len(line)
                fresh, after_empty = True, False
                continue
        if mail is None:
            mail = _Mail(b"", at, form)
        ended_head = mail.add(line, fresh=fresh)
        after_empty = fresh and line in _EMPTY
        fresh = line.endswith(b"\n")
        at += len(line)
        if ended_head and measured and mail.length and form in (Form.AUTO, Form.CL, Form.CL2):
            if _ends_there(handle, at, mail.length):
                mail.take_body(handle, mail.length)
                at += mail.length
                fresh, after_empty = True, False
            else:
                handle.seek(at)
    if mail is not None:
        yield mail.finish(at)


def _separates(line: bytes, following: bytes, *, after_empty: bool) -> bool:
    """Whether a line that begins with "From " is where a mail begins. Not every program quotes those of the text.

    One with a full date is, after an empty line; so are one without that and one after no empty line, which some
    programs leave out, where a field of a header follows.
    """
    if _DATED.match(line) is not None:
        return after_empty or _FIELD.match(following) is not None
    return after_empty and _FROM.match(line) is not None and _FIELD.match(following) is not None


def _ends_there(handle: BinaryIO, at: int, length: int) -> bool:
    """Whether an empty line and then a From line, or the end, follow after so many octets."""
    handle.seek(at + length - 1)
    last, empty, following = handle.read(1), handle.readline(3), handle.readline(LONGEST_LINE)
    handle.seek(at)
    return last == b"\n" and empty in _EMPTY and (not following or _FROM.match(following) is not None)


class _Mail:
    """One mail as its lines come. The last two are kept back: the one that separates is not the mail's own."""

    def __init__(self, from_line: bytes, begins: int, form: Form) -> None:
        self._from_line = from_line
        self._begins = begins
        self._form = form
        self._quoted = {Form.CL2: None, Form.O: _QUOTED_ONCE, Form.CL: _QUOTED_ONCE}.get(form, _QUOTED)
        self._octets = _Octets()
        self._tail: list[tuple[bytes, bool]] = []
        self.in_head = True
        self.length = 0

    def add(self, line: bytes, *, fresh: bool) -> bool:
        """One more line, or the next piece of a long one (not `fresh`); whether it ended the header block."""
        ended = False
        if fresh:
            if self._quoted is not None and self._quoted.match(line):
                line = line[1:]
            elif self.in_head:
                ended = line in _EMPTY
                self.in_head = not ended
                found = _LENGTH.match(line)
                self.length = int(found[1]) if found else self.length
        self._tail.append((line, fresh))
        if len(self._tail) > 2:
            self._octets.write(self._tail.pop(0)[0])
        return ended

    def take_body(self, handle: BinaryIO, length: int) -> None:
        """The body by its length; unquoted unless it has a bare From line, which only mboxcl2 leaves standing."""
        body = _Octets()
        bare, fresh = False, True
        left = length
        while left and (line := handle.readline(min(left, LONGEST_LINE))):
            bare = bare or (fresh and line.startswith(b"From "))
            body.write(line)
            fresh = line.endswith(b"\n")
            left -= len(line)
        if bare:
            self._quoted = None
        fresh = True
        for line in body.lines():
            self.add(line, fresh=fresh)
            fresh = line.endswith(b"\n")

    def finish(self, ends: int) -> Entry:
        """The mail, when the next begins at `ends`."""
        if self._tail and self._tail[-1][1] and self._tail[-1][0] in _EMPTY:
            self._tail.pop()
        rest = b"".join(line for line, _ in self._tail)
        if self._from_line.rstrip().removesuffix(HEADLESS).endswith(UNENDED):
            rest = rest.removesuffix(b"\n")
        self._octets.write(rest)
        raw = self._octets.done()
        why_not = None if self._from_line.rstrip().endswith(HEADLESS) else no_mail(raw)
        return Entry(raw, _date_of(self._from_line), self._begins, ends, why_not)


class _Octets:
    """Octets that come in pieces: in memory while they are few, else in a file without a name."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._spool: Spool | None = None

    def write(self, piece: bytes) -> None:
        if self._spool is not None:
            self._spool.write(piece)
            return
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > IN_MEMORY:
            self._spool = Spool()
            self._spool.write(b"".join(self._pieces))
            self._pieces = []

    def done(self) -> bytes | Spool:
        return b"".join(self._pieces) if self._spool is None else self._spool

    def lines(self) -> Iterator[bytes]:
        if self._spool is None:
            yield from io.BytesIO(b"".join(self._pieces))
            return
        rest = b""
        for piece in self._spool.pieces():
            *lines, rest = io.BytesIO(rest + piece)
            yield from lines
        if rest:
            yield rest


def _date_of(from_line: bytes) -> datetime | None:
    """When the mail came, as the From line says: by the clock of the mail's host, UTC where no offset is told."""
    found = _DATE.search(from_line.decode("ascii", "replace"))
    if found is None or found[1] not in _MONTHS:
        return None
    offset = found[6] or found[8] or "+0000"
    ahead = timedelta(hours=int(offset[1:3]), minutes=int(offset[3:])) if offset[1:].isdigit() else timedelta()
    try:
        at = datetime(int(found[7]), _MONTHS.index(found[1]) + 1, int(found[2]), int(found[3]), int(found[4]),
                      int(found[5] or 0), tzinfo=UTC)  # fmt: skip
        return at + ahead if offset.startswith("-") else at - ahead
    except (ValueError, OverflowError):
        return None


def no_mail(raw: bytes | Spool) -> str | None:
    """Why octets are no mail: there are none, or they do not begin with a header field."""
    head = raw.head(2_000) if isinstance(raw, Spool) else raw[:2_000]
    if not head.strip():
        return "it is empty"
    return None if _BEGINNING.match(head) else "it does not begin with a header field"


def laid(raw: bytes, *, sender: str, received_at: datetime) -> bytes:
    """A mail as it lies in an mboxrd file, its From line and the empty line after it included."""
    ends = b"" if raw.endswith(b"\n") else b"\n"
    quoted = _TO_QUOTE.sub(rb">\1", raw)
    marks = (UNENDED if ends else b"") + (HEADLESS if no_mail(raw) else b"")
    return _from_line(sender, received_at, marks) + quoted + ends + b"\n"


def _from_line(sender: str, at: datetime, marks: bytes) -> bytes:
    """RFC 4155 appendix A: the address, and the time in UTC in the form of asctime."""
    usable = sender.isascii() and sender.isprintable() and " " not in sender and "@" in sender
    utc = at.astimezone(UTC)
    stamp = f"{_DAYS[utc.weekday()]} {_MONTHS[utc.month - 1]} {utc.day:2} {utc:%H:%M:%S} {utc.year:04}"
    return f"From {sender if usable else 'MAILER-DAEMON'} {stamp}".encode("ascii") + marks + b"\n"
