"""Is a finished mail exactly what may leave? The last look, at the bytes and not at what made them.

The bytes are read back with the standard library's parser, which had no part in writing them, and everything is
compared with a short list of what is allowed. Any deviation is our fault and stops the mail.
"""

from __future__ import annotations

import re
from binascii import a2b_base64, a2b_qp
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email import message_from_bytes
from email.header import decode_header, make_header
from email.message import Message
from email.utils import getaddresses
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

_FIELD = re.compile(rb"([!-9;-~]+): ?(?:[\x20-\x7e]|\r\n[ ])*")
_HEADER_LINE = 998

_DECODERS: Mapping[str, Callable[[bytes], bytes]] = {"quoted-printable": a2b_qp, "base64": a2b_base64}

_NAME = r'"(?:[^"\\]|\\.)*"|[^"<>(),:;@\\]+'
_SPEC = r'[^\s"<>(),:;@\\]+@[^\s"<>(),:;@\\]+'
_ONE_ADDRESS = re.compile(rf"(?:{_NAME}) <(?P<named>{_SPEC})>|(?P<bare>{_SPEC})")


class UnsafeMailError(InternalError):
    """A mail we composed is not what may leave; nothing was sent."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the finished bytes must say."""

    author: str
    recipient: str
    automatic: bool


def check(draft: Draft, expected: Expected) -> Draft:
    """The draft, unchanged; `UnsafeMailError` names the first deviation without quoting the mail."""
    head, separator, body = draft.raw.partition(b"\r\n\r\n")
    _need(bool(separator), "it has no end of its header block")
    _check_octets(_without_address(draft.raw, expected.recipient))
    names = _field_names(_without_address(head, expected.recipient))
    _check_names(names, automatic=expected.automatic)
    message = message_from_bytes(head + separator)  # by compat32: each field is read once below, not at every look
    _need(not message.defects, "the parser found a defect")
    _need(message.keys() == names, "the parser sees other fields than were written")
    to, author, subject = (_read(message, name) for name in ("To", "From", "Subject"))
    _need(_only_address(message, "To") == expected.recipient == draft.recipient, "To is not the one recipient")
    _need(_only_address(message, "From") == expected.author, "From is not the one author")
    _need(draft.envelope_from in ("", expected.author), "the envelope sender is neither null nor the author")
    _need(message["Message-ID"] == draft.message_id, "the Message-ID is not the one on record")
    _need(subject == draft.subject, "the subject does not read as it was meant")
    for name, read in (("To", to), ("From", author), ("Subject", subject)):
        _need(not unsafe_characters(read), f"{name} holds a character that steers instead of being read")
    _check_body(message, body, draft.text)
    if expected.automatic:
        _need(message["Auto-Submitted"] == "auto-replied", "Auto-Submitted is not auto-replied")
        _need(message["X-Auto-Response-Suppress"] == "All", "X-Auto-Response-Suppress is not All")
    return draft


def _need(condition: bool, deviation: str) -> None:
    """An assertion that survives `python -O`."""
    if not condition:
        raise UnsafeMailError(f"a finished mail was stopped before it left: {deviation}")


def _check_octets(raw: bytes) -> None:
    _need(raw.isascii() and b"\0" not in raw, "it is not 7-bit text")
    _need(raw.count(b"\n") == raw.count(b"\r") == raw.count(b"\r\n"), "it holds a bare CR or LF")
    _need(max(map(len, raw.split(b"\r\n"))) <= _HEADER_LINE, "a line is longer than 998 octets")


def _field_names(head: bytes) -> list[str]:
    """The names of the fields, in order, read from the octets: no parser's leniency."""
    names: list[str] = []
    for line in re.split(rb"\r\n(?! )", head):
        match = _FIELD.fullmatch(line)
        _need(match is not None, "a header line is not one")
        if match is not None:
            names.append(match[1].decode("ascii"))
    return names


def _check_names(names: list[str], *, automatic: bool) -> None:
    allowed = OWNER_FIELDS | (AUTOMATIC_FIELDS if automatic else frozenset())
    _need(len(set(names)) == len(names), "a field stands twice")
    _need(set(names) <= allowed, "it has a field that may not be there")
    _need(allowed - OPTIONAL_FIELDS <= set(names), "a field is missing")


def _read(message: Message, name: str) -> str:
    """A field as a reader's program shows it: unfolded (RFC 5322 section 2.2.3), its encoded words decoded."""
    return _shown(_unfolded(message, name))


@lru_cache(maxsize=64)
def _shown(written: str) -> str:
    words, address = written, ""
    if not written.isascii():  # an address beyond ASCII: no part of the name before it is
        words, bracket, rest = written.rpartition("<")
        address = bracket + rest
    return str(make_header(decode_header(words))) + address


def _unfolded(message: Message, name: str) -> str:
    """The field as it was written; octets beyond ASCII are UTF-8 (RFC 6532 section 3.1)."""
    written = next((value for field, value in message.raw_items() if field == name), "")
    octets = str(written).replace("\r\n", "").encode("ascii", "surrogateescape")
    return octets.decode("utf-8", "replace")


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


def _only_address(message: Message, name: str) -> str:
    """The one address of a field of exactly the form `address` or `name <address>`."""
    spec = _the_address(_unfolded(message, name))
    _need(bool(spec), f"{name} is not one address")
    return spec


@lru_cache(maxsize=64)
def _the_address(written: str) -> str:
    """The addr-spec in a field that holds one, also as the standard library reads it; "" for any other."""
    form = _ONE_ADDRESS.fullmatch(written)
    spec = "" if form is None else form["named"] or form["bare"]
    return spec if [address for _, address in getaddresses([written])] == [spec] else ""


def _check_body(message: Message, body: bytes, text: str) -> None:
    _need(message.get_content_type() == "text/plain" and not message.is_multipart(), "it is more than plain text")
    _need(message.get_content_charset() == "utf-8", "its character set is not UTF-8")
    decode = _DECODERS.get(str(message["Content-Transfer-Encoding"]))
    content = None if decode is None else decode(body)
    _need(content is not None, "its text cannot be decoded")
    if content is not None:
        _need(content.decode(errors="replace").replace("\r\n", "\n") == text, "the text does not read as it was meant")
