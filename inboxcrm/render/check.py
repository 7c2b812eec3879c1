"""Is a finished mail exactly what may leave? The last look, at the bytes and not at what made them.

The bytes are read by a grammar that is narrower than any reader's, so that whatever reads them reads the same, and
everything is compared with a short list of what is allowed. Any deviation is our fault and stops the mail.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, a2b_qp
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.header import decode_header, make_header
from functools import lru_cache

from inboxcrm.domain.outbox import Draft
from inboxcrm.errors import InternalError
from inboxcrm.render.clean import unsafe_characters

OWNER_FIELDS = frozenset(
    (
        "From",
        "To",
        "Subject",
        "Date",
        "Message-ID",
        "In-Reply-To",
        "References",
        "Content-Language",
        "MIME-Version",
        "Content-Type",
        "Content-Transfer-Encoding",
    )
)
"""Every field a mail of a person may carry; each once."""

AUTOMATIC_FIELDS = frozenset(("Auto-Submitted", "X-Auto-Response-Suppress", "X-InboxCRM-Auto", "X-Loop"))
"""What an automatic mail carries besides, all of them (RFC 3834 section 5, MS-OXCMAIL 2.1.3.2.20)."""

OPTIONAL_FIELDS = frozenset(("In-Reply-To", "References", "Content-Language"))

_FIELD = re.compile(rb"[!-9;-~]+: ?(?:[\x20-\x7e]|\r\n[ ])*")
_END_OF_FIELD = re.compile(rb"\r\n(?! )")
_HEADER_LINE = 998

_DECODERS: Mapping[str, Callable[[bytes], bytes]] = {"quoted-printable": a2b_qp, "base64": a2b_base64}

_NAME = r'"(?:[^"\\]|\\.)*"|[^"<>(),:;@\\]+'
_SPEC = r'[^\s"<>(),:;@\\]+@[^\s"<>(),:;@\\]+'
_ONE_ADDRESS = re.compile(rf"(?:{_NAME}) <(?P<named>{_SPEC})>|(?P<bare>{_SPEC})")


class UnsafeMailError(InternalError):
    """A mail we composed is not what may leave; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the finished bytes must say; `auto_submitted` is None where a person wrote them (RFC 3834 section 5)."""

    author: str
    recipient: str
    auto_submitted: str | None


def check(draft: Draft, expected: Expected) -> Draft:
    """The draft, unchanged; `UnsafeMailError` names the first deviation without quoting the mail."""
    head, separator, body = draft.raw.partition(b"\r\n\r\n")
    _need(bool(separator), "it has no end of its header block")
    _check_octets(_without_address(draft.raw, expected.recipient))
    fields = _fields(head, expected.recipient)
    _check_names(frozenset(fields), automatic=expected.auto_submitted is not None)
    _need(_the_address(fields["To"]) == expected.recipient == draft.recipient, "To is not the one recipient")
    _need(_the_address(fields["From"]) == expected.author, "From is not the one author")
    _need(draft.envelope_from in ("", expected.author), "the envelope sender is neither null nor the author")
    _need(fields["Message-ID"] == draft.message_id, "the Message-ID is not the one on record")
    _need(_shown(fields["Subject"]) == draft.subject, "the subject does not read as it was meant")
    for name in ("To", "From", "Subject"):
        steers = unsafe_characters(_shown(fields[name]))
        _need(not steers, f"{name} holds a character that steers instead of being read")
    _check_body(fields, body, draft.text)
    if expected.auto_submitted is not None:
        _need(fields["Auto-Submitted"] == expected.auto_submitted, f"Auto-Submitted is not {expected.auto_submitted}")
        _need(fields["X-Auto-Response-Suppress"] == "All", "X-Auto-Response-Suppress is not All")
    return draft


def _need(condition: bool, deviation: str) -> None:
    """An assertion that survives `python -O`."""
    if not condition:
        raise UnsafeMailError(f"a finished mail was stopped before it left: {deviation}")


def _check_octets(raw: bytes) -> None:
    _need(raw.isascii() and b"\0" not in raw, "it is not 7-bit text")
    _need(raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n"), "it holds a bare CR or LF")
    _need(max(map(len, raw.split(b"\r\n"))) <= _HEADER_LINE, "a line is longer than 998 octets")


def _fields(head: bytes, recipient: str) -> dict[str, str]:
    """The fields by their names, unfolded (RFC 5322 section 2.2.3); octets beyond ASCII are UTF-8 (RFC 6532 section
    3.1), and stand nowhere but in the address of the recipient.
    """
    fields: dict[str, str] = {}
    lines, plain = _END_OF_FIELD.split(head), _END_OF_FIELD.split(_without_address(head, recipient))
    for line, seen in zip(lines, plain, strict=True):
        _need(_FIELD.fullmatch(seen) is not None, "a header line is not one")
        name, _, value = line.partition(b":")
        _need(name.decode("ascii") not in fields, "a field stands twice")
        fields[name.decode("ascii")] = value.removeprefix(b" ").replace(b"\r\n", b"").decode()
    return fields


def _check_names(names: frozenset[str], *, automatic: bool) -> None:
    allowed = OWNER_FIELDS | AUTOMATIC_FIELDS if automatic else OWNER_FIELDS
    _need(names <= allowed, "it has a field that may not be there")
    _need(allowed - OPTIONAL_FIELDS <= names, "a field is missing")


@lru_cache(maxsize=64)
def _shown(written: str) -> str:
    """A field as a reader's program shows it: its encoded words decoded."""
    if "=?" not in written:
        return written
    words, address = written, ""
    if not written.isascii():  # an address beyond ASCII: no part of the name before it is
        words, bracket, rest = written.rpartition("<")
        address = bracket + rest
    return str(make_header(decode_header(words))) + address


def _without_address(octets: bytes, recipient: str) -> bytes:
    """With letters in the place of a recipient's that is not ASCII, in To: there alone it may be (RFC 6532)."""
    if recipient.isascii():
        return octets
    written = recipient.encode()
    return re.sub(
        rb"(?m)^(To: [\x20-\x7e]*(?:\r\n [\x20-\x7e]*)*<?)" + re.escape(written) + rb"(>?\r?)$",
        rb"\1x@y\2",
        octets,
        count=1,
    )


def _the_address(written: str) -> str:
    """The one address of a field of exactly the form `address` or `name <address>`; "" for any other."""
    form = _ONE_ADDRESS.fullmatch(written)
    return "" if form is None else form["named"] or form["bare"]


def _check_body(fields: Mapping[str, str], body: bytes, text: str) -> None:
    _need(fields["Content-Type"] == "text/plain; charset=utf-8", "it is more than plain text in UTF-8")
    decode = _DECODERS.get(fields["Content-Transfer-Encoding"])
    content = None if decode is None else decode(body)
    _need(content is not None, "its text cannot be decoded")
    if content is not None:
        _need(content.decode(errors="replace").replace("\r\n", "\n") == text, "the text does not read as it was meant")
