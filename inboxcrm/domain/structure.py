"""Which parts does a mail have, and which of them are the letter?"""

from __future__ import annotations

import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from inboxcrm.domain.charsets import decode
from inboxcrm.domain.fields import base64_octets, base64_size, decode_words, media_type, parameters, read_block
from inboxcrm.domain.flowed import unflow
from inboxcrm.domain.hypertext import html_to_text
from inboxcrm.domain.identifiers import LONGEST
from inboxcrm.domain.message import Part
from inboxcrm.domain.text import plain, storable

LONGEST_PART_HEADERS = 32 * 1024
LONGEST_REMEMBERED = 256
"""Octets of a header block of a part that is looked up before it is read."""
MOST_PARTS = 1_000
MOST_LOOKS = 100_000
"""Places that begin like a delimiter looked at in one multipart."""
DEEPEST = 30
LONGEST_TEXT = 1_000_000
LONGEST_FILENAME = 200

END_OF_HEADERS = re.compile(rb"\n\r?\n")
_HARMLESS_ENCODINGS = ("7bit", "8bit", "binary", "")


class Described(NamedTuple):
    """What the fields of a part say of it: `filename` in Content-Disposition, `name` and the others in Content-Type.

    `content_type` is None where no field tells it, and empty where what it tells is none.
    """

    content_type: str | None
    boundary: str
    charset: str | None
    method: str | None
    flowed: bool
    delete_space: bool
    name: str | None
    encoding: str
    disposition: str | None
    filename: str | None
    content_id: str | None

    def as_text(self) -> Described:
        """The same of a part that is read as text, since it cannot be what its type says."""
        return self._replace(content_type="text/plain", charset=None, method=None, flowed=False, delete_space=False,
                             name=None)  # fmt: skip


def describe(fields: Mapping[str, list[str]]) -> Described:
    """What these fields say of the part below them; of each, the first instance counts."""
    content_type: str | None = None
    given: Mapping[str, str] = {}
    if values := fields.get("content-type"):
        content_type = media_type(values[0]) or ""
        if content_type and ";" in values[0]:
            given = parameters(values[0])
    encoding = fields["content-transfer-encoding"][0] if "content-transfer-encoding" in fields else ""
    disposition, filename = None, None
    if "content-disposition" in fields:
        value = fields["content-disposition"][0]
        disposition = value.partition(";")[0].strip().lower()[:40] or None
        filename = parameters(value).get("filename") if ";" in value else None
    return Described(
        content_type=content_type,
        boundary=given.get("boundary", "").rstrip(),
        charset=given["charset"].partition(" ")[0].lower()[:40] if "charset" in given else None,
        method=given["method"].strip().lower()[:40] if "method" in given else None,
        flowed=given.get("format", "").lower() == "flowed",
        delete_space=given.get("delsp", "").lower() == "yes",
        name=given.get("name"),
        encoding=encoding.partition("(")[0].partition(";")[0].strip().lower()[:20],
        disposition=disposition,
        filename=filename,
        content_id=fields["content-id"][0].strip("<> ")[:LONGEST] if "content-id" in fields else None,
    )


def _described(block: bytes) -> Described:
    """What the header block of a part says."""
    fields: dict[str, list[str]] = {}
    for name, value in read_block(block).fields:
        if name.startswith("content-"):
            fields.setdefault(name, []).append(value)
    return describe(fields)


_remembered = lru_cache(maxsize=512)(_described)  # but for attachments, nearly all parts begin like others
_UNDESCRIBED = describe({})


class _Leaf(NamedTuple):
    """A part of the letter: where its octets are, how to read them, and the multipart/alternative it belongs to."""

    part: Part
    start: int
    end: int
    encoding: str
    flowed: bool
    delete_space: bool
    choice: str


class Node(NamedTuple):
    """A part still to be looked at. `choice` is the path of the outermost multipart/alternative around it."""

    path: str
    start: int
    end: int
    described: Described
    depth: int
    default: str
    choice: str


@dataclass(slots=True)
class Walk:
    """The MIME tree, walked with a stack of our own in document order."""

    raw: bytes
    defects: dict[str, None]
    parts: list[Part] = field(default_factory=list)
    leaves: list[_Leaf] = field(default_factory=list)
    mails: list[tuple[str, int, int, str]] = field(default_factory=list)
    """Where the mails inside lie: section number, beginning, end, encoding."""

    def run(self, fields: Mapping[str, list[str]], body_at: int) -> str:
        """Fill `parts` and `leaves`; answers the top-level content type."""
        stack = [Node("", body_at, len(self.raw), describe(fields), 0, "text/plain", "")]
        top = ""
        while stack:
            if len(self.parts) >= MOST_PARTS:
                self.defects["too-many-parts"] = None
                break
            node = stack.pop()
            content_type = node.described.content_type
            if not content_type:
                if content_type is not None:
                    self.defects["bad-content-type"] = None
                content_type = node.default
            top = top or content_type
            if not content_type.startswith("multipart/"):
                self._leaf(node, content_type)
            elif children := self._children(node, content_type):
                stack.extend(reversed(children))
            else:
                self._leaf(node._replace(described=node.described.as_text()), "text/plain")
        return top

    def _children(self, node: Node, content_type: str) -> list[Node]:
        """The parts of a multipart; none where it cannot be taken apart and is read as text."""
        boundary = node.described.boundary
        if not boundary or len(boundary) > 200:
            self.defects["no-boundary"] = None
            return []
        if node.depth >= DEEPEST:
            self.defects["too-deep"] = None
            return []
        spans = self._spans(node, b"--" + boundary.encode("utf-8", "replace"))
        if not spans:
            self.defects["boundary-not-found"] = None
            return []
        default = "message/rfc822" if content_type == "multipart/digest" else "text/plain"
        choice = node.choice or ((node.path or "0") if content_type == "multipart/alternative" else "")
        prefix = f"{node.path}." if node.path else ""
        return [
            self._child(f"{prefix}{number}", start, end, node.depth + 1, default, choice)
            for number, (start, end) in enumerate(spans, 1)
        ]

    def _spans(self, node: Node, delimiter: bytes) -> list[tuple[int, int]]:
        """Where the parts between the delimiter lines are (RFC 2046 section 5.1.1), at most `MOST_PARTS` of them."""
        raw, found, opened, looks = self.raw, [], -1, 0
        at = raw.find(delimiter, node.start, node.end)
        while at >= 0:
            looks += 1
            if looks > MOST_LOOKS:
                self.defects["too-many-parts"] = None
                break
            after = at + len(delimiter)
            if at == node.start or raw[at - 1] == 10:
                line_end = raw.find(b"\n", after, node.end)
                rest = raw[after : line_end if line_end >= 0 else node.end].strip(b" \t\r")
                if rest in (b"", b"--"):
                    if opened >= 0:
                        found.append((opened, max(opened, at - (2 if raw[at - 2 : at - 1] == b"\r" else 1))))
                    opened = line_end + 1 if line_end >= 0 else node.end
                    if rest:
                        return found
                    if len(found) > MOST_PARTS:
                        self.defects["too-many-parts"] = None
                        return found
                    after = opened
            at = raw.find(delimiter, after, node.end)
        if opened >= 0:
            self.defects["unclosed-multipart"] = None
            found.append((opened, node.end))
        return found

    def _child(self, path: str, start: int, end: int, depth: int, default: str, choice: str) -> Node:
        if self.raw.startswith((b"\n", b"\r\n"), start, end):
            return Node(path, self.raw.find(b"\n", start) + 1, end, _UNDESCRIBED, depth, default, choice)
        match = END_OF_HEADERS.search(self.raw, start, end)
        body_at = end if match is None else match.end()
        return Node(path, body_at, end, self._part_described(start, body_at), depth, default, choice)

    def _part_described(self, start: int, end: int) -> Described:
        if end - start > LONGEST_PART_HEADERS:
            self.defects["part-header-cut"] = None
            end = start + LONGEST_PART_HEADERS
        block = self.raw[start:end]
        return _remembered(block) if len(block) <= LONGEST_REMEMBERED else _described(block)

    def _leaf(self, node: Node, content_type: str) -> None:
        told = node.described
        filename = told.filename or told.name
        part = Part(
            path=node.path or "1",
            content_type=content_type,
            filename=clean_filename(filename) if filename else None,
            disposition=told.disposition,
            content_id=told.content_id,
            charset=told.charset,
            method=told.method,
            size=self._size(node),
        )
        self.parts.append(part)
        if content_type == "message/rfc822":
            self.mails.append((part.path, node.start, node.end, told.encoding))
        if content_type in ("text/plain", "text/html") and not part.attached:
            self.leaves.append(
                _Leaf(part, node.start, node.end, told.encoding, told.flowed, told.delete_space, node.choice)
            )

    def _size(self, node: Node) -> int:
        encoding = node.described.encoding
        if encoding == "base64":
            return base64_size(self.raw[node.start : node.end])
        if encoding == "quoted-printable":
            return len(binascii.a2b_qp(self.raw[node.start : node.end]))
        if encoding not in _HARMLESS_ENCODINGS:
            self.defects["unknown-encoding"] = None
        return max(0, node.end - node.start)

    def mail(self, number: int) -> bytes:
        """The octets of one of the mails inside."""
        _, start, end, encoding = self.mails[number]
        return base64_octets(self.raw[start:end]) if encoding == "base64" else self.raw[start:end]

    def letter(self) -> tuple[str, bool]:
        """The text a person reads, and whether it was there as HTML only. Of alternatives, text wins if it has any."""
        texts: dict[str, str] = {}
        for leaf in self.leaves:
            if leaf.part.content_type == "text/plain":
                texts[leaf.part.path] = self._text(leaf)
        plain_choices = {leaf.choice for leaf in self.leaves if leaf.choice and texts.get(leaf.part.path, "").strip()}
        pieces: list[str] = []
        html_used = plain_used = False
        for leaf in self.leaves:
            is_html = leaf.part.content_type == "text/html"
            if is_html and leaf.choice in plain_choices:
                continue
            piece = html_to_text(self._text(leaf)) if is_html else texts[leaf.part.path]
            if piece.strip():
                pieces.append(piece.strip("\n"))
                html_used, plain_used = html_used or is_html, plain_used or not is_html
        text = "\n\n".join(pieces)
        if len(text) > LONGEST_TEXT:
            self.defects["text-cut"] = None
            text = text[:LONGEST_TEXT]
        return text, html_used and not plain_used

    def _text(self, leaf: _Leaf) -> str:
        octets = self.raw[leaf.start : min(leaf.end, leaf.start + LONGEST_TEXT * 4)]
        if leaf.encoding == "quoted-printable":
            octets = binascii.a2b_qp(octets)
        elif leaf.encoding == "base64":
            octets = base64_octets(octets)
        text, defect = decode(octets, leaf.part.charset)
        if defect:
            self.defects[defect] = None
        text = storable(text)
        return unflow(text, delete_space=leaf.delete_space) if leaf.flowed else text


def clean_filename(name: str) -> str:
    """An attachment's name as a string to show: no path, no control or direction characters, its ending kept."""
    shown = plain(decode_words(name[:4096]).replace("\\", "/").rpartition("/")[2], 4096).strip(". ")
    if len(shown) > LONGEST_FILENAME:
        stem, dot, ending = shown.rpartition(".")
        keep = f"{dot}{ending}" if stem and len(ending) <= 12 else ""
        shown = plain(shown, LONGEST_FILENAME - len(keep)) + keep
    return shown or "unnamed"
