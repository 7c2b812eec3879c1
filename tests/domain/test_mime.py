"""Bytes in, a Message out: what each wart of real mail becomes."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from inboxcrm.domain.dates import parse_date
from inboxcrm.domain.fields import base64_octets, base64_size, decode_words, parameters
from inboxcrm.domain.identifiers import message_ids
from inboxcrm.domain.message import Message
from inboxcrm.domain.mime import parse
from inboxcrm.domain.structure import clean_filename

ORDINARY = b"""Return-Path: <ann@example.org>
From: =?utf-8?Q?Ann_Ex=C3=A4mple?= <Ann@Example.org>
To: "Bob, the builder" <bob@example.com>, carol@example.com
Cc: dan@example.net
Subject: =?utf-8?B?R3LDvA==?= =?utf-8?B?w59l?= from Ann
Date: Tue, 03 Mar 2026 16:05:06 +0100
Message-ID: <one@example.org>
In-Reply-To: <zero@example.com>
References: <first@example.com>
 <zero@example.com>
MIME-Version: 1.0
Content-Type: multipart/mixed; boundary="outer"

preamble
--outer
Content-Type: multipart/alternative; boundary=inner

--inner
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

Gr=C3=BC=C3=9Fe,
Ann
--inner
Content-Type: text/html; charset=utf-8

<p>Gr&uuml;&szlig;e,<br>Ann</p>
--inner--
--outer
Content-Type: application/pdf; name="offer.pdf"
Content-Disposition: attachment; filename="offer.pdf"
Content-Transfer-Encoding: base64

aGVsbG8gd29ybGQ=
--outer--
epilogue
"""


def crlf(raw: bytes) -> bytes:
    return raw.replace(b"\n", b"\r\n")


def mail(head: str | bytes, body: str | bytes = "hello\n") -> bytes:
    """A mail with a From, the given further header lines, and a body."""
    head = head.encode() if isinstance(head, str) else head
    body = body.encode() if isinstance(body, str) else body
    return b"From: ann@example.org\n" + head + b"\n\n" + body


@pytest.mark.parametrize("raw", [ORDINARY, crlf(ORDINARY)], ids=["lf", "crlf"])
def test_an_ordinary_mail_is_read_whole(raw: bytes) -> None:
    message = parse(raw)

    assert [(one.name, one.spec, one.key) for one in message.from_] == [
        ("Ann Exämple", "Ann@Example.org", "ann@example.org")
    ]
    assert [one.key for one in message.recipients] == ["bob@example.com", "carol@example.com", "dan@example.net"]
    assert message.to[0].name == "Bob, the builder"
    assert message.subject == "Grüße from Ann"
    assert message.date == datetime(2026, 3, 3, 15, 5, 6, tzinfo=UTC)
    assert message.message_id == "<one@example.org>"
    assert message.ancestors == ("<zero@example.com>", "<first@example.com>")
    assert message.content_type == "multipart/mixed"
    assert message.text == "Grüße,\nAnn"
    assert not message.html_only
    assert [(part.path, part.content_type) for part in message.parts] == [
        ("1.1", "text/plain"),
        ("1.2", "text/html"),
        ("2", "application/pdf"),
    ]
    assert [(part.filename, part.size) for part in message.attachments] == [("offer.pdf", 11)]
    assert message.size == len(raw)
    assert message.defects == ()


def test_all_instances_of_a_field_are_kept_in_order_and_unfolded() -> None:
    message = parse(b"Received: a\n\tb\nX-Loop: 1\nreceived:c\n\n")

    assert message.headers == (("received", "a\tb"), ("x-loop", "1"), ("received", "c"))


def test_a_second_from_leaves_no_author_but_the_first_subject_shows() -> None:
    message = parse(mail("From: eve@example.net\nSubject: one\nSubject: two"))

    assert message.author is None
    assert [one.key for one in message.from_] == ["ann@example.org", "eve@example.net"]
    assert message.subject == "one"
    assert {"duplicate-from", "duplicate-subject"} <= set(message.defects)


TEXTS: list[tuple[str, bytes, str, tuple[str, ...]]] = [
    ("utf8", mail("Content-Type: text/plain; charset=utf-8", "Grüße"), "Grüße", ()),
    ("latin1", mail("Content-Type: text/plain; charset=iso-8859-1", "Grüße".encode("latin-1")), "Grüße", ()),
    (
        "utf-8 that says latin-1",
        mail("Content-Type: text/plain; charset=iso-8859-1", "Grüße"),
        "Grüße",
        ("charset-mismatch",),
    ),
    (
        "latin-1 that says utf-8",
        mail("Content-Type: text/plain; charset=utf-8", "Grüße".encode("latin-1")),
        "Grüße",
        ("charset-mismatch",),
    ),
    ("unlabelled 8 bit", mail("X: y", "Grüße".encode("cp1252")), "Grüße", ("charset-mismatch",)),
    ("unknown charset", mail("Content-Type: text/plain; charset=x-klingon", "Grüße"), "Grüße", ("charset-unknown",)),
    (
        "utf-7 is never decoded",
        mail("Content-Type: text/plain; charset=utf-7", "+ADw-script+AD4-"),
        "+ADw-script+AD4-",
        ("charset-unknown",),
    ),
    ("a byte codec is no charset", mail("Content-Type: text/plain; charset=hex", "6869"), "6869", ("charset-unknown",)),
    (
        "utf-16 without a mark",
        mail("Content-Type: text/plain; charset=utf-16", "Grüße".encode("utf-16-be")),
        "Grüße",
        (),
    ),
    ("utf-16 little end", mail("Content-Type: text/plain; charset=utf-16", "Hello".encode("utf-16-le")), "Hello", ()),
    (
        "overlong utf-8",
        mail("Content-Type: text/plain; charset=utf-8", b"a\xc0\xafb"),
        "aÀ¯b",
        ("charset-mismatch",),
    ),
    ("iso-2022-jp", mail("Content-Type: text/plain; charset=iso-2022-jp", "見積".encode("iso2022_jp")), "見積", ()),
    ("nul", mail("X: y", "a\0b"), "ab", ()),
    ("gb2312 is read as its superset", mail("Content-Type: text/plain; charset=gb2312", "镕".encode("gbk")), "镕", ()),
    ("base64 cut short", mail("Content-Transfer-Encoding: base64", "aGVsbG8gd29ybA"), "hello worl", ()),
    (
        "format=flowed",
        mail("Content-Type: text/plain; format=flowed", "one \ntwo\n> three \n> four\n From here\n"),
        "one two\n> three four\nFrom here",
        (),
    ),
    (
        "delsp",
        mail("Content-Type: text/plain; format=flowed; delsp=yes", "日本 \n語\n-- \nAnn\n"),
        "日本語\n-- \nAnn",
        (),
    ),
    ("no boundary", mail("Content-Type: multipart/mixed", "plain enough"), "plain enough", ("no-boundary",)),
    (
        "boundary not there",
        mail("Content-Type: multipart/mixed; boundary=x", "plain enough"),
        "plain enough",
        ("boundary-not-found",),
    ),
    (
        "multipart not closed",
        mail("Content-Type: multipart/mixed; boundary=x", "--x\n\nhello"),
        "hello",
        ("unclosed-multipart",),
    ),
    ("type that is none", mail("Content-Type: text", "hello"), "hello", ("bad-content-type",)),
    ("unknown encoding", mail("Content-Transfer-Encoding: x-uue", "hello"), "hello", ("unknown-encoding",)),
    ("html only", mail("Content-Type: text/html", "<p>One</p><p>Two</p>"), "One\n\nTwo", ()),
    (
        "empty alternative gives way to html",
        mail(
            "Content-Type: multipart/alternative; boundary=x",
            "--x\n\n\n--x\nContent-Type: text/html\n\n<p>Hi</p>\n--x--\n",
        ),
        "Hi",
        (),
    ),
    (
        "boundary that begins like another",
        mail(
            "Content-Type: multipart/mixed; boundary=x",
            "--x\nContent-Type: multipart/mixed; boundary=xy\n\n--xy\n\none\n--xy--\n--x\n\ntwo\n--x--\n",
        ),
        "one\n\ntwo",
        (),
    ),
    (
        "a footer of a list stays with the letter",
        mail(
            "Content-Type: multipart/mixed; boundary=x",
            "--x\n\nletter\n--x\nContent-Disposition: inline\n\nfooter\n--x--\n",
        ),
        "letter\n\nfooter",
        (),
    ),
]


@pytest.mark.parametrize(("raw", "text", "defects"), [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS])
def test_the_letter_is_read_as_its_writer_meant_it(raw: bytes, text: str, defects: tuple[str, ...]) -> None:
    message = parse(raw)

    assert message.text.strip("\n") == text
    assert message.defects == defects


def test_html_only_says_so() -> None:
    assert parse(mail("Content-Type: text/html", "<b>x</b>")).html_only


def test_a_forwarded_mail_is_one_attachment_and_its_text_is_not_the_letters() -> None:
    inner = "From: eve@example.net\nSubject: inner\n\nsecret words\n"
    raw = mail(
        "Subject: outer\nContent-Type: multipart/mixed; boundary=x",
        f"--x\n\nsee below\n--x\nContent-Type: message/rfc822\n\n{inner}\n--x--\n",
    )

    message = parse(raw)

    assert message.text == "see below"
    assert [part.content_type for part in message.attachments] == ["message/rfc822"]
    assert message.subject == "outer"


@pytest.mark.parametrize("kind", ["message/rfc822", "message/partial; id=x; number=1", "message/external-body"])
def test_a_message_type_at_the_top_is_one_leaf_never_opened(kind: str) -> None:
    message = parse(mail(f"Content-Type: {kind}", "From: eve@example.net\n\nsecret"))

    assert message.text == ""
    assert len(message.parts) == 1
    assert message.author is not None
    assert message.author.key == "ann@example.org"


def test_parts_that_begin_alike_each_keep_their_defects_and_what_stands_around_them() -> None:
    shared = b"Content-Type: no type\n\nHello\n"
    mixed = b"Content-Type: multipart/mixed; boundary=b\n\n--b\n" + shared + b"--b--\n"
    digest = mixed.replace(b"mixed", b"digest")

    read = [parse(mixed), parse(digest), parse(mixed)]

    assert [each.parts[0].content_type for each in read] == ["text/plain", "message/rfc822", "text/plain"]
    assert [each.defects for each in read] == [("bad-content-type",)] * 3


def test_a_mail_without_headers_says_so_and_is_text() -> None:
    message = parse(b"\nhello")

    assert message.defects == ("no-headers",)
    assert message.text.strip() == "hello"


def test_a_line_that_is_no_field_hides_none_below_it() -> None:
    message = parse(b"From: ann@example.org\nthis is no field\nAuto-Submitted: auto-replied\n\nx")

    assert message.first("auto-submitted") == "auto-replied"
    assert message.defects == ("malformed-header-line",)


def test_the_separator_of_an_mbox_is_no_defect() -> None:
    assert parse(b"From ann@example.org Tue Mar  3 16:05:06 2026\nFrom: ann@example.org\n\nx").defects == ()


def test_eight_bit_headers_are_read_and_noted() -> None:
    message = parse("From: ann@example.org\nSubject: Grüße\n\n".encode("latin-1"))

    assert message.subject == "Grüße"
    assert "eight-bit-header" in message.defects


WORDS = [
    ("=?utf-8?Q?a_b?=", "a b"),
    ("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
    ("=?utf-8?Q?a?= x =?utf-8?Q?b?=", "a x b"),
    ("=?utf-8?B?w7?= =?utf-8?B?tg==?=", "ö"),
    ("=?utf-8?Q?=C3?= =?utf-8?Q?=A9?=", "é"),
    ("=?iso-8859-1?Q?=E9?= =?utf-8?Q?=C3=A9?=", "éé"),
    ("=?utf-8*de?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
    ("x=?utf-8?Q?a?=y", "xay"),
    ("=?utf-8?Q?Hello World?=", "Hello World"),
    ("=?utf-8?X?abc?=", "=?utf-8?X?abc?="),
    ("=?utf-8?Q?abc", "=?utf-8?Q?abc"),
    ("=?nonsense?Q?abc?=", "abc"),
    ("=?utf-7?Q?+ADw-?=", "+ADw-"),
]


@pytest.mark.parametrize(("written", "read"), WORDS, ids=[row[0] for row in WORDS])
def test_encoded_words_are_decoded_also_broken_ones(written: str, read: str) -> None:
    assert decode_words(written) == read


def test_a_subject_with_line_ends_in_an_encoded_word_is_one_line() -> None:
    message = parse(mail("Subject: =?utf-8?Q?a=0D=0ABcc:_eve@example.net=E2=80=AEx?="))

    assert message.subject == "a Bcc: eve@example.netx"


PARAMETERS = [
    ("text/plain; charset=utf-8", {"charset": "utf-8"}),
    ('x/y; name="a;b\\"c"', {"name": 'a;b"c'}),
    ("x/y; name=one two.pdf", {"name": "one two.pdf"}),
    ("x/y; name*=utf-8''Gr%C3%BC%C3%9Fe.pdf", {"name": "Grüße.pdf"}),
    ("x/y; name*0*=utf-8'de'Gr%C3; name*1*=%BC; name*2=\".pdf\"", {"name": "Grü.pdf"}),
    ("x/y; name*1=b; name*0=a", {"name": "ab"}),
    ("x/y; name=plain; name*=utf-8''better", {"name": "better"}),
    ("x/y; NAME=a; name=b", {"name": "a"}),
    ('x/y; name="never closed', {"name": "never closed"}),
    ("x/y; name*99999=a", {}),
    ("x/y;;;=;name", {}),
]


@pytest.mark.parametrize(("value", "found"), PARAMETERS, ids=[row[0] for row in PARAMETERS])
def test_parameters_are_read_as_rfc_2231_says_or_as_writers_do(value: str, found: dict[str, str]) -> None:
    assert {name: text for name, text in parameters(value).items() if text} == found


FILENAMES = [
    ("../../etc/passwd", "passwd"),
    ("C:\\Windows\\evil.exe", "evil.exe"),
    ("a\0b.pdf", "a b.pdf"),
    ("invoice\u202efdp.exe", "invoicefdp.exe"),
    ("..", "unnamed"),
    ("=?utf-8?Q?Gr=C3=BC=C3=9Fe.pdf?=", "Grüße.pdf"),
    ("x" * 4096 + ".pdf", "x" * 196 + ".pdf"),
    ("CON", "CON"),
]


@pytest.mark.parametrize(("name", "shown"), FILENAMES, ids=["up", "drive", "nul", "rtl", "dots", "word", "long", "con"])
def test_a_file_name_is_a_string_to_show_and_no_path(name: str, shown: str) -> None:
    assert clean_filename(name[:4096] if len(name) < 4097 else name[-4096:]) == shown


DATES = [
    ("Tue, 03 Mar 2026 16:05:06 +0100", datetime(2026, 3, 3, 15, 5, 6, tzinfo=UTC)),
    ("3 Mar 26 16:05 GMT", datetime(2026, 3, 3, 16, 5, tzinfo=UTC)),
    ("Tue, 3 Mar 2026 16:05:06 -0000 (UTC)", datetime(2026, 3, 3, 16, 5, 6, tzinfo=UTC)),
    ("Tue, 3 Mar 2026 16:05:60 EST", datetime(2026, 3, 3, 21, 5, 59, tzinfo=UTC)),
    ("2026-03-03T16:05:06+01:00", datetime(2026, 3, 3, 15, 5, 6, tzinfo=UTC)),
    ("1 Jan 0000 00:00:00 +0000", None),
    ("31 Dec 9999 23:59:59 -2359", None),
    ("3 Mar 2026 16:05:06 +9999", None),
    ("31 Feb 2026 16:05:06 +0000", None),
    ("3 Foo 2026 16:05:06 +0000", None),
    ("99 Mar 2026 99:99:99 +0000", None),
    ("1 Jan 1900 00:00:00 +0000", None),
    ("yesterday", None),
    ("", None),
]


@pytest.mark.parametrize(("value", "instant"), DATES, ids=[row[0] or "empty" for row in DATES])
def test_a_date_is_an_instant_or_nothing(value: str, instant: datetime | None) -> None:
    assert parse_date(value) == instant


def test_a_date_keeps_the_zone_of_its_writer() -> None:
    found = parse_date("Tue, 03 Mar 2026 16:05:06 +0900")

    assert found is not None
    assert found.utcoffset() == timedelta(hours=9)


IDS = [
    ("<a@b>", ("<a@b>",)),
    ("<a@b> <c@d>\t<a@b>", ("<a@b>", "<c@d>")),
    ("Your mail of Monday <a@b> (Ann)", ("<a@b>",)),
    ("<a b@c>", ()),
    ("<ab>", ()),
    ("a@b", ()),
    ("<ä@b>", ()),
    ("<a@b\n>", ()),
    (f"<{'a' * 247}@b>", ()),
    (f"<{'a' * 246}@b>", (f"<{'a' * 246}@b>",)),
    ("<a@b><c@d>", ("<a@b>", "<c@d>")),
]


@pytest.mark.parametrize(("value", "found"), IDS, ids=[str(number) for number in range(len(IDS))])
def test_only_strict_message_ids_are_taken(value: str, found: tuple[str, ...]) -> None:
    assert message_ids(value) == found


def test_a_bad_message_id_is_dropped_and_noted() -> None:
    message = parse(mail("Message-ID: nonsense"))

    assert message.message_id is None
    assert message.defects == ("bad-message-id",)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"YQ==",
        b"YWI=",
        b"YWJj",
        b"YWJjZA",
        b"Y W\nJj!",
        b"YWI=junk",
        b"====",
        b"Y",
        *(base64.encodebytes(bytes(size)) for size in (57, 114, 115, 171, 1_000)),
        base64.encodebytes(bytes(300)).replace(b"\n", b"\r\n"),
        base64.encodebytes(bytes(300)).rstrip(),
        b"YWJj\n\nYWJj\nYW",
        b"\n\n\nYWJj",
    ],
)
def test_the_size_of_base64_is_counted_as_it_would_be_decoded(raw: bytes) -> None:
    assert base64_size(raw) == len(base64_octets(raw))


def test_the_method_of_a_calendar_part_is_kept() -> None:
    raw = mail("Content-Type: text/calendar; method=REQUEST; charset=utf-8", "BEGIN:VCALENDAR\n")

    assert parse(raw).parts[0].method == "request"


def check(message: Message) -> None:
    """Every string in a message can be encoded and holds no NUL."""
    for text in (message.text, message.subject, message.content_type, *message.defects, *message.references):
        text.encode()
        assert "\0" not in text
    for name, value in message.headers:
        assert "\0" not in name + value
        (name + value).encode()
    for one in (*message.from_, *message.to):
        f"{one.name}{one.spec}{one.key}".encode()
    for part in message.parts:
        f"{part.filename}{part.charset}{part.content_id}{part.method}{part.disposition}".encode()
    assert (message.date is None) or message.date.utcoffset() is not None


@settings(max_examples=200)
@given(st.binary(max_size=400))
def test_no_octets_whatever_make_it_raise(raw: bytes) -> None:
    check(parse(raw))


_SHARDS = st.sampled_from(
    [b"From: ", b"To: ", b"Subject: ", b"Date: ", b"Content-Type: ", b"multipart/mixed; boundary=b", b"text/html",
     b"multipart/alternative; boundary=", b'"b"', b"--b", b"--b--", b"\n", b"\r\n", b"\r", b"\n\n",
     b"; charset=utf-16", b"; charset=utf-7",
     b"Content-Transfer-Encoding: ", b"base64", b"quoted-printable", b"=?utf-8?B?", b"?=", b"=", b"<",
     b">", b"@", b"ann@example.org", b",", b"(", b")", b'"', b"\\", b"\0",
     b"\xff", b"\xed\xa0\x80", b" ", b"*0*=", b"'",
     b"Content-Disposition: attachment; filename", b"message/rfc822", b"format=flowed", b"&#xD800;", b"3 Mar 2026 9:00"]
)  # fmt: skip


@settings(max_examples=200)
@given(st.lists(_SHARDS | st.binary(max_size=3), max_size=60))
def test_no_heap_of_shards_of_mail_makes_it_raise(shards: list[bytes]) -> None:
    check(parse(b"".join(shards)))
