"""What a person would read of an HTML letter."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from selectolax.lexbor import LexborHTMLParser, LexborNode

from inboxcrm.domain.text import storable

LONGEST_HTML = 2_000_000
LONGEST_LINK = 300
DEEPEST = 500
DEEPEST_QUOTE = 10

_HIDDEN_NAMES = (
    "script style head title meta link noscript template object embed iframe svg math canvas audio video select"
    " textarea button map datalist -comment"
)
_PARAGRAPH_NAMES = "p h1 h2 h3 h4 h5 h6 ul ol dl blockquote pre table article section header footer"
_OTHER_BLOCK_NAMES = "div tr li dt dd address center caption form fieldset main nav aside figure hr"
_HIDDEN_TAGS = frozenset(_HIDDEN_NAMES.split())
_PARAGRAPHS = frozenset(_PARAGRAPH_NAMES.split())
_BLOCKS = _PARAGRAPHS | frozenset(_OTHER_BLOCK_NAMES.split())
_HIDDEN_STYLE = re.compile(
    r"(?:display\s{0,5}:\s{0,5}none|visibility\s{0,5}:\s{0,5}hidden|font-size\s{0,5}:\s{0,5}0(?![.\d])"
    r"|(?:max-)?(?:height|width)\s{0,5}:\s{0,5}0(?![.\d])|mso-hide\s{0,5}:\s{0,5}all|opacity\s{0,5}:\s{0,5}0(?![.\d]))",
    re.IGNORECASE,
)
_SELF_ENDING_NAMES = "p li dt dd option br img hr meta link input area base col embed param source track wbr"
_SELF_ENDING = frozenset(_SELF_ENDING_NAMES.split())
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9:-]{0,40})")
_SPACES = re.compile(r"[ \t\n\r\f\xa0]+")
_LINK = re.compile(r"(?:https?|ftp)://[^\s]{1,300}|mailto:[^\s?]{1,300}", re.IGNORECASE)


def html_to_text(html: str) -> str:
    """Paragraphs, bullets, quotes (`> `) and links (`text <address>`) of a letter; nothing hidden, nothing fetched."""
    if not html.strip():
        return ""
    root = LexborHTMLParser(_shallow(html[:LONGEST_HTML])).root
    if root is None:
        return ""
    writer = _Writer()
    for node, leaving in _walk(root):
        if leaving:
            writer.leave(node)
        else:
            writer.enter(node)
    return storable(writer.text())


def _shallow(html: str) -> str:
    """The HTML up to where more than `DEEPEST` elements are open at once: the parser is quadratic in that number.

    Counted by name, so that an end tag without a beginning hides nothing; elements that end by themselves do not count.
    """
    if html.count("<") <= DEEPEST:
        return html
    opened: Counter[str] = Counter()
    depth = 0
    for match in _TAG.finditer(html):
        closing, name = match[1], match[2].lower()
        if name in _SELF_ENDING:
            continue
        if not closing:
            opened[name] += 1
            depth += 1
            if depth > DEEPEST:
                return html[: match.start()]
        elif opened[name] > 0:
            opened[name] -= 1
            depth -= 1
    return html


def _walk(root: LexborNode) -> Iterator[tuple[LexborNode, bool]]:
    """Every node that is seen, entered and left, in document order; no recursion, so depth costs nothing."""
    stack: list[tuple[LexborNode, bool]] = [(root, False)]
    while stack:
        node, leaving = stack.pop()
        if leaving:
            yield node, True
            continue
        if node.next is not None and node is not root:
            stack.append((node.next, False))
        if node.tag in _HIDDEN_TAGS or _hidden(node):
            continue
        yield node, False
        if node.tag != "-text":
            stack.append((node, True))
            if node.child is not None:
                stack.append((node.child, False))


def _hidden(node: LexborNode) -> bool:
    if node.tag in ("-text", "html", "body"):
        return False
    attributes = node.attributes
    if not attributes:
        return False
    style = attributes.get("style")
    return "hidden" in attributes or bool(style and _HIDDEN_STYLE.search(style))


class _Writer:
    """Collects lines: inline text is joined, blocks begin lines, paragraphs leave one empty line between them."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.line: list[str] = []
        self.quotes = 0
        self.preformatted = 0
        self.numbers: list[int | None] = []
        self.links: list[tuple[str, int]] = []

    def enter(self, node: LexborNode) -> None:
        tag = node.tag
        if tag == "-text":
            self._write(node.text_content or "")
        elif tag == "br":
            self._break()
        elif tag == "a":
            self.links.append(((node.attributes.get("href") or "").strip(), len(self.line)))
        elif tag == "img":
            self._write(node.attributes.get("alt") or "")
        elif tag in ("td", "th"):
            self._write(" ")
        elif tag in _BLOCKS:
            self._enter_block(tag)

    def _enter_block(self, tag: str) -> None:
        self._end_line()
        if tag in _PARAGRAPHS:
            self._gap()
        if tag == "blockquote":
            self.quotes += 1
        elif tag == "pre":
            self.preformatted += 1
        elif tag in ("ul", "ol"):
            self.numbers.append(0 if tag == "ol" else None)
        elif tag == "li":
            self.line.append(self._bullet())
        elif tag == "hr":
            self.line.append("----")
            self._end_line()

    def leave(self, node: LexborNode) -> None:
        tag = node.tag
        if tag == "a":
            self._leave_link()
        elif tag in _BLOCKS:
            self._end_line()
            if tag == "blockquote":
                self._leave_quote()
            elif tag == "pre":
                self.preformatted -= 1
            elif tag in ("ul", "ol"):
                self.numbers.pop()
            if tag in _PARAGRAPHS:
                self._gap()

    def _leave_quote(self) -> None:
        self.quotes -= 1
        while self.lines and self.lines[-1].startswith(">") and not self.lines[-1].strip("> "):
            self.lines.pop()

    def _bullet(self) -> str:
        indent = "  " * min(len(self.numbers) - 1, 6)
        if not self.numbers or self.numbers[-1] is None:
            return f"{indent}- "
        self.numbers[-1] += 1
        return f"{indent}{self.numbers[-1]}. "

    def _leave_link(self) -> None:
        target, start = self.links.pop()
        match = _LINK.match(target)
        label = "".join(self.line[start:]).strip()
        if match is None or not label:
            return
        address = match[0].removeprefix("mailto:")
        if label.rstrip("/") not in (address, address.rstrip("/"), address.split("://", 1)[-1].rstrip("/")):
            self.line.append(f" <{address}>")

    def _write(self, text: str) -> None:
        if self.preformatted:
            first, *others = text.split("\n")
            self.line.append(first)
            for other in others:
                self._break()
                self.line.append(other)
            return
        text = _SPACES.sub(" ", text)
        if text.startswith(" ") and (not self.line or self.line[-1].endswith(" ")):
            text = text[1:]
        if text:
            self.line.append(text)

    def _break(self) -> None:
        """A line break that stands in the letter, so that an empty line stays one."""
        if self.line:
            self._end_line()
        else:
            self._gap()

    def _end_line(self) -> None:
        line = "".join(self.line).rstrip()
        self.line = []
        self.links = [(target, 0) for target, _ in self.links]
        if line:
            self.lines.append(self._prefix() + line)

    def _gap(self) -> None:
        if self.lines and self.lines[-1].strip("> "):
            self.lines.append(self._prefix().rstrip())

    def _prefix(self) -> str:
        return "> " * min(self.quotes, DEEPEST_QUOTE)

    def text(self) -> str:
        """What was written, without empty lines at either end."""
        self._end_line()
        return "\n".join(self.lines).strip("\n")
