"""How a letter that a stranger wrote is put on a page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import nh3

from inboxcrm.domain.text import visible

LONGEST_SHOWN = 200_000
MOST_BLOCKS = 200
MOST_TAGS = 10_000
"""Beyond these a letter is an attack: cleaning is quadratic in the depth of the tags."""

_QUOTE = re.compile(r"[ \t]{0,3}>")
_LINK = re.compile(r"(https?://)([^\s/<>\"']{1,253})")
_TAG_NAMES = (
    "a abbr b blockquote br caption center cite code col colgroup dd del div dl dt em font h1 h2 h3 h4 h5 h6 hr i img"
    " ins kbd li ol p pre q s small span strike strong sub sup table tbody td tfoot th thead tr tt u ul"
)
_TAGS = set(_TAG_NAMES.split())
_ATTRIBUTES = {
    "*": {"dir", "lang", "style"},
    "font": {"color"},
    "img": {"alt", "src", "width", "height"},
    "li": {"value"},
    "ol": {"start"},
    "td": {"align", "colspan", "rowspan", "valign", "width"},
    "th": {"align", "colspan", "rowspan", "valign", "width"},
    "table": {"align", "width"},
}
_STYLES = {
    *("color", "background-color", "font-style", "font-weight", "font-size", "text-align", "text-decoration"),
    *("padding", "margin", "border", "border-collapse", "vertical-align", "width", "white-space"),
}
_PICTURE = re.compile(r"data:image/(?:png|gif|jpeg|webp);base64,[A-Za-z0-9+/=\s]*", re.IGNORECASE)
_OPENING = re.compile(r"<[A-Za-z]")

HTML_POLICY = (
    "default-src 'none'; img-src data:; style-src 'unsafe-inline'; sandbox; frame-ancestors 'self'; base-uri 'none'; "
    "form-action 'none'"
)
"""What the browser is told about a cleaned HTML letter, in case the cleaning missed something."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A run of text; `host` where it is the host of a link, shown so that nobody takes it for another."""

    text: str
    host: bool = False


@dataclass(frozen=True, slots=True)
class Block:
    """Lines in a row: what the writer said, or (`quoted`) what was quoted."""

    quoted: bool
    pieces: tuple[Piece, ...]
    lines: int


def blocks(text: str) -> list[Block]:
    """A letter as blocks of new and of quoted text; characters that steer or hide are gone."""
    shown = visible(text[:LONGEST_SHOWN]).rstrip()
    if len(text) > LONGEST_SHOWN:
        shown += "\n\n[The letter goes on: download the mail to read all of it.]"
    found: list[Block] = []
    lines: list[str] = []
    quoted = False
    for line in shown.split("\n"):
        is_quote = _QUOTE.match(line) is not None
        if is_quote != quoted and (line.strip() or not quoted) and len(found) < MOST_BLOCKS:
            found.extend(_block(lines, quoted=quoted))
            lines, quoted = [], is_quote
        lines.append(line)
    found.extend(_block(lines, quoted=quoted))
    return found


def _block(lines: list[str], *, quoted: bool) -> Iterator[Block]:
    text = "\n".join(lines).strip("\n")
    if text.strip():
        yield Block(quoted, tuple(_pieces(text)), text.count("\n") + 1)


def _pieces(text: str) -> Iterator[Piece]:
    end = 0
    for match in _LINK.finditer(text):
        yield Piece(text[end : match.start(2)])
        yield Piece(match[2], host=True)
        end = match.end()
    if text[end:]:
        yield Piece(text[end:])


def clean_html(html: str) -> str:
    """An HTML letter by an allow-list of tags, attributes and styles: no link goes anywhere, no picture is fetched.

    Pictures inside the letter itself (`data:`) stay.
    """
    return nh3.clean(
        _bounded(html),
        tags=_TAGS,
        clean_content_tags={"script", "style", "title", "noscript", "template", "svg", "math", "iframe", "object"},
        attributes=_ATTRIBUTES,
        attribute_filter=_attribute,
        filter_style_properties=_STYLES,
        url_schemes={"data"},
        link_rel=None,
        strip_comments=True,
    )


def _attribute(element: str, name: str, value: str) -> str | None:
    if name == "src":
        return value if element == "img" and _PICTURE.fullmatch(value) else None
    if name == "style" and ("url" in value.lower() or "\\" in value or "expression" in value.lower()):
        return None
    return value


def _bounded(html: str) -> str:
    """The letter up to its first `MOST_TAGS` tags."""
    for count, match in enumerate(_OPENING.finditer(html)):
        if count >= MOST_TAGS:
            return html[: match.start()]
    return html
