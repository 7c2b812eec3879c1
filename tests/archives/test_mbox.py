"""mbox files: read in all dialects, written so that every octet comes back."""

from __future__ import annotations

import io
import mailbox
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from inboxcrm.archives import mbox
from inboxcrm.archives.find import find
from inboxcrm.archives.found import Found
from inboxcrm.archives.mbox import Form
from inboxcrm.spool import IN_MEMORY, Spool

AT = datetime(2026, 3, 3, 16, 0, 5, tzinfo=UTC)
HEAD = b"From: bob@client.example\nSubject: x\n"
UGLY = st.lists(
    st.sampled_from(
        [
            b"From ",
            b">From ",
            b">>From bob@client.example Tue Mar  3 16:00:05 2026\n",
            b"From bob@client.example Tue Mar  3 16:00:05 2026\n",
            b"Content-Length: 4\n",
            b"content-length: 17\r\n",
            b"X-Gmail-Labels",
            b"\n",
            b"\r\n",
            b"\r",
            b"\n\n",
            b"\0",
            b"\xff\xfe",
            b"From: bob@client.example\n",
            b"text",
            b"x" * (mbox.LONGEST_LINE - 1),
        ]
    )
    | st.binary(max_size=8),
    min_size=1,
    max_size=12,
).map(b"".join)


def laid(*raws: bytes) -> bytes:
    return b"".join(mbox.laid(raw, sender="bob@client.example", received_at=AT) for raw in raws)


def read(octets: bytes, *, form: Form = Form.AUTO, measured: bool = True) -> list[bytes]:
    entries = mbox.split(io.BytesIO(octets), form=form, measured=measured)
    return [_octets(entry.raw) for entry in entries]


def _octets(raw: bytes | Spool) -> bytes:
    return raw if isinstance(raw, bytes) else b"".join(raw.pieces())


@given(st.lists(UGLY, min_size=1, max_size=4), st.booleans())
@example([b"From a@b.example Tue Mar  3 16:00:05 2026\n\nFrom \n"], True)
@example([b"A: b\r\n\r\nno end", b"A: b\n\n\n\n\n", b"\r"], True)
@example([b"Content-Length: 5\n\nabc\n"], True)
@settings(max_examples=100)
def test_what_was_laid_is_read_to_the_octet(raws: list[bytes], measured: bool) -> None:
    assert read(laid(*raws), measured=measured) == raws


@given(st.lists(UGLY, min_size=2, max_size=4), st.data())
@settings(max_examples=30)
def test_reading_goes_on_at_the_place_where_a_mail_ended(raws: list[bytes], data: st.DataObject) -> None:
    octets = laid(*raws)
    entries = list(mbox.split(io.BytesIO(octets)))
    passed = data.draw(st.integers(1, len(entries)))

    handle = io.BytesIO(octets)
    handle.seek(entries[passed - 1].ends)
    rest = [_octets(entry.raw) for entry in mbox.split(handle, start=handle.tell())]

    assert rest == raws[passed:]


def test_another_program_reads_what_was_laid(tmp_path: Path) -> None:
    raws = [HEAD + b"\nDear Ann,\nFrom here it is easy.\n", HEAD + b"\nno end"]
    (tmp_path / "out.mbox").write_bytes(laid(*raws))

    theirs = mailbox.mbox(tmp_path / "out.mbox")

    assert [mail.get_payload() for mail in theirs] == ["Dear Ann,\n>From here it is easy.\n", "no end\n"]


BODY = b"Dear Ann,\n\nFrom bob@client.example Mon Mar  2 10:00:00 2026\nis quoted by nobody.\n"
QUOTED = BODY.replace(b"From bob", b">From bob")
FROM = b"From bob@client.example Mon Mar  2 10:00:00 2026\n"
DIALECTS = {
    "mboxrd": (FROM + HEAD + b"\n" + QUOTED + b">>From \n\n", Form.AUTO, HEAD + b"\n" + BODY + b">From \n"),
    "mboxo": (FROM + HEAD + b"\n" + QUOTED + b">>From \n\n", Form.O, HEAD + b"\n" + BODY + b">>From \n"),
    "mboxcl": (
        FROM + b"Content-Length: %d\n" % len(QUOTED) + HEAD + b"\n" + QUOTED + b"\n",
        Form.AUTO,
        b"Content-Length: %d\n" % len(QUOTED) + HEAD + b"\n" + BODY,
    ),
    "mboxcl2": (
        FROM + b"Content-Length: %d\n" % len(BODY) + HEAD + b"\n" + BODY + b"\n",
        Form.AUTO,
        b"Content-Length: %d\n" % len(BODY) + HEAD + b"\n" + BODY,
    ),
    "mboxcl2 with a quotation of its own": (
        FROM + b"Content-Length: %d\n" % len(QUOTED) + HEAD + b"\n" + QUOTED + b"\n",
        Form.CL2,
        b"Content-Length: %d\n" % len(QUOTED) + HEAD + b"\n" + QUOTED,
    ),
    "a length that is a lie": (
        FROM + b"Content-Length: 7\n" + HEAD + b"\n" + QUOTED + b"\n",
        Form.AUTO,
        b"Content-Length: 7\n" + HEAD + b"\n" + BODY,
    ),
    "network line ends throughout": (
        (FROM + HEAD + b"\n" + QUOTED + b"\n").replace(b"\n", b"\r\n"),
        Form.AUTO,
        (HEAD + b"\n" + BODY).replace(b"\n", b"\r\n"),
    ),
    "Thunderbird": (b"From - Mon Mar  2 10:00:00 2026\n" + HEAD + b"\ntext\n\n", Form.AUTO, HEAD + b"\ntext\n"),
}


TWO = [HEAD + b"\none\n", HEAD + b"\ntwo\n"]
SENTENCES = HEAD + b"\none\n\nFrom January to December 2025\nit was cold.\n\nFrom Bob on 2 March 2026\n> yes\n"
CARELESS = {
    "no empty line between": (FROM + TWO[0] + FROM + TWO[1], TWO),
    "from lines with a zone, a host and no sender": (
        FROM.replace(b"2026", b"2026 GMT") + TWO[0] + b"\n"
        + FROM.replace(b"2026", b"2026 remote from mx") + TWO[1] + b"\n"
        + FROM.replace(b"bob@client.example", b"") + TWO[0],
        [*TWO, TWO[0]],
    ),
    "from lines without a date": (b"From - \n" + TWO[0] + b"\nFrom - \n" + TWO[1], TWO),
    "sentences that nobody quoted": (FROM + SENTENCES + b"\n" + FROM + TWO[1], [SENTENCES, TWO[1]]),
}  # fmt: skip


@pytest.mark.parametrize("name", CARELESS)
def test_what_careless_programs_write_is_read_mail_by_mail(name: str) -> None:
    octets, mails = CARELESS[name]

    assert mbox.is_mbox(octets.splitlines()[0])
    assert read(octets) == mails


@pytest.mark.parametrize("name", DIALECTS)
def test_every_dialect_is_read(name: str) -> None:
    octets, form, mail = DIALECTS[name]

    assert read(octets + octets, form=form) == [mail, mail]


@pytest.mark.parametrize(
    ("line", "at"),
    [
        pytest.param(b"From a@b.example Tue Mar  3 16:00:05 2026", AT, id="RFC 4155"),
        pytest.param(b"From 17@xxx Tue Mar 03 17:00:05 +0100 2026", AT, id="Takeout"),
        pytest.param(b"From a@b.example Tue Mar  3 12:00:05 2026 -0400", AT, id="offset behind"),
        pytest.param(b"From a@b.example Tue Mar  3 16:00 2026", AT.replace(second=0), id="no seconds"),
        pytest.param(b"From a@b.example Tue Feb 31 16:00:05 2026", None, id="no such day"),
        pytest.param(b"From - 2026", None, id="no date"),
    ],
)
def test_a_from_line_says_when_the_mail_came(line: bytes, at: datetime | None) -> None:
    (entry,) = mbox.split(io.BytesIO(line + b"\n" + HEAD + b"\ntext\n\n"))

    assert entry.received_at == at


def test_the_time_is_laid_in_utc() -> None:
    local = AT.astimezone(timezone(timedelta(hours=9)))

    assert mbox.laid(HEAD, sender="bob@client.example", received_at=local).startswith(
        b"From bob@client.example Tue Mar  3 16:00:05 2026\n"
    )


@pytest.mark.slow
def test_a_large_mail_is_not_held_in_memory(tmp_path: Path) -> None:
    large = HEAD + b"\n" + b"From me to you\n" * (IN_MEMORY // 10)
    path = tmp_path / "large.mbox"
    path.write_bytes(laid(HEAD + b"\nsmall\n", large, HEAD + b"\nlast\n"))

    (source,) = find([path]).sources
    found = list(source.read(0))

    assert [type(each) for each in found] == [Found] * 3
    assert [isinstance(each.raw, Spool) for each in found] == [False, True, False]
    assert _octets(found[1].raw) == large
    assert found[-1].position == source.size == path.stat().st_size


@pytest.mark.slow
def test_a_large_mail_told_by_its_length_is_unquoted_too(tmp_path: Path) -> None:
    quoted = b">From me to you\n" * (IN_MEMORY // 10)
    path = tmp_path / "large.mbox"
    path.write_bytes(FROM + b"Content-Length: %d\n" % len(quoted) + HEAD + b"\n" + quoted + b"\n")

    (found,) = find([path]).sources[0].read(0)

    assert _octets(found.raw).count(b"\nFrom me") == IN_MEMORY // 10
