"""Who is named in an address field, and which names are one identity?"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

import idna
from publicsuffixlist import PublicSuffixList

from inboxcrm.domain.fields import decode_words
from inboxcrm.domain.message import Address
from inboxcrm.domain.shared_names import PUBLIC_MAIL_DOMAINS, ROLES
from inboxcrm.domain.text import plain

LONGEST_NAME = 200
LONGEST_SPEC = 320
MOST_ADDRESSES = 2_000

_ATEXT = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_SPEC = rf"{_ATEXT}++(?:\.{_ATEXT}++)*+@[A-Za-z0-9](?:[A-Za-z0-9.-]*+)"
_ORDINARY = re.compile(
    rf'\s*+(?:(?:"([^"\\]*+)"|([^\x00-\x1f"(),:;<>@\[\\\]]*+))\s*+<({_SPEC})>|({_SPEC}))\s*+(?:,|\Z)'
)
"""One mailbox as nearly everybody writes it, up to and with its comma; what it does not match is read slowly."""

_ADDR_SPEC = re.compile(_SPEC)
_WORD = r'([^\s"(),:;<>@\[]{0,100}+@\[[^\]\s]{0,100}+\]|[^\s"(),:;<>]++)|([(),:;<>])'
_TOKEN = re.compile(rf'(\s++)|"((?:[^"\\]|\\.)*+)"|{_WORD}', re.DOTALL)
_UNQUOTED = re.compile(rf"(\s++)|(\Z\A)|{_WORD}")
"""Tokens once a quote was found that nobody closes: looking for its end again at each quote would be quadratic."""
_GMAIL = ("gmail.com", "googlemail.com")
_LATIN_LOOKALIKES = frozenset("аеорсухіјѕԁһӏԛԝѵьɡοαν")
_EAST_ASIAN = {"LATIN", "CJK", "HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA", "IDEOGRAPHIC"}
_ORDINARY_MIXTURES = (_EAST_ASIAN, {"LATIN", "CJK", "HANGUL"}, {"LATIN", "CJK", "BOPOMOFO"})
_QUOTED_PAIR = re.compile(r"\\(.)", re.DOTALL)
_ASCII_LOWER = {code: code + 32 for code in range(ord("A"), ord("Z") + 1)}


class Mailboxes(NamedTuple):
    """The mailboxes of one field, and what was irregular.

    Defects: "unquoted-comma" (a name had to be put together again), "group", "route", "no-angle" (a name before a bare
    address), "no-address" (words that name nobody), "bad-address" (unusable), "lone-quote",
    "too-many-addresses".
    """

    addresses: tuple[Address, ...]
    defects: tuple[str, ...]


def parse_addresses(value: str) -> Mailboxes:
    """Read a mailbox-list, address-list or any ruin of one (RFC 5322 sections 3.4 and 4.4); linear, never raises."""
    return _remembered(value) if len(value) <= 200 else _parsed(value)


def _parsed(value: str) -> Mailboxes:
    found: list[Address] = []
    at, end = 0, len(value)
    while at < end:
        match = _ORDINARY.match(value, at)
        if match is None or len(match[0]) > LONGEST_SPEC:
            return _Reader().read(value)
        quoted, phrase, angled, bare = match.groups()
        found.append(address(quoted or phrase or "", angled or bare))
        at = match.end()
        if len(found) > MOST_ADDRESSES:
            return Mailboxes(tuple(found[:MOST_ADDRESSES]), ("too-many-addresses",))
    return Mailboxes(tuple(found), ())


_remembered = lru_cache(maxsize=2048)(_parsed)  # the same few people stand in nearly every field


def address(name: str, spec: str) -> Address:
    """An Address from a display name, still encoded perhaps, and an addr-spec."""
    return Address(display_name(name) if name else "", spec, identity(spec))


def display_name(name: str) -> str:
    """A display name as people read it: decoded, one line, no control or direction characters, no outer quotes."""
    name = plain(decode_words(name[: LONGEST_NAME * 20]), LONGEST_NAME)
    if len(name) > 1 and name[0] == name[-1] and name[0] in "'\"":
        name = name[1:-1].strip()
    return name


class _Reader:
    """Reads one field token by token; comments and quotes cost their length, whatever their depth."""

    def __init__(self) -> None:
        self.found: list[Address] = []
        self.defects: dict[str, None] = {}
        self.words: list[str] = []
        self.written: list[str] = []  # the words with their quotes
        self.comment = ""
        self.carried = ""  # words that named nobody, before a comma
        self.angle: list[str] | None = None
        self.inside = False

    def read(self, value: str) -> Mailboxes:
        at, end, token = 0, len(value), _TOKEN
        while at < end and len(self.found) < MOST_ADDRESSES:
            match = token.match(value, at)
            if match is None:  # a quote that is never closed
                token, at = _UNQUOTED, at + 1
                self.defects["lone-quote"] = None
                continue
            at = match.end()
            space, quoted, word, sign = match.groups()
            if sign == "(":
                at = self._skip_comment(value, at)
            elif sign:
                self._sign(sign)
            elif word is not None:
                self._word(word, word)
            elif quoted is not None:
                self._word(_QUOTED_PAIR.sub(r"\1", quoted), match[0])
            elif space and self.inside and self.angle:
                self.angle.append(" ")
        self._flush()
        if self.carried:
            self.defects["no-address"] = None
        if at < end:
            self.defects["too-many-addresses"] = None
        return Mailboxes(tuple(self.found), tuple(self.defects))

    def _word(self, word: str, written: str) -> None:
        if self.inside and self.angle is not None:
            self.angle.append(written)
        else:
            self.words.append(word)
            self.written.append(written)

    def _sign(self, sign: str) -> None:
        if self.inside and self.angle is not None:
            self._sign_inside(sign, self.angle)
        elif sign == "<":
            if self.angle is not None:  # `<a@x> <b@y>`: two mailboxes, and no comma
                self._flush()
            self.angle, self.inside = [], True
        elif sign == ":":
            if self.angle is None and not any("@" in word for word in self.words):
                self.words.clear()
                self.written.clear()
                self.defects["group"] = None
        elif sign in ",;":
            self._flush()

    def _sign_inside(self, sign: str, angle: list[str]) -> None:
        if sign == ">":
            self.inside = False
        elif sign == ":" and angle and angle[0].startswith("@"):
            angle.clear()  # the obsolete route of RFC 5322 section 4.4
            self.defects["route"] = None
        else:
            angle.append(sign)

    def _skip_comment(self, value: str, at: int) -> int:
        """Where the comment that begins before `at` ends; its text is remembered as a possible name."""
        depth, start = 1, at
        while depth and at < len(value):
            char = value[at]
            if char == "\\":
                at += 1
            elif char == "(":
                depth += 1
            elif char == ")":
                depth -= 1
            at += 1
        self.comment = value[start : at - 1 if depth == 0 else at][: LONGEST_NAME * 20]
        return min(at, len(value))

    def _flush(self) -> None:
        """A mailbox has ended: keep it, or carry its words to the next (`Maier, Bernd <x@y>`)."""
        words, written, angle, comment = self.words, self.written, self.angle, self.comment
        self.words, self.written, self.angle, self.inside, self.comment = [], [], None, False, ""
        if angle is not None:
            self._keep(" ".join(words) or ("" if self.carried else comment), "".join(angle).strip(), rejoin=True)
        elif any("@" in word for word in written if word[0] != '"'):
            self._keep_bare(written, comment)
        elif words:
            self.carried = f"{self.carried}, {' '.join(words)}" if self.carried else " ".join(words)

    def _keep_bare(self, words: list[str], comment: str) -> None:
        joined = "".join(words)
        if len(words) == 1 or (_ADDR_SPEC.fullmatch(joined) and words[-1].startswith((".", "@"))):
            self._keep(comment, joined, rejoin=False)
            return
        spec = next(word for word in reversed(words) if "@" in word and word[0] != '"')
        if len(spec) > 2 and not spec.startswith("@") and not spec.endswith("@"):
            self.defects["no-angle"] = None
            self._keep(" ".join(word.strip('"') for word in words if word is not spec), spec, rejoin=False)
        else:
            self._keep(comment, joined, rejoin=False)

    def _keep(self, name: str, spec: str, *, rejoin: bool) -> None:
        if self.carried:
            self.defects["unquoted-comma" if rejoin else "no-address"] = None
            name = f"{self.carried}, {name}" if rejoin else name
            self.carried = ""
        if not spec or len(spec) > LONGEST_SPEC:
            self.defects["bad-address"] = None
            return
        self.found.append(address(name, spec))


@lru_cache(maxsize=4096)
def identity(spec: str) -> str:
    """What two spellings of one mailbox share: ASCII lower case, the domain as IDNA A-labels, nothing else.

    Never compatibility-normalised: a full-width letter, a long s or a dotted capital I is another person.
    """
    if spec.isascii():
        return spec.lower().rstrip(".")
    local, at, domain = spec.rpartition("@")
    return f"{local.translate(_ASCII_LOWER)}{at}{a_label(domain)}"


def a_label(domain: str) -> str:
    """A domain as DNS knows it (IDNA 2008, RFC 5891, after NFC and lower case); unchanged where it has no such form."""
    domain = domain.translate(_ASCII_LOWER).rstrip(".")
    if domain.isascii():
        return domain
    try:
        labels = unicodedata.normalize("NFC", domain).lower().split(".")  # idna would split at full-width dots too
        return ".".join(label if label.isascii() else idna.alabel(label).decode("ascii") for label in labels)
    except (idna.IDNAError, UnicodeError, ValueError):
        return domain


@lru_cache(maxsize=4096)
def base_key(key: str) -> str:
    """The mailbox behind a key: its plus-tag cut, and at Gmail (only there) the dots, which Gmail ignores.

    For counting and for recognising oneself, never for deciding that two clients are one.
    """
    local, at, domain = identity(key).rpartition("@")
    if not at or local.startswith('"'):
        return identity(key)
    local = local.partition("+")[0] or local
    if domain in _GMAIL:
        local, domain = local.replace(".", "") or local, "gmail.com"
    return f"{local}@{domain}"


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


@lru_cache(maxsize=4096)
def organisational_domain(domain: str) -> str:
    """The domain somebody registered (RFC 7489 section 3.2): `mail.example.co.uk` -> `example.co.uk`.

    A public suffix itself, an address literal and an empty name are answered as they are.
    """
    name = a_label(domain).strip(".")
    if not name or len(name) > 253 or name.startswith("[") or not name.isascii() or ".." in name:
        return name
    found: str | None = _suffixes().privatesuffix(name)
    return found or name


def is_public_mail_domain(domain: str) -> bool:
    """Whether the public has mailboxes there, so that two people of it need not know each other."""
    name = a_label(domain)
    return name in PUBLIC_MAIL_DOMAINS or organisational_domain(name) in PUBLIC_MAIL_DOMAINS


def is_role_address(local: str) -> bool:
    """Whether a local part names a duty and not a person: `info`, `accounts`, `buchhaltung`, with tag or not."""
    token = local.translate(_ASCII_LOWER).partition("+")[0]
    return token in ROLES or token.replace("-", "").replace("_", "").replace(".", "") in ROLES


def mixed_script(spec: str) -> bool:
    """Whether an address mixes scripts as a forgery does: within a label, or a label of Latin look-alikes only.

    A-labels are looked at as they would be shown. The mixtures of Japanese, Chinese and Korean writing are ordinary.
    """
    if spec.isascii() and "xn--" not in spec.lower():
        return False
    local, _, domain = spec.rpartition("@")
    labels = [shown_label(label) for label in domain.split(".")[:127]]
    return _mixed(local) or any(_mixed(label) or _looks_latin(label) for label in labels)


def shown_label(label: str) -> str:
    """A label of a domain as it would be shown: decoded where it is an A-label (RFC 5891) that means something."""
    if not label.lower().startswith("xn--"):
        return label
    try:
        return idna.decode(label)
    except (idna.IDNAError, UnicodeError, ValueError):
        return label


def _mixed(label: str) -> bool:
    scripts = {_script(char) for char in label[:256] if char.isalpha()}
    return len(scripts) > 1 and not any(scripts <= ordinary for ordinary in _ORDINARY_MIXTURES)


def _script(char: str) -> str:
    """The first word of a character's name: its script, for every script that has letters to confuse."""
    if char.isascii():
        return "LATIN"
    return unicodedata.name(char, "?").partition(" ")[0]


def _looks_latin(label: str) -> bool:
    letters = [char for char in label[:256] if char.isalpha()]
    return bool(letters) and not label.isascii() and all(char in _LATIN_LOOKALIKES for char in letters)
