"""What Authentication-Results fields say, and which of them our own server wrote (RFC 8601).

A reader of our own, in one pass. authres 1.2.0 (Apache 2.0) behind it was tried twice: it needs 1.1 ms for a field of
ordinary length, fifty times as long and five times what the whole gate may cost, and raises SyntaxError for what
Microsoft 365 writes, a trailing semicolon and `<>`. Tests hold the two together on what both can read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from inboxcrm.domain.safety.facts import Facts

LONGEST = 8_000

_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_SPECIAL = re.compile(r'[\s();"\\]')
_EQUALS = re.compile(r"\s*=\s*")
_BY = re.compile(r"(?:^|\s)by\s+([^\s;]+)", re.IGNORECASE)
_COMMENT = re.compile(r"\([^()]*\)")
TRACE = frozenset({
    "return-path", "received", "received-spf", "authentication-results", "delivered-to", "x-received", "dkim-filter",
    "dmarc-filter", "arc-seal", "arc-message-signature", "arc-authentication-results", "x-original-to", "envelope-to",
    "x-envelope-from", "x-envelope-to", "delivery-date", "x-google-smtp-source", "x-forwarded-to", "x-forwarded-for",
    "x-spam-checker-version", "x-spam-level", "x-spam-score", "x-spam-status", "x-spam-flag", "x-virus-scanned",
    "x-rspamd-server", "x-rspamd-queue-id", "x-rspamd-action", "x-spamd-result", "x-sieve", "x-apple-movetofolder",
})  # fmt: skip
_MICROSOFT = ("outlook.com",)


class Result(NamedTuple):
    """One method's result, for example dkim, pass, {"header.d": "example.org"}; everything in lower case."""

    method: str
    result: str
    properties: Mapping[str, str]


class Field(NamedTuple):
    """One field: who wrote it ("" where it does not say) and the results."""

    authserv_id: str
    results: tuple[Result, ...]


def read_results(value: str) -> Field | None:
    """Read a field's value; None where it has no sense (open comments or quotes, too long)."""
    if len(value) > LONGEST:
        return None
    clauses = _clauses(value)
    if clauses is None:
        return None
    first = clauses[0].split()
    authserv_id = "" if not first or "=" in first[0] else first[0]
    results = (_result(clause) for clause in clauses[1 if authserv_id else 0 :])
    return Field(authserv_id, tuple(one for one in results if one is not None))


def _clauses(value: str) -> list[str] | None:
    """The parts between semicolons, in lower case, comments gone; None where a comment or a quote stays open."""
    if '"' in value:
        value = _QUOTED.sub(_plain, value)
    while "(" in value and (shorter := _COMMENT.sub(" ", value)) != value:
        value = shorter
    if "(" in value or ")" in value or '"' in value:
        return None
    return _EQUALS.sub("=", value.lower()).split(";")


def _plain(match: re.Match[str]) -> str:
    """A quoted string as one word."""
    return _SPECIAL.sub("_", match[0][1:-1])


def _result(clause: str) -> Result | None:
    method, _, rest = clause.partition("=")
    method = method.partition("/")[0].strip()
    found = rest.split()
    if not method or not found or " " in method:
        return None
    pairs = (one.partition("=") for one in found[1:])
    properties = {name: value.strip("<>") for name, sign, value in pairs if sign}
    return Result(method, found[0], properties)


def trusted_results(facts: Facts) -> tuple[Result, ...]:
    """What our own border server found, or nothing.

    Only the topmost field of a configured authserv-id counts (the provider profile may know that there is none), and
    only above the lowest Received of our border, or in the same unbroken run of trace fields: below that begins what
    the sender brought along (RFC 8601 section 5).
    """
    settings = facts.settings
    ids = {one.lower() for one in settings.trusted_authserv_ids}
    anonymous = settings.provider_writes_no_authserv_id
    if not ids and not anonymous:
        return ()
    end = _end_of_own_trace(facts, settings.border_hosts or (*ids, *(_MICROSOFT if anonymous else ())))
    for name, value in facts.message.headers[:end]:
        if name == "authentication-results":
            field = read_results(value)
            if field is not None and (field.authserv_id in ids or (anonymous and not field.authserv_id)):
                return _with_arc(facts, field.results)
    return ()


def _end_of_own_trace(facts: Facts, borders: tuple[str, ...]) -> int:
    """The index of the first header field that our own servers did not write; 0 where they wrote none."""
    headers = facts.message.headers
    hosts = tuple(host.lower().removeprefix("*").lstrip(".") for host in borders)
    border = -1
    for index, (name, value) in enumerate(headers):
        if name == "received" and _received_by(value, hosts):
            border = index
    if border < 0:
        return 0
    end = border + 1
    while end < len(headers) and headers[end][0] in TRACE:
        end += 1
    return end


def _received_by(value: str, hosts: tuple[str, ...]) -> bool:
    value = value[:2_000]
    if not any(host in value.lower() for host in hosts):
        return False
    by = receiver(value)
    return any(by == host or by.endswith("." + host) for host in hosts if host)


def receiver(value: str) -> str:
    """The host that wrote a Received field, in lower case; "" where it does not say (RFC 5321 section 4.4)."""
    value = value[:2_000]
    while "(" in value and (shorter := _COMMENT.sub(" ", value)) != value:
        value = shorter
    match = _BY.search(value)
    return match[1].lower().rstrip(".") if match else ""


def _with_arc(facts: Facts, results: tuple[Result, ...]) -> tuple[Result, ...]:
    """The results, with those of the last ARC sealer added if he is configured and his chain passed (RFC 8617)."""
    if not facts.settings.arc_sealers or not any(one.method == "arc" and one.result == "pass" for one in results):
        return results
    sealers = {one.lower() for one in facts.settings.arc_sealers}
    seals = [tags(value) for _, value in facts.values("arc-seal")]
    last = max(seals, key=lambda tags: int(tags["i"]) if tags.get("i", "").isdecimal() else 0, default={})
    if last.get("d", "").lower() not in sealers:
        return results
    for _, value in facts.values("arc-authentication-results"):
        instance, _, rest = value.partition(";")
        if instance.replace(" ", "").lower() == f"i={last.get('i')}":
            field = read_results(rest)
            return (*results, *field.results) if field else results
    return results


def tags(value: str) -> dict[str, str]:
    """The tags of a DKIM or ARC field (RFC 6376 section 3.2), names in lower case."""
    pairs = (one.partition("=") for one in value[:4_000].split(";"))
    return {name.strip().lower(): found.strip() for name, _, found in pairs}
