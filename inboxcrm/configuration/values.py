"""What each kind of setting may hold: converts a parsed TOML value into ours, or says what it should have been."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date, time, timedelta
from enum import StrEnum
from functools import cache
from ipaddress import ip_address
from typing import Never, TypeVar
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from inboxcrm.config import Proxy
from inboxcrm.configuration.problems import listed, nearest
from inboxcrm.configuration.table import Convert, Refused
from inboxcrm.domain.address import a_label
from inboxcrm.domain.durations import parse_duration
from inboxcrm.domain.hosts import is_loopback

Chosen = TypeVar("Chosen", bound=StrEnum)
Interval = tuple[time, time]

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

LANGUAGES = ("en", "de", "fr", "es", "it", "pt", "nl", "ja")
"""The languages the program can be asked to speak."""

_LANGUAGE_NAMES = {
    "english": "en",
    "german": "de",
    "deutsch": "de",
    "french": "fr",
    "français": "fr",
    "spanish": "es",
    "español": "es",
    "italian": "it",
    "italiano": "it",
    "portuguese": "pt",
    "português": "pt",
    "dutch": "nl",
    "nederlands": "nl",
    "japanese": "ja",
    "日本語": "ja",
}

NO_NAMES: Mapping[str, Never] = {}

_CLOCK = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)")
_INTERVAL = re.compile(r"\s*(\d{1,2}:\d\d)\s*[-\u2013]\s*(\d{1,2}:\d\d)\s*")
_LANGUAGE_TAG = re.compile(r"[a-z]{2}(?:-[a-z0-9]{2,8}){0,3}")
_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_LOCAL = re.compile(r"[^\s\"(),:;<>@\[\\\]\x00-\x1f\x7f]{1,64}")
_LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST = re.compile(rf"(?=.{{1,253}}\Z){_LABEL}(?:\.{_LABEL})*")
_PHONE = re.compile(r"\+?[0-9][0-9 ()/.-]{3,30}[0-9]")


def text(value: object) -> str:
    """A text that is not blank, without control characters."""
    if not isinstance(value, str) or not value.strip():
        raise Refused("must be a text in quotes")
    if not value.isprintable():
        raise Refused("must be one line without control characters")
    return value.strip()


def lines(value: object) -> str:
    """A text of one line or several, without other control characters."""
    if not isinstance(value, str):
        raise Refused('must be a text in quotes, """ for several lines')
    if not all(line.isprintable() for line in value.splitlines()):
        raise Refused("must be text without control characters")
    return "\n".join(line.rstrip() for line in value.strip().splitlines())


def boolean(value: object) -> bool:
    """`true` or `false`."""
    if not isinstance(value, bool):
        raise Refused("must be true or false, without quotes")
    return value


def port(value: object) -> int:
    """A TCP port."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65535:
        raise Refused("must be a port number from 1 to 65535, without quotes")
    return value


def days(value: object) -> int:
    """A small number of days."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 60:
        raise Refused("must be a number of days from 1 to 60, without quotes")
    return value


def months(value: object) -> int:
    """A number of months, up to a hundred years."""
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 1200:
        raise Refused("must be a number of months from 1 to 1200, without quotes; leave it out to keep mail for good")
    return value


def choice(kind: type[Chosen], *, other_names: Mapping[str, Chosen] = NO_NAMES) -> Convert[Chosen]:
    """One word of an enumeration; `other_names` are what people call its members elsewhere, for the hint."""
    words = [str(member) for member in kind]

    def convert(value: object) -> Chosen:
        if isinstance(value, str) and value.casefold() in other_names:
            raise Refused(f"must be {listed(words)}", nearest=f'"{other_names[value.casefold()]}"')
        return kind(one_of(words)(value))

    return convert


def one_of(words: Collection[str]) -> Convert[str]:
    """One of these words, exactly as written here."""

    def convert(value: object) -> str:
        if not isinstance(value, str) or value not in words:
            near = nearest(value, words, cutoff=0.3) if isinstance(value, str) else None
            raise Refused(f"must be {listed(words)}", nearest=near)
        return value

    return convert


def zone(value: object) -> ZoneInfo:
    """A zone of the IANA time zone database."""
    allowed = 'must be a zone of the IANA database such as "Europe/Zurich"'
    name = _text_or(value, allowed)
    if name not in zone_names():
        raise Refused(allowed, nearest=_nearest_zone(name))
    return ZoneInfo(name)


@cache
def zone_names() -> frozenset[str]:
    """The names of the zones that the system knows; its files are walked for them once, which takes 40 ms."""
    return frozenset(available_timezones())


def _nearest_zone(name: str) -> str | None:
    """The nearest by the whole name, else by its last part: people know their city."""
    by_city = {each.rpartition("/")[2].replace("_", " "): each for each in sorted(zone_names()) if "/" in each}
    city = nearest(name.rpartition("/")[2].replace("_", " "), by_city, cutoff=0.75)
    whole = nearest(name, zone_names(), cutoff=0.75)
    return whole or (f'"{by_city[city.strip(chr(34))]}"' if city else None)


def language(value: object) -> str:
    """One of the languages the program speaks, perhaps with a region (`de-CH`), in lower case."""
    allowed = f"must be {listed(LANGUAGES)}"
    tag = _text_or(value, allowed).strip().lower().replace("_", "-")
    if tag.partition("-")[0] not in LANGUAGES or not _LANGUAGE_TAG.fullmatch(tag):
        code = _LANGUAGE_NAMES.get(tag)
        raise Refused(allowed, nearest=f'"{code}"' if code else None)
    return tag


def duration(value: object) -> timedelta:
    """A length of time written like `10m`."""
    allowed = 'must be a length of time in quotes such as "90s", "10m", "4h" or "2d"'
    try:
        return parse_duration(_text_or(value, allowed))
    except ValueError as error:
        raise Refused(allowed) from error


def clock(value: object) -> time:
    """A time of day such as 09:00."""
    allowed = 'must be a time of day in quotes such as "09:00"'
    match = _CLOCK.fullmatch(_text_or(value, allowed).strip())
    if match is None:
        raise Refused(allowed)
    return time(int(match[1]), int(match[2]))


def interval(value: object) -> Interval:
    """Hours such as 09:00-12:30. The end may be 24:00, which becomes 00:00: the midnight that ends the day."""
    allowed = 'must be hours such as "09:00-12:30"; "24:00" may be the end'
    match = _INTERVAL.fullmatch(_text_or(value, allowed))
    if match is None:
        raise Refused(allowed)
    start = clock_or_refuse(match[1], allowed)
    if match[2] == "24:00":
        return start, time(0)
    end = clock_or_refuse(match[2], allowed)
    if end <= start:
        turned = f'"{match[2]}-{match[1]}"' if end < start else None
        raise Refused("must end after it begins; hours past midnight are written on both days", nearest=turned)
    return start, end


def span_of_day(value: object) -> Interval:
    """Hours such as 22:00-07:00, which may run over midnight."""
    allowed = 'must be hours such as "22:00-07:00"'
    match = _INTERVAL.fullmatch(_text_or(value, allowed))
    if match is None:
        raise Refused(allowed)
    start, end = clock_or_refuse(match[1], allowed), clock_or_refuse(match[2], allowed)
    if start == end:
        raise Refused("must not begin and end at the same time")
    return start, end


def count(value: object) -> int:
    """A whole number from 0."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= 1_000:
        raise Refused("must be a whole number from 0 to 1000, without quotes")
    return value


def clock_or_refuse(written: str, allowed: str) -> time:
    """A time of day inside a longer text, refused in the longer text's words."""
    try:
        return clock(written)
    except Refused as refused:
        raise Refused(allowed) from refused


def day(written: str) -> date:
    """A calendar date such as 2026-12-24."""
    allowed = 'must be a date such as "2026-12-24"'
    if not _DAY.fullmatch(written):
        raise Refused(allowed)
    try:
        return date.fromisoformat(written)
    except ValueError as error:
        raise Refused(f"{allowed} that the calendar has") from error


def mailbox_name(value: object) -> str:
    """A short name that can stand in a command line and a file name."""
    allowed = "must be a short name of letters, digits, dots, dashes and underscores"
    name = _text_or(value, allowed)
    if not _NAME.fullmatch(name):
        raise Refused(allowed)
    return name


def host(value: object) -> str:
    """A host name or an IP address, in lower case."""
    allowed = 'must be a host name such as "imap.example.org"'
    name = a_label(_text_or(value, allowed).strip())
    if not _HOST.fullmatch(name) and not _is_ip(name):
        near = re.sub(r"^[a-z]+://|[:/].*$", "", name)
        raise Refused(allowed, nearest=f'"{near}"' if _HOST.fullmatch(near) else None)
    return name.lower()


def proxy(value: object) -> Proxy | None:
    """A SOCKS 5 proxy as a web address would be written; it resolves names, whether that is said (socks5h) or not.

    "none" is for what is reached without the one that everything else has.
    """
    allowed = 'must be like "socks5://127.0.0.1:9050" or "socks5://ann@127.0.0.1", the password elsewhere; or "none"'
    written = _text_or(value, allowed).strip()
    if written == "none":
        return None
    match = re.fullmatch(r"socks5h?://(?:([^/@:\s]+)@)?(\[[0-9a-fA-F:]+\]|[^/@:\s]+)(?::(\d{1,5}))?/?", written)
    if match is None:
        raise Refused(allowed, found="another text")  # it may hold a password
    try:
        return Proxy(host(match[2].strip("[]")), port(int(match[3] or 1080)), match[1] and unquote(match[1]))
    except Refused as refused:
        raise Refused(allowed) from refused


def web_address(value: object) -> str:
    """An https address without a log-in in it; plain http only to this machine itself."""
    allowed = 'must be an address such as "https://www.example.org/ann"; "http" is for this machine itself only'
    written = text(value)
    try:
        parts = urlsplit(written)
        port_fits = parts.port is None or parts.port > 0
    except ValueError as error:
        raise Refused(allowed) from error
    host = parts.hostname or ""
    safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    plain = written.isascii() and " " not in written and not parts.fragment
    if not (host and safe and plain and port_fits) or parts.username is not None:
        raise Refused(allowed)
    return written


def path_part(value: object) -> str:
    """A word that can stand in an address or beside others of its kind: no blanks, ASCII only."""
    written = text(value)
    if not written.isascii() or any(char.isspace() for char in written):
        raise Refused("must be one word without blanks")
    return written


def _is_ip(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def address(value: object) -> str:
    """A mail address without a display name."""
    allowed = 'must be a mail address such as "ann@example.org", without a name'
    written = _text_or(value, allowed).strip()
    local, at, domain = written.rpartition("@")
    if not at or not _LOCAL.fullmatch(local) or not _is_domain(domain):
        inner = re.search(r"<([^<>\s]+@[^<>\s]+)>", written)
        raise Refused(allowed, nearest=f'"{inner[1]}"' if inner else None)
    return written


def written_from(value: object) -> str:
    """An address that mail can be written from: ASCII before the @, and its domain by its A-label."""
    local, _, domain = address(value).rpartition("@")
    if not local.isascii():
        raise Refused(
            "nothing can be sent from an address that is not ASCII before the @, since few servers take such a sender "
            "(RFC 6531); write from the one in ASCII that your provider gives you beside it"
        )
    return f"{local}@{domain if domain.isascii() else a_label(domain)}"


def _is_domain(domain: str) -> bool:
    name = a_label(domain)
    return bool(_HOST.fullmatch(name)) and ("." in name or name == "localhost")


def address_or_list_id(value: object) -> str:
    """A mail address, or what stands between the angle brackets of a List-Id (RFC 2919)."""
    allowed = 'must be a mail address or a List-Id such as "info.example.org"'
    written = _text_or(value, allowed).strip()
    return address(written) if "@" in written else _word(written, allowed)


def address_or_domain(value: object) -> str:
    """A mail address, or every address of a domain, written `@example.org`."""
    allowed = 'must be a mail address, or a whole domain written "@example.org"'
    written = _text_or(value, allowed).strip()
    if written.startswith("@") and _is_domain(written[1:]):
        return written
    try:
        return address(written)
    except Refused as refused:
        raise Refused(allowed, nearest=refused.nearest) from refused


def form_sender(value: object) -> str:
    """An address, or an address, a space and how the subject begins."""
    allowed = 'must be a mail address, or one followed by how the subject begins, such as "forms@example.org Enquiry"'
    sender, _, subject = _text_or(value, allowed).strip().partition(" ")
    try:
        return f"{address(sender)} {subject.strip()}".strip()
    except Refused as refused:
        raise Refused(allowed, nearest=refused.nearest) from refused


def authserv_id(value: object) -> str:
    """The name a server signs its Authentication-Results with (RFC 8601 section 2.5): one word, often a host."""
    return _word(value, 'must be one word such as "mx.example.org"').lower()


def phone(value: object) -> str:
    """A phone number as people write it."""
    allowed = 'must be a phone number such as "+41 44 555 01 23"'
    number = _text_or(value, allowed).strip()
    if not _PHONE.fullmatch(number):
        raise Refused(allowed)
    return number


def _word(value: object, allowed: str) -> str:
    word = _text_or(value, allowed).strip()
    if not re.fullmatch(r"[^\s<>\"]+", word) or not word.isprintable():
        raise Refused(allowed)
    return word


def _text_or(value: object, allowed: str) -> str:
    if not isinstance(value, str):
        raise Refused(allowed)
    return value
