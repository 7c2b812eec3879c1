"""On which line of a TOML text does each key stand?

The standard library's parser tells no positions, so this walks a text that the parser has already accepted: valid TOML
1.0 is assumed and nothing is interpreted.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping

Path = tuple[str | int, ...]
"""Where a value stands: `("mailbox", 0, "imap", "port")`; tables of an array and elements are counted from 0."""

_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_KEY_PART = re.compile(r"""[ \t]*("(?:[^"\\]|\\.)*"|'[^']*'|[A-Za-z0-9_-]+)[ \t]*""")
_STRINGS = (r'"""(?:[^\\]|\\.)*?"{3,5}', r"'''.*?'{3,5}", r'"(?:[^"\\]|\\.)*"', r"'[^']*'")
_STRING = re.compile("|".join(_STRINGS), re.DOTALL)
_BARE = re.compile(r"[^,\]}\n#]*")


def locate(text: str) -> Mapping[Path, int]:
    """The line, from 1, of every table header, key and array element of a valid TOML text."""
    return _Walk(text).places


def nearest_line(places: Mapping[Path, int], path: Path) -> int | None:
    """The line of this key or, where it is not written, of the innermost table around it that is."""
    inward = (path[:length] for length in range(len(path), 0, -1))
    return next((places[outer] for outer in inward if outer in places), None)


class _Walk:
    """One pass over the text; `at` never goes back."""

    def __init__(self, text: str) -> None:
        self.text = text.replace("\r\n", "\n")
        self.at = 0
        self.line = 1
        self.counted = 0
        self.places: dict[Path, int] = {}
        self.lengths: dict[Path, int] = {}
        self._document()

    def _document(self) -> None:
        table: Path = ()
        while self._skip_blank():
            if self.text.startswith("[[", self.at):
                table = self._header(2)
            elif self.text[self.at] == "[":
                table = self._header(1)
            else:
                self._pair(table)

    def _header(self, brackets: int) -> Path:
        line = self._line()
        self.at += brackets
        *outer, last = self._key()
        self.at += brackets
        path: Path = ()
        for part in outer:
            path = self._newest((*path, part))
            self._note(path, line)
        path = (*path, last)
        if brackets == 2:
            self.lengths[path] = self.lengths.get(path, 0) + 1
            self.places.setdefault(path, line)
            path = self._newest(path)
        self._note(path, line)
        return path

    def _newest(self, path: Path) -> Path:
        """A path through an array of tables means its last element (TOML 1.0, "Array of Tables")."""
        return (*path, self.lengths[path] - 1) if path in self.lengths else path

    def _pair(self, table: Path) -> None:
        line = self._line()
        path = table
        for part in self._key():
            path = (*path, part)
            self._note(path, line)
        self.at += 1  # the equals sign
        self._value(path)

    def _key(self) -> list[str]:
        """The parts of a dotted key, unquoted; ends before whatever follows the key."""
        parts = []
        while match := _KEY_PART.match(self.text, self.at):
            self.at = match.end()
            part = match[1]
            parts.append(_unquote(part) if part[0] in "\"'" else part)
            if self.text[self.at : self.at + 1] != ".":
                break
            self.at += 1
        return parts

    def _value(self, path: Path) -> None:
        self._skip_blank()
        sign = self.text[self.at]
        if sign == "[":
            self._array(path)
        elif sign == "{":
            self._inline_table(path)
        else:
            match = _STRING.match(self.text, self.at) or _BARE.match(self.text, self.at)
            self.at = match.end() if match else len(self.text)

    def _array(self, path: Path) -> None:
        self.at += 1
        index = 0
        while self._skip_blank() and self.text[self.at] != "]":
            self._note((*path, index), self._line())
            self._value((*path, index))
            index += 1
            self._skip_comma()
        self.at += 1

    def _inline_table(self, path: Path) -> None:
        self.at += 1
        while self._skip_blank() and self.text[self.at] != "}":
            self._pair(path)
            self._skip_comma()
        self.at += 1

    def _skip_comma(self) -> None:
        if self._skip_blank() and self.text[self.at] == ",":
            self.at += 1

    def _skip_blank(self) -> bool:
        """Pass over white space, line ends and comments; whether anything is left."""
        match = _BLANK.match(self.text, self.at)
        self.at = match.end() if match else self.at
        return self.at < len(self.text)

    def _line(self) -> int:
        self.line += self.text.count("\n", self.counted, self.at)
        self.counted = self.at
        return self.line

    def _note(self, path: Path, line: int) -> None:
        self.places.setdefault(path, line)


def _unquote(quoted: str) -> str:
    return next(iter(tomllib.loads(f"{quoted} = 0")))
