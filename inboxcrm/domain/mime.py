"""What does this mail say? Bytes in, a `Message` out: ugly mail has defects, never an exception.

A scanner of our own, because the standard parser builds every part (and with it copies of every attachment) and is
quadratic in places. This one (see `structure`) walks the octets once per level of nesting, decodes only the letter,
and counts the rest.
Defects, besides those of `fields`, `charsets` and `address` (the latter as "from-group", "to-unquoted-comma" ...):
no-headers, headers-too-long, duplicate-NAME, bad-date, bad-message-id, bad-content-type, too-many-parts,
too-deep, no-boundary, boundary-not-found, unclosed-multipart, unknown-encoding, text-cut, part-header-cut;
and from `certified`: certified-letter-disagrees; from `parsing`: body-cut, unparsable.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain

from inboxcrm.domain import certified
from inboxcrm.domain.address import parse_addresses
from inboxcrm.domain.dates import parse_date
from inboxcrm.domain.fields import decode_words, read_block
from inboxcrm.domain.identifiers import LONGEST, message_ids
from inboxcrm.domain.message import Address, Message
from inboxcrm.domain.structure import END_OF_HEADERS, Walk
from inboxcrm.domain.text import plain

LONGEST_HEADERS = 256 * 1024
LONGEST_SUBJECT = 998

_SINGLE = ("from", "sender", "reply-to", "to", "cc", "subject", "date", "message-id", "in-reply-to", "references",
           "content-type", "content-transfer-encoding")  # fmt: skip
_READ = frozenset((*_SINGLE, "content-disposition", "content-id", certified.MARK))


def parse(raw: bytes) -> Message:
    """Read a mail. Linear in its size, whatever it holds; never raises for any octets.

    From, To, Cc, Sender and Reply-To hold the mailboxes of *all* instances of the field, the other values are those of
    the first instance: a second From makes `author` None.
    """
    message, by_name, walk = _read(raw)
    if certified.MARK in by_name and walk.mails:
        return certified.opened(message, _read(walk.mail(0))[0], walk.mails[0][0])
    return message


def _read(raw: bytes) -> tuple[Message, Mapping[str, list[str]], Walk]:
    """A mail with the fields read here by name and the walk over its parts; mails inside it stay closed."""
    head, body_at, defects = _split(raw)
    by_name: dict[str, list[str]] = {}
    for name, value in head:
        if name in _READ:
            by_name.setdefault(name, []).append(value)
    if sum(map(len, by_name.values())) > len(by_name):
        defects.update((f"duplicate-{name}", None) for name in _SINGLE if len(by_name.get(name, ())) > 1)

    def first(name: str) -> str:
        return by_name[name][0] if name in by_name else ""

    def people(name: str) -> tuple[Address, ...]:
        if name not in by_name:
            return ()
        lists = [parse_addresses(value) for value in by_name[name]]
        for mailboxes in lists:
            for defect in mailboxes.defects:
                defects[f"{name}-{defect}"] = None
        return lists[0].addresses if len(lists) == 1 else tuple(chain.from_iterable(one.addresses for one in lists))

    own_id = message_ids(first("message-id")[: LONGEST * 4])
    if not own_id and "message-id" in by_name:
        defects["bad-message-id"] = None
    date = parse_date(first("date"))
    if date is None and "date" in by_name:
        defects["bad-date"] = None
    walk = Walk(raw, defects)
    content_type = walk.run(by_name, body_at)
    text, html_only = walk.letter()
    message = Message(
        headers=head,
        message_id=own_id[0] if own_id else None,
        in_reply_to=message_ids(first("in-reply-to")),
        references=message_ids(first("references")),
        from_=people("from"),
        sender=people("sender"),
        reply_to=people("reply-to"),
        to=people("to"),
        cc=people("cc"),
        subject=plain(decode_words(first("subject")[: LONGEST_SUBJECT * 8]), LONGEST_SUBJECT),
        date=date,
        content_type=content_type,
        parts=tuple(walk.parts),
        text=text,
        html_only=html_only,
        size=len(raw),
        defects=tuple(defects),
    )
    return message, by_name, walk


def headers_end(raw: bytes) -> int:
    """Where the body begins."""
    if raw.startswith((b"\n", b"\r\n")):
        return raw.index(b"\n") + 1
    match = END_OF_HEADERS.search(raw)
    return match.end() if match else len(raw)


def _split(raw: bytes) -> tuple[tuple[tuple[str, str], ...], int, dict[str, None]]:
    """The top-level fields, where the body begins, and the defects of the block."""
    body_at = headers_end(raw)
    block = raw[: min(body_at, LONGEST_HEADERS)]
    cut = body_at > LONGEST_HEADERS
    if cut:  # the last field may be half a field
        block = block[: block.rfind(b"\n") + 1]
    fields, defects = read_block(block)
    kept = dict.fromkeys(defects)
    if cut:
        kept["headers-too-long"] = None
    if not fields:
        kept["no-headers"] = None
        return (), body_at if cut else 0, kept
    return fields, body_at, kept
