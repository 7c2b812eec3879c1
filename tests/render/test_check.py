"""The last look: each single deviation in the finished bytes stops the mail."""

from __future__ import annotations

from dataclasses import replace
from email import message_from_bytes
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inboxcrm.domain.address import address
from inboxcrm.domain.outbox import Draft
from inboxcrm.errors import InternalError
from inboxcrm.render import UnsafeMailError
from inboxcrm.render.check import Expected, check
from tests.render.conftest import drafted, written

GOOD = drafted()
EXPECTED = Expected(author="ann@example.org", recipient="bob@example.com", auto_submitted="auto-replied")


def changed(before: bytes, after: bytes) -> Draft:
    assert before in GOOD.raw
    return replace(GOOD, raw=GOOD.raw.replace(before, after, 1))


def test_a_good_mail_passes_unchanged() -> None:
    assert check(GOOD, EXPECTED) is GOOD


def test_our_fault_is_an_internal_error() -> None:
    assert issubclass(UnsafeMailError, InternalError)


@pytest.mark.parametrize(
    "draft",
    [
        changed(b"\r\nSubject:", b"\r\nBcc: eve@example.net\r\nSubject:"),
        changed(b"\r\nSubject:", b"\r\nCc: eve@example.net\r\nSubject:"),
        changed(b"\r\nSubject:", b"\r\nReply-To: eve@example.net\r\nSubject:"),
        changed(b"\r\nSubject:", b"\r\nDisposition-Notification-To: eve@example.net\r\nSubject:"),
        changed(b"\r\nSubject:", b"\r\nList-Id: <x.example.org>\r\nSubject:"),
        changed(b"\r\nSubject:", b"\r\nPrecedence: bulk\r\nSubject:"),
        changed(b"\r\nSubject:", b"\r\nSubject: two\r\nSubject:"),
        changed(b"\r\nSubject:", b"\r\nto: eve@example.net\r\nSubject:"),
        changed(b"<bob@example.com>", b"<bob@example.com>, eve@example.net"),
        changed(b"<bob@example.com>", b"<eve@example.net>"),
        changed(b"To: Bob Builder <bob@example.com>", b"To: all: bob@example.com, eve@example.net;"),
        changed(b"Ann Example <ann@example.org>", b"Ann Example <eve@example.net>"),
        changed(b"Auto-Submitted: auto-replied", b"Auto-Submitted: no"),
        changed(b"Auto-Submitted: auto-replied\r\n", b""),
        changed(b"X-Auto-Response-Suppress: All", b"X-Auto-Response-Suppress: None"),
        changed(b"Date:", b"X-Date:"),
        changed(b"The roof", b"The roof\nBcc: eve@example.net"),
        changed(b"The roof", b"The roof\rBcc: eve@example.net"),
        changed(b"The roof", b"The r\x00of"),
        changed(b"The roof", "The ruf \u00fc".encode()),
        changed(b"The roof", b"=?utf-8?b?4oCuZm9vcg==?="),
        changed(b"The roof", b"The floor"),
        changed(b"The roof", b"The roof\r\n\tfolded by a tab"),
        changed(b"The roof", b"x" * 1_000),
        changed(b"text/plain", b"text/html"),
        changed(b"charset=utf-8", b"charset=utf-7"),
        changed(b"text/plain; charset=utf-8", b"multipart/mixed; boundary=x"),
        changed(b"quoted-printable", b"base64"),
        changed(b"Hello Bob", b"Hello Eve"),
        changed(b"\r\n\r\n", b"\r\nnot a field\r\n\r\n"),
        changed(b"\r\n\r\n", b"\r\n"),
        replace(GOOD, envelope_from="eve@example.net"),
        replace(GOOD, recipient="eve@example.net"),
        replace(GOOD, message_id="<other@example.org>"),
        replace(GOOD, subject="other"),
        replace(GOOD, text="other"),
        replace(GOOD, raw=GOOD.raw.split(b"\r\n\r\n")[0]),
        replace(GOOD, raw=b""),
    ],
    ids=lambda draft: f"{len(draft.raw)}",
)
def test_a_deviation_stops_the_mail_without_quoting_it(draft: Draft) -> None:
    with pytest.raises(UnsafeMailError) as stopped:
        check(draft, EXPECTED)

    assert "eve" not in str(stopped.value)
    assert "bob" not in str(stopped.value)


def test_a_mark_of_a_machine_on_a_persons_mail_is_a_deviation() -> None:
    letter = written()
    marked = replace(letter, raw=letter.raw.replace(b"MIME-Version", b"Auto-Submitted: auto-replied\r\nMIME-Version"))
    expected = Expected(author="ann@example.net", recipient="bob@example.com", auto_submitted=None)

    assert check(letter, expected) is letter
    with pytest.raises(UnsafeMailError, match="a field that may not be there"):
        check(marked, expected)


def test_only_the_recipients_own_address_may_be_beyond_ascii() -> None:
    jorg = drafted(to=address("Jörg", "jörg@client.example"), smtputf8=True)
    expected = replace(EXPECTED, recipient="jörg@client.example")

    def bent(before: str, after: str) -> Draft:
        assert before.encode() in jorg.raw
        return replace(jorg, raw=jorg.raw.replace(before.encode(), after.encode(), 1))

    assert check(jorg, expected) is jorg
    for draft in (
        bent("<jörg@client.example>", "<jorg@client.example>"),
        bent("<jörg@client.example>", "<jörg@client.example>, eve@example.net"),
        bent("<jörg@client.example>", "Ü <jörg@client.example>"),
        bent("\r\nSubject: ", "\r\nSubject: ü"),
        bent("From: ", "From: ü "),
    ):
        with pytest.raises(UnsafeMailError):
            check(draft, expected)


@given(
    name=st.text(max_size=30),
    subject=st.text(max_size=80),
    bent=st.sampled_from(("From: ", "To: ", "Subject: ", "Date: ", "References: ", "\r\n", " <", "@", ">")),
    by=st.text(st.sampled_from('\r\n\t"\\<>(),:;@=?.a \x0b\x85ü'), max_size=4),
)
def test_what_passes_reads_the_same_to_the_parser_of_the_standard_library(
    name: str, subject: str, bent: str, by: str
) -> None:
    draft = drafted(to=address(name, "bob@example.com"), original_subject=subject)
    draft = replace(draft, raw=draft.raw.replace(bent.encode(), (bent + by).encode(), 1))

    try:
        check(draft, EXPECTED)
    except UnsafeMailError:
        return

    message = message_from_bytes(draft.raw)
    lines = [line for line in draft.raw.partition(b"\r\n\r\n")[0].split(b"\r\n") if not line.startswith(b" ")]
    assert not message.defects
    assert message.keys() == [line.partition(b":")[0].decode() for line in lines]
    assert [spec for _, spec in getaddresses([message["To"].replace("\r\n", "")])] == ["bob@example.com"]
    assert [spec for _, spec in getaddresses([message["From"].replace("\r\n", "")])] == ["ann@example.org"]
    assert (message.get_content_type(), message.get_content_charset()) == ("text/plain", "utf-8")
