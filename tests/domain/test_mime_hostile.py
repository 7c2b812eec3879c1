"""What must happen to mail made to hurt its reader. Work is bounded by counting what is left, not by clocks alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from time import process_time

import pytest

from inboxcrm.domain.hypertext import html_to_text
from inboxcrm.domain.mime import parse
from inboxcrm.domain.structure import DEEPEST, LONGEST_TEXT, MOST_PARTS

BODY = b"\n\nhi\n"
FROM = b"From: ann@example.org\n"
MULTIPART = FROM + b"Content-Type: multipart/mixed; boundary=b\n\n"


def nested(depth: int, filling: bytes = b"hi") -> bytes:
    levels = (b"Content-Type: multipart/mixed; boundary=%d\n\n--%d\n" % (level, level) for level in range(depth))
    return FROM + b"".join(levels) + b"\n" + filling


def test_a_thousand_levels_of_nesting_end_at_the_limit() -> None:
    assert "too-deep" not in parse(nested(DEEPEST)).defects
    message = parse(nested(1_000))

    assert "too-deep" in message.defects
    assert len(message.parts) == 1
    assert message.author is not None


def test_a_hundred_thousand_parts_end_at_the_limit() -> None:
    message = parse(MULTIPART + b"--b\n\nx\n" * 100_000 + b"--b--\n")

    assert len(message.parts) == MOST_PARTS
    assert "too-many-parts" in message.defects


def test_multiparts_within_multiparts_do_not_multiply() -> None:
    inner = b"--b\nContent-Type: multipart/mixed; boundary=c\n\n" + b"--c\n\nx\n" * 1_000

    assert len(parse(MULTIPART + inner * 1_000).parts) == MOST_PARTS


def test_headers_beyond_the_limit_are_cut_and_the_rest_is_no_body() -> None:
    message = parse(FROM + b"X-Long: y\n" * 60_000 + b"Auto-Submitted: auto-replied" + BODY)

    assert "headers-too-long" in message.defects
    assert len(message.headers) < 30_000
    assert message.text.strip() == "hi"


def test_one_field_longer_than_the_limit_is_not_half_a_field() -> None:
    message = parse(b"X: " + b"y" * 1_000_000 + BODY)

    assert message.headers == ()
    assert {"headers-too-long", "no-headers"} <= set(message.defects)
    assert message.text.strip() == "hi"


def test_a_gigantic_line_is_cut() -> None:
    message = parse(FROM + b"\n" + b"x" * (LONGEST_TEXT * 8))

    assert len(message.text) == LONGEST_TEXT
    assert "text-cut" in message.defects


@pytest.mark.parametrize("charset", [b"utf-16-le", b"utf-8", b"utf-32", b"utf-7", b"utf_8_sig", b"x"])
def test_sqlite_can_bind_whatever_was_in_the_mail(charset: bytes) -> None:
    body = b"\x00\xd8\x00\xdc\xed\xa0\x80\xff\x00&#xD800;+2AA-"
    message = parse(FROM + b"Subject: =?" + charset + b"?B?ANgA3O2ggA==?=\nContent-Type: text/html; charset=" + charset
                    + b"\n\n" + body)  # fmt: skip

    row = sqlite3.connect(":memory:").execute("SELECT ?, ?", (message.subject, message.text)).fetchone()

    assert row == (message.subject, message.text)


def test_two_attachments_of_one_name_stay_two() -> None:
    part = b"--b\nContent-Disposition: attachment; filename=a.pdf\nContent-Type: application/pdf\n\nx\n"

    assert [one.path for one in parse(MULTIPART + part * 2 + b"--b--").attachments] == ["1", "2"]


@pytest.mark.parametrize(
    "content_type",
    ["application/zip", "application/ms-tnef", "text/calendar", "text/vcard", "application/pkcs7-mime",
     "application/pgp-encrypted", "application/octet-stream"],
)  # fmt: skip
def test_what_is_no_letter_is_counted_and_never_opened(content_type: str) -> None:
    message = parse(FROM + f"Content-Type: {content_type}; name=x\n\nBEGIN:VCALENDAR ALARM javascript:".encode())

    assert message.text == ""
    assert message.parts[0].size == 33
    assert message.parts[0].attached


Builder = Callable[[int], bytes]


def _html_of(tag: str) -> Builder:
    return lambda n: FROM + b"Content-Type: text/html\n\n" + tag.encode() * (n // len(tag))


_TAGS = ("<div>", "<b><p></b>", "<ul><li>", "<blockquote>", "<a>x<b></a>", "<table><tr><td>", "<!--", "<", "<div></x>",
         "<p x=y ", "&amp;", "<svg><a>", "<select><p>")  # fmt: skip
FLOODS: dict[str, Builder] = {
    "comments": lambda n: FROM + b"To: " + b"(" * n + BODY,
    "closed comments": lambda n: FROM + b"To: " + b"(" * (n // 2) + b")" * (n // 2) + BODY,
    "quoted pairs": lambda n: FROM + b'To: "' + b"\\" * n + BODY,
    "open quotes": lambda n: FROM + b'To: "' + b'\\"' * (n // 2) + BODY,
    "quotes": lambda n: FROM + b"To: " + b'x "' * (n // 3) + BODY,
    "angles": lambda n: FROM + b"To: " + b"<" * n + BODY,
    "half addresses": lambda n: FROM + b"To: " + b"a@[" * (n // 3) + BODY,
    "addresses": lambda n: FROM + b"To: " + b"<a@b.example>," * (n // 14) + BODY,
    "words": lambda n: FROM + b"To: " + b"a " * (n // 2) + BODY,
    "continuations": lambda n: FROM
    + b"Content-Type: text/plain; "
    + b"; ".join(b"name*%d*=a%%20" % i for i in range(n // 18))
    + BODY,
    "one continuation": lambda n: FROM + b"Content-Type: text/plain" + b"; name*0*=a" * (n // 11) + BODY,
    "open parameters": lambda n: FROM + b"Content-Type: text/plain" + b';a="' * (n // 4) + BODY,
    "semicolons": lambda n: FROM + b"Content-Type: text/plain" + b"; " * (n // 2) + BODY,
    "encoded words": lambda n: FROM + b"Subject: " + b"=?utf-8?q?a?= " * (n // 14) + BODY,
    "open words": lambda n: FROM + b"Subject: " + b"=?a?q?" * (n // 6) + BODY,
    "references": lambda n: FROM + b"References: " + b"<a@b> " * (n // 6) + BODY,
    "open references": lambda n: FROM + b"References: " + b"<a" * (n // 2) + BODY,
    "folding": lambda n: FROM + b"X: a" + b"\n " * (n // 2) + BODY,
    "junk lines": lambda n: FROM + b"x\n" * (n // 2) + BODY,
    "fields": lambda n: FROM + b"a:\n" * (n // 3) + BODY,
    "dates": lambda n: FROM + b"Date: " + b"1 " * (n // 2) + BODY,
    "delimiters": lambda n: MULTIPART + b"\n--b x" * (n // 6),
    "delimiters on one line": lambda n: MULTIPART + b"--b" * (n // 3),
    "flowed": lambda n: FROM + b"Content-Type: text/plain; format=flowed\n\n" + b"> \n" * (n // 3),
    "marks": lambda n: FROM + b"Subject: a" + "\u0301".encode() * (n // 2) + BODY,
    "zero width": lambda n: FROM + b"Subject: a" + "\u200b".encode() * (n // 3) + BODY,
    **{f"html {tag}": _html_of(tag) for tag in _TAGS},
}  # fmt: skip


@pytest.mark.parametrize("build", FLOODS.values(), ids=FLOODS.keys())
def test_eight_times_the_flood_costs_nothing_like_sixty_four_times(build: Builder) -> None:
    size = 28_000
    parse(build(size))
    started = process_time()
    parse(build(size))
    small = process_time() - started
    started = process_time()

    parse(build(size * 8))

    assert process_time() - started < max(24 * small, 3.0)


def test_html_nested_beyond_reason_is_cut_there_and_read_up_to_there() -> None:
    assert html_to_text("<p>hello</p>" + "<div>" * 400_000 + "unseen") == "hello"


def test_html_ends_that_have_no_beginning_hide_no_nesting() -> None:
    assert html_to_text("<p>hello</p>" + "<div></x>" * 100_000 + "unseen") == "hello"
