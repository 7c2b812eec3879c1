"""How a client's command line is read: atoms, strings, literals, lists and sequence sets (RFC 3501 section 9)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

LITERAL_AT_END = re.compile(rb"\{(\d+)(\+?)\}\r?\n$")
_LITERAL = re.compile(rb"\{(\d+)\+?\}\r?\n")
_QUOTED = re.compile(rb'"((?:[^"\\]|\\.)*)"', re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_ATOM = re.compile(rb"(?:[^\s()\[\]]|\[[^\]]*\]|\])+")

Token = bytes | list["Token"]


class GrammarError(ValueError):
    """The command cannot be read; the client is told BAD."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command as it came. `name` is upper case and holds the UID prefix ("UID FETCH"); `raw` is every octet."""

    tag: str
    name: str
    args: tuple[Token, ...]
    raw: bytes

    @property
    def by_uid(self) -> bool:
        """Whether its numbers are UIDs."""
        return self.name.startswith("UID ")

    @property
    def verb(self) -> str:
        """The name without UID."""
        return self.name.removeprefix("UID ")

    def text(self, index: int) -> bytes:
        """An argument that must be an atom or a string."""
        if index >= len(self.args):
            raise GrammarError("missing argument")
        return atom(self.args[index])


def parse_command(raw: bytes) -> Command:
    """Read a whole command, its literals in place. GrammarError when it is none."""
    tag, _, rest = raw.partition(b" ")
    tokens = parse_tokens(rest)
    if not tag.strip() or not tokens:
        raise GrammarError("no command")
    name = atom(tokens[0]).upper()
    if name == b"UID" and len(tokens) > 1:
        name += b" " + atom(tokens[1]).upper()
        tokens = tokens[1:]
    return Command(tag.decode("ascii", "replace"), name.decode("ascii", "replace"), tuple(tokens[1:]), raw)


def parse_tokens(raw: bytes) -> list[Token]:
    """Atoms and strings as bytes, parenthesised lists as lists."""
    stack: list[list[Token]] = [[]]
    at = 0
    while at < len(raw):
        head = raw[at : at + 1]
        if head.isspace():
            at += 1
        elif head == b"(":
            stack.append([])
            at += 1
        elif head == b")":
            if len(stack) == 1:
                raise GrammarError("unbalanced )")
            closed = stack.pop()
            stack[-1].append(closed)
            at += 1
        else:
            token, at = _scalar(raw, at)
            stack[-1].append(token)
    if len(stack) != 1:
        raise GrammarError("unbalanced (")
    return stack[0]


def _scalar(raw: bytes, at: int) -> tuple[bytes, int]:
    if raw[at : at + 1] == b'"':
        quoted = _QUOTED.match(raw, at)
        if quoted is None:
            raise GrammarError("unterminated string")
        return _ESCAPE.sub(rb"\1", quoted[1]), quoted.end()
    if literal := _LITERAL.match(raw, at):
        end = literal.end() + int(literal[1])
        return raw[literal.end() : end], end
    found = _ATOM.match(raw, at)
    if found is None:
        raise GrammarError("unexpected character")
    return found[0], found.end()


def atom(token: Token) -> bytes:
    """The token, refused when it is a list."""
    if isinstance(token, list):
        raise GrammarError("unexpected list")
    return token


def parse_number(token: Token) -> int:
    """A number, refused when it is none."""
    text = atom(token)
    if not text.isdigit():
        raise GrammarError("not a number")
    return int(text)


def parse_set(token: Token, top: int) -> list[tuple[int, int]]:
    """Closed ranges of a sequence set; `*` is `top`, so `n:*` always holds top (RFC 3501 section 9)."""
    ranges = []
    for piece in atom(token).split(b","):
        low, _, high = piece.partition(b":")
        first = top if low == b"*" else parse_number(low)
        last = first if not high else top if high == b"*" else parse_number(high)
        ranges.append((min(first, last), max(first, last)))
    return ranges


def format_set(numbers: Iterable[int]) -> str:
    """Ascending numbers as a sequence set, runs shortened to ranges."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1][1:] = [number]
        else:
            runs.append([number])
    return ",".join(":".join(map(str, run)) for run in runs)


def quote(value: bytes | str | None) -> bytes:
    """An nstring: NIL, quoted when it is plain ASCII, else a literal; line ends inside become spaces."""
    if value is None:
        return b"NIL"
    octets = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else value
    octets = octets.replace(b"\r\n", b" ").replace(b"\n", b" ").replace(b"\r", b" ")
    if any(octet > 126 or octet < 32 for octet in octets):
        return b"{%d}\r\n%s" % (len(octets), octets)
    return b'"' + octets.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def words(token: Token | None) -> Sequence[bytes]:
    """The upper-case atoms of a list, or of a lone atom."""
    if token is None:
        return ()
    return tuple(atom(item).upper() for item in token) if isinstance(token, list) else (token.upper(),)
