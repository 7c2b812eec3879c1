"""The reader of responses is exact, and hostile ones cost nothing but an error."""

from __future__ import annotations

import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from imapclient.response_parser import parse_fetch_response

from inboxcrm.imap.errors import ProtocolError
from inboxcrm.imap.responses import (
    Response,
    fetched,
    internal_date_of,
    status,
    tokens,
    uid_ranges,
    untagged,
)


@settings(max_examples=60)
@given(
    uid=st.integers(1, 2**32 - 1),
    flags=st.sets(st.sampled_from(["\\Seen", "\\Answered", "$Junk", "NonJunk", "a]b", "x[1"])),
    size=st.integers(0, 2**40),
    body=st.binary(max_size=200),
    order=st.permutations(range(4)),
)
def test_it_reads_what_imapclient_reads(uid: int, flags: set[str], size: int, body: bytes, order: list[int]) -> None:
    items = [
        b"UID %d" % uid,
        b"FLAGS (%s)" % " ".join(sorted(flags)).encode(),
        b"RFC822.SIZE %d" % size,
        b"BODY[] {%d}" % len(body),
    ]
    parts = [items[at] for at in order]
    at_body = order.index(3)
    head, tail = b" ".join(parts[: at_body + 1]), b" ".join([b"", *parts[at_body + 1 :]])

    one = fetched(untagged(Response(b"* 3 FETCH (" + head + tail + b")", [body])))
    assert (one.uid, one.size, one.sections) == (uid, size, {"BODY[]": body})
    assert one.flags == frozenset(flags)
    if "x[1" not in flags:  # IMAPClient takes what follows for a part of it
        theirs = parse_fetch_response([(b"3 (" + head, body), tail + b")"])[uid]
        assert (theirs[b"BODY[]"], theirs[b"RFC822.SIZE"]) == (body, size)


@pytest.mark.parametrize(
    ("text", "literals"),
    [
        (b'UID 7 FLAGS () INTERNALDATE " 5-Jan-2024 09:30:05 +0100"', []),
        (b'UID 7 FLAGS (\\Seen \\Recent) INTERNALDATE "25-Jan-2020 21:12:45 -0330" RFC822.SIZE 5 MODSEQ (9)', []),
        (b'UID 7 FLAGS (\\Seen) INTERNALDATE "25-Jan-2020 21:12:45 +0000" BODY[] {5}', [b"Hello"]),
        (b'UID 7 FLAGS (\\Seen) INTERNALDATE "no date" MODSEQ (18446744073709551615) BODY[] {0}', [b""]),
    ],
    ids=["unseen", "listed", "read", "no date"],
)
def test_an_ordinary_response_is_read_as_token_by_token(text: bytes, literals: list[bytes]) -> None:
    ordinary = fetched(untagged(Response(b"* 3 FETCH (" + text + b")", literals)))
    other = fetched(untagged(Response(b"* 3 FETCH ( " + text + b")", literals)))

    assert ordinary == other
    assert ordinary.uid == 7


@given(st.binary(max_size=300), st.lists(st.binary(max_size=5), max_size=3))
def test_any_octets_are_read_or_refused(octets: bytes, literals: list[bytes]) -> None:
    try:
        fetched(untagged(Response(b"* 1 FETCH " + octets, literals)))
    except ProtocolError:
        return


HOSTILE = {
    "brackets": b"[" * 200_000,
    "quotes": b'"' * 200_001,
    "lists": b"(" * 200_000,
    "backslashes": b"\\" * 200_000,
    "sections": b"BODY[" * 100_000,
    "escapes": b'"\\' * 100_000,
    "literals": b"{1} " * 50_000,
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_lines_cost_bounded_time(hostile: bytes) -> None:
    began = time.process_time()

    with suppress(ProtocolError):
        fetched(untagged(Response(b"* 1 FETCH (" + hostile + b")")))

    assert time.process_time() - began < 30


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"17-Jul-2026 02:44:25 -0700", datetime(2026, 7, 17, 9, 44, 25, tzinfo=UTC)),
        (b" 1-Jan-2026 00:00:00 +1400", datetime(2025, 12, 31, 10, tzinfo=UTC)),
        (b"31-Dec-2026 23:59:60 +0000", datetime(2026, 12, 31, 23, 59, 59, tzinfo=UTC)),
        (b"31-Feb-2026 00:00:00 +0000", None),
        (b"01-Foo-2026 00:00:00 +0000", None),
        (b"01-Jan-2026 00:00:00 +9900", None),
        (b"", None),
    ],
    ids=["west", "far-east", "leap-second", "no-such-day", "no-such-month", "no-such-zone", "empty"],
)
def test_internal_dates_are_instants(text: bytes, expected: datetime | None) -> None:
    assert internal_date_of(text) == expected


def test_the_servers_offset_is_kept() -> None:
    found = internal_date_of(b"17-Jul-2026 02:44:25 -0730")

    assert found is not None
    assert found.utcoffset() == -timedelta(hours=7, minutes=30)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"300:310,405", ((300, 310), (405, 405))),
        (b"310:300", ((300, 310),)),
        (b"41,900:*", ((41, 41), (900, 1000))),
        (b"1:*", ((1, 1000),)),
        (b"5000:6000", ()),
        (b"x,,7,3:", ((7, 7),)),
        (b"", ()),
    ],
    ids=["plain", "reversed", "open", "all", "beyond", "nonsense", "empty"],
)
def test_vanished_sets_become_closed_ranges(text: bytes, expected: tuple[tuple[int, int], ...]) -> None:
    assert uid_ranges(text, last=1000) == expected


@pytest.mark.parametrize(
    ("rest", "code", "text"),
    [
        (b"[THROTTLED] slowly", "THROTTLED", "slowly"),
        (b"[uidnext 4392] Predicted", "UIDNEXT", "Predicted"),
        (b"no code", None, "no code"),
        (b"", None, ""),
    ],
    ids=["plain", "argument", "none", "empty"],
)
def test_response_codes_are_found(rest: bytes, code: str | None, text: str) -> None:
    said = status("NO", rest)

    assert (said.code, said.text) == (code, text)


@pytest.mark.parametrize("text", [b"(UID 1", b"UID 1)", b"(UID x)", b"(UID 1) tail)", b'("open'], ids=repr)
def test_what_is_no_response_is_refused(text: bytes) -> None:
    with pytest.raises(ProtocolError):
        fetched(untagged(Response(b"* 1 FETCH " + text)))


def test_lists_nest() -> None:
    assert tokens(b'(a (b NIL) "c d")') == [[b"a", [b"b", None], b"c d"]]
