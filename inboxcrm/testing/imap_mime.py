"""Which octets of a message an IMAP section number means, and how its tree is described (RFC 3501 section 6.4.5)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from email.message import Message
from email.parser import BytesHeaderParser
from email.policy import compat32
from email.utils import getaddresses

from inboxcrm.testing.imap_grammar import quote

_FIELD = re.compile(rb"[^\r\n]+\r\n(?:[ \t][^\r\n]*\r\n)*")
_DEEPEST = 50


@dataclass(frozen=True, slots=True)
class Entity:
    """A header block with its blank line, the body behind it, and the parts inside; octets exactly as they came."""

    header: bytes
    body: bytes
    fields: Message
    children: tuple[Entity, ...] = field(default=())

    @property
    def is_multipart(self) -> bool:
        return self.fields.get_content_maintype() == "multipart" and bool(self.children)

    @property
    def is_message(self) -> bool:
        return self.fields.get_content_type() == "message/rfc822" and bool(self.children)


def split_header(raw: bytes) -> tuple[bytes, bytes]:
    """The header block including its blank line, and the rest."""
    if raw.startswith(b"\r\n"):
        return raw[:2], raw[2:]
    end = raw.find(b"\r\n\r\n")
    return (raw, b"") if end < 0 else (raw[: end + 4], raw[end + 4 :])


def parse_entity(raw: bytes, *, depth: int = 0) -> Entity:
    """The tree of a message; deeper than 50 levels it is one opaque part."""
    header, body = split_header(raw)
    fields = BytesHeaderParser(policy=compat32).parsebytes(header)
    children: tuple[Entity, ...] = ()
    boundary = (fields.get_boundary() or "").encode("utf-8", "surrogateescape")
    if depth < _DEEPEST and fields.get_content_maintype() == "multipart" and boundary:
        pieces = _split_parts(body, boundary)
        if depth and body.endswith(b"--" + boundary + b"--"):
            # Dovecot and Cyrus count the line end behind an inner multipart's last delimiter to that multipart.
            body += b"\r\n"
        children = tuple(parse_entity(piece, depth=depth + 1) for piece in pieces)
    elif depth < _DEEPEST and fields.get_content_type() == "message/rfc822":
        children = (parse_entity(body, depth=depth + 1),)
    return Entity(header, body, fields, children)


def _split_parts(body: bytes, boundary: bytes) -> list[bytes]:
    delimiter = re.compile(rb"(?:\A|\r\n)--" + re.escape(boundary) + rb"(--)?[ \t]*(?:\r\n|\Z)")
    pieces: list[bytes] = []
    start: int | None = None
    at = 0
    while found := delimiter.search(body, at):
        if start is not None:
            pieces.append(body[start : max(found.start(), start)])
        if found[1]:
            return pieces
        start = found.end()
        # The line end of one delimiter may begin the next: an empty part.
        at = start - 2 if body[start - 2 : start] == b"\r\n" else start
        if at <= found.start():
            at = start
    if start is not None:
        pieces.append(body[start:])
    return pieces


def section(raw: bytes, spec: str) -> bytes | None:
    """The octets of BODY[spec], or None for a part that does not exist (answered NIL)."""
    numbers, text = _section_path(spec)
    if not numbers and not text:
        return raw
    if not numbers:
        header, body = split_header(raw)
        return body if text.upper() == "TEXT" else _header_section(header, text)
    found = _find_part(parse_entity(raw), numbers)
    if found is None:
        return None
    if not text:
        return found.body
    if text.upper() == "MIME":
        return found.header
    if not found.is_message:
        return None
    inner = found.children[0]
    return inner.body if text.upper() == "TEXT" else _header_section(inner.header, text)


def _section_path(spec: str) -> tuple[list[int], str]:
    numbers = []
    rest = spec.strip()
    while rest:
        head, _, tail = rest.partition(".")
        if not head.isdigit():
            break
        numbers.append(int(head))
        rest = tail
    return numbers, rest


def _find_part(entity: Entity, numbers: list[int]) -> Entity | None:
    for depth, number in enumerate(numbers):
        inside = entity.children[0] if entity.is_message and depth else entity
        if inside.is_multipart:
            if not 1 <= number <= len(inside.children):
                return None
            entity = inside.children[number - 1]
        elif number == 1 and (depth == 0 or entity.is_message):
            entity = inside
        else:
            return None
    return entity


def _header_section(header: bytes, text: str) -> bytes | None:
    kind, _, names = text.partition("(")
    kind = kind.strip().upper()
    if kind == "HEADER":
        return header
    if kind not in {"HEADER.FIELDS", "HEADER.FIELDS.NOT"}:
        return None
    wanted = {name.strip('"').lower().encode() for name in names.rstrip(") ").split()}
    keep = kind == "HEADER.FIELDS"
    chosen = (part for part in _FIELD.findall(header) if (part.split(b":", 1)[0].strip().lower() in wanted) is keep)
    return b"".join(chosen) + b"\r\n"


def envelope(raw: bytes) -> bytes:
    """The ENVELOPE answer (RFC 3501 section 7.4.2); Sender and Reply-To fall back to From."""
    return _envelope(parse_entity(raw).fields)


def _envelope(fields: Message) -> bytes:
    author = _addresses(fields, "from")
    people = [author]
    people += [_addresses(fields, name) if fields.get(name) else author for name in ("sender", "reply-to")]
    people += [_addresses(fields, name) for name in ("to", "cc", "bcc")]
    first = [_value(fields, name) for name in ("date", "subject")]
    last = [_value(fields, name) for name in ("in-reply-to", "message-id")]
    return b"(" + b" ".join([*first, *people, *last]) + b")"


def _value(fields: Message, name: str) -> bytes:
    value = fields.get(name)
    return quote(None if value is None else str(value))


def _addresses(fields: Message, name: str) -> bytes:
    pairs = [pair for pair in getaddresses([str(value) for value in fields.get_all(name, [])]) if pair[1]]
    if not pairs:
        return b"NIL"
    entries = []
    for display, spec in pairs:
        local, _, domain = spec.rpartition("@")
        entries.append(b"(%s NIL %s %s)" % (quote(display or None), quote(local), quote(domain)))
    return b"(" + b"".join(entries) + b")"


def body_structure(raw: bytes) -> bytes:
    """The BODYSTRUCTURE answer with its extension data."""
    return _structure(parse_entity(raw))


def _structure(entity: Entity) -> bytes:
    fields = entity.fields
    disposition = _disposition(fields)
    if entity.is_multipart:
        inner = b"".join(_structure(child) for child in entity.children)
        return b"(%s %s %s %s NIL NIL)" % (
            inner,
            quote(fields.get_content_subtype()),
            _parameters(fields, "content-type"),
            disposition,
        )
    main, sub = fields.get_content_maintype(), fields.get_content_subtype()
    extra = b""
    if entity.is_message:
        inner_entity = entity.children[0]
        lines = entity.body.count(b"\n")
        extra = b" %s %s %d" % (_envelope(inner_entity.fields), _structure(inner_entity), lines)
    elif main == "text":
        extra = b" %d" % entity.body.count(b"\n")
    return b"(%s %s %s %s %s %s %d%s NIL %s NIL NIL)" % (
        quote(main),
        quote(sub),
        _parameters(fields, "content-type"),
        _value(fields, "content-id"),
        _value(fields, "content-description"),
        quote(str(fields.get("content-transfer-encoding", "7bit")).strip()),
        len(entity.body),
        extra,
        disposition,
    )


def _parameters(fields: Message, name: str) -> bytes:
    pairs = fields.get_params(failobj=[], header=name, unquote=True)[1:]
    if not pairs:
        return b"NIL"
    return b"(" + b" ".join(quote(key) + b" " + quote(value) for key, value in pairs) + b")"


def _disposition(fields: Message) -> bytes:
    kind = fields.get_content_disposition()
    return b"NIL" if kind is None else b"(%s %s)" % (quote(kind), _parameters(fields, "content-disposition"))
