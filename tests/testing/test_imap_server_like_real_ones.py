"""What our IMAP server answers is what Dovecot and Cyrus answer."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta, timezone

import pytest
from imapclient import IMAPClient
from imapclient.exceptions import IMAPClientError, LoginError

from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.testing.places import Place, served_in_a_thread

NOON = datetime(2026, 3, 2, 12, 0, 5, tzinfo=timezone(timedelta(hours=1)))
INNER = b"From: carol@example.net\r\nSubject: inner\r\n\r\ninner text\r\n"
LETTER = (
    b"From: Bob Example <bob@example.org>\r\n"
    b"To: Ann <ann@example.org>, dave@example.com\r\n"
    b"Subject: quarterly =?utf-8?q?Gr=C3=B6sse?=\r\n"
    b"Date: Mon, 02 Mar 2026 12:00:00 +0100\r\n"
    b"Message-ID: <one@example.org>\r\n"
    b"X-Folded: first\r\n second\r\n"
    b"MIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="outer"\r\n'
    b"\r\n"
    b"preamble\r\n"
    b"--outer\r\n"
    b'Content-Type: multipart/alternative; boundary="inner"\r\n'
    b"\r\n"
    b"--inner\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"\r\n"
    b"hello\r\nthere\r\n"
    b"--inner\r\n"
    b"Content-Type: text/html\r\n"
    b"\r\n"
    b"<p>hello</p>\r\n"
    b"--inner--\r\n"
    b"--outer\r\n"
    b"Content-Type: message/rfc822\r\n"
    b"\r\n" + INNER + b"\r\n--outer\r\n"
    b'Content-Type: application/pdf; name="bill.pdf"\r\n'
    b'Content-Disposition: attachment; filename="bill.pdf"\r\n'
    b"Content-Transfer-Encoding: base64\r\n"
    b"\r\n"
    b"JVBERi0=\r\n"
    b"--outer--\r\n"
)


def plain(number: int, *, subject: str = "plain") -> bytes:
    return (
        f"From: bob@example.org\r\nTo: ann@example.org\r\nSubject: {subject}\r\n"
        f"Message-ID: <plain{number}@example.org>\r\n\r\nbody {number}\r\n"
    ).encode()


@pytest.fixture(
    params=[
        "ours",
        pytest.param("dovecot", marks=pytest.mark.server),
        pytest.param("cyrus", marks=pytest.mark.server),
    ]
)
def place(request: pytest.FixtureRequest, user: str) -> Iterator[Place]:
    if request.param == "ours":
        with served_in_a_thread() as server:
            server.account(user, "pw")
            yield Place(server.host, server.port, user, "pw")
        return
    real: Dovecot | Cyrus = request.getfixturevalue(request.param)
    if isinstance(real, Cyrus):
        real.add_user(user)
    yield Place(real.host, real.port, user, real.password)


@pytest.fixture
def client(place: Place) -> Iterator[IMAPClient]:
    client = place.client()
    yield client
    client.shutdown()


def fill(client: IMAPClient, *letters: bytes) -> None:
    for letter in letters:
        client.append("INBOX", letter, (), NOON)


def test_a_wrong_password_is_refused_by_code(place: Place) -> None:
    client = IMAPClient(place.host, place.port, ssl=False, timeout=60)

    with pytest.raises(LoginError):
        client.login(place.user, "wrong")
    client.shutdown()


def test_the_special_folders_are_marked(client: IMAPClient) -> None:
    marked = {
        name: {flag.lower() for flag in flags} & {b"\\sent", b"\\drafts", b"\\junk", b"\\trash", b"\\archive"}
        for flags, _, name in client.list_folders()
    }

    assert marked == {"INBOX": set(), **{n: {f"\\{n.lower()}".encode()} for n in marked if n != "INBOX"}}
    assert {"Sent", "Drafts", "Junk", "Trash", "Archive"} <= set(marked)


def test_what_the_daemon_uses_is_offered(client: IMAPClient) -> None:
    wanted = {b"IDLE", b"UIDPLUS", b"MOVE", b"CONDSTORE", b"QRESYNC", b"SPECIAL-USE", b"ENABLE", b"NAMESPACE", b"ID"}

    assert wanted <= set(client.capabilities())


def test_an_appended_mail_keeps_its_time_flags_and_octets(client: IMAPClient) -> None:
    answer = client.append("Sent", LETTER, [b"\\Seen", b"$Label"], NOON)

    uid_validity, uid = (int(number) for number in re.findall(rb"\d+", answer)[:2])
    opened = client.select_folder("Sent", readonly=True)
    [(found, items)] = client.fetch([uid], ["FLAGS", "INTERNALDATE", "RFC822.SIZE", "BODY.PEEK[]"]).items()
    assert opened[b"UIDVALIDITY"] == uid_validity
    assert opened[b"UIDNEXT"] == uid + 1
    assert opened[b"EXISTS"] == 1
    assert found == uid
    assert set(items[b"FLAGS"]) - {b"\\Recent"} == {b"\\Seen", b"$Label"}
    assert items[b"INTERNALDATE"] == NOON
    assert items[b"RFC822.SIZE"] == len(LETTER)
    assert items[b"BODY[]"] == LETTER


HEADER, _, TEXT = LETTER.partition(b"\r\n\r\n")
SECTIONS = {
    "BODY.PEEK[HEADER]": HEADER + b"\r\n\r\n",
    "BODY.PEEK[TEXT]": TEXT,
    "BODY.PEEK[1]": LETTER[LETTER.index(b"--inner\r\n") : LETTER.index(b"--outer\r\nContent-Type: message")],
    "BODY.PEEK[1.1]": b"hello\r\nthere",
    "BODY.PEEK[1.2]": b"<p>hello</p>",
    "BODY.PEEK[1.1.MIME]": b"Content-Type: text/plain; charset=utf-8\r\n\r\n",
    "BODY.PEEK[2]": INNER,
    "BODY.PEEK[2.HEADER]": b"From: carol@example.net\r\nSubject: inner\r\n\r\n",
    "BODY.PEEK[2.TEXT]": b"inner text\r\n",
    "BODY.PEEK[2.1]": b"inner text\r\n",
    "BODY.PEEK[3]": b"JVBERi0=",
    "BODY.PEEK[HEADER.FIELDS (SUBJECT X-FOLDED NOT-THERE)]": (
        b"Subject: quarterly =?utf-8?q?Gr=C3=B6sse?=\r\nX-Folded: first\r\n second\r\n\r\n"
    ),
    "BODY.PEEK[HEADER.FIELDS.NOT (FROM TO SUBJECT DATE MESSAGE-ID X-FOLDED CONTENT-TYPE)]": (
        b"MIME-Version: 1.0\r\n\r\n"
    ),
}


@pytest.mark.parametrize("section", SECTIONS, ids=str)
def test_a_section_holds_these_octets(client: IMAPClient, section: str) -> None:
    fill(client, LETTER)
    client.select_folder("INBOX", readonly=True)

    [items] = client.fetch([1], [section]).values()

    assert items[section.replace(".PEEK", "").encode()] == SECTIONS[section]


def test_a_partial_fetch_names_where_it_starts(client: IMAPClient) -> None:
    fill(client, LETTER)
    client.select_folder("INBOX", readonly=True)

    [items] = client.fetch([1], ["BODY.PEEK[TEXT]<3.5>", "BODY.PEEK[]<100000.5>"]).values()

    assert items[b"BODY[TEXT]<3>"] == TEXT[3:8]
    assert items[b"BODY[]<100000>"] == b""


def test_the_envelope_and_the_structure_are_described(client: IMAPClient) -> None:
    fill(client, LETTER)
    client.select_folder("INBOX", readonly=True)

    [items] = client.fetch([1], ["ENVELOPE", "BODYSTRUCTURE"]).values()

    envelope = items[b"ENVELOPE"]
    assert envelope.message_id == b"<one@example.org>"
    assert envelope.subject == b"quarterly =?utf-8?q?Gr=C3=B6sse?="
    assert [str(address) for address in envelope.from_] == ["Bob Example <bob@example.org>"]
    assert [str(address) for address in envelope.to] == ["Ann <ann@example.org>", "dave@example.com"]
    assert envelope.sender == envelope.reply_to == envelope.from_
    assert envelope.cc is envelope.in_reply_to is None
    parts, subtype, *_ = items[b"BODYSTRUCTURE"]
    assert subtype.lower() == b"mixed"
    assert [part[1].lower() for part in parts[0][0]] == [b"plain", b"html"]
    assert parts[0][0][0][6:8] == (len(b"hello\r\nthere"), 1)
    assert parts[1][1].lower() == b"rfc822"
    assert (parts[2][1].lower(), parts[2][5].lower(), parts[2][6]) == (b"pdf", b"base64", 8)
    assert parts[2][8][0].lower() == b"attachment"


SEARCHES = [
    pytest.param(["ALL"], [1, 2, 3], id="all"),
    pytest.param(["UID", "2:*"], [2, 3], id="uid range"),
    pytest.param(["UID", "99:*"], [3], id="n:* holds the last"),
    pytest.param(["HEADER", "Message-ID", "<one@example.org>"], [1], id="message-id"),
    pytest.param(["SUBJECT", "PLAIN"], [2, 3], id="subject without case"),
    pytest.param(["NOT", "SUBJECT", "plain"], [1], id="not"),
    pytest.param(["OR", ["UID", "1"], ["UID", "3"]], [1, 3], id="or"),
    pytest.param(["UNSEEN"], [1, 3], id="unseen"),
    pytest.param(["SEEN"], [2], id="seen"),
    pytest.param(["SINCE", "02-Mar-2026", "BEFORE", "03-Mar-2026"], [1, 2, 3], id="since and before"),
    pytest.param(["SINCE", "04-Mar-2026"], [], id="since, none"),
    pytest.param(["LARGER", "300"], [1], id="larger"),
    pytest.param(["BODY", "body 3"], [3], id="body"),
]


@pytest.mark.parametrize(("criteria", "uids"), SEARCHES)
def test_a_search_finds_these(client: IMAPClient, criteria: list[object], uids: list[int]) -> None:
    fill(client, LETTER, plain(2), plain(3))
    client.select_folder("INBOX")
    client.add_flags([2], [b"\\Seen"], silent=True)

    assert sorted(client.search(criteria)) == uids


def test_peeking_and_examining_leave_a_mail_unseen_and_nothing_else_does(client: IMAPClient) -> None:
    fill(client, plain(1))

    client.select_folder("INBOX", readonly=True)
    client.fetch([1], ["BODY[]"])
    client.select_folder("INBOX")
    client.fetch([1], ["BODY.PEEK[]"])
    untouched = set(client.get_flags([1])[1]) - {b"\\Recent"}
    client.fetch([1], ["BODY[]"])

    assert untouched == set()
    assert b"\\Seen" in client.get_flags([1])[1]


def test_an_examined_folder_takes_no_flags(client: IMAPClient) -> None:
    fill(client, plain(1))
    client.select_folder("INBOX", readonly=True)

    # Dovecot says OK and ignores it, the others say NO.
    with suppress(IMAPClientError):
        client.add_flags([1], [b"\\Seen"])

    assert b"\\Seen" not in client.get_flags([1])[1]


def test_a_folder_that_is_not_there_is_named_by_code(client: IMAPClient) -> None:
    with pytest.raises(IMAPClientError, match=r"(?i)NONEXISTENT|does(n't| not) exist"):
        client.select_folder("Nowhere", readonly=True)

    with pytest.raises(IMAPClientError, match="TRYCREATE"):
        client.append("Nowhere", plain(1))


def test_an_idle_client_is_told_of_mail_flags_and_removals(place: Place, client: IMAPClient) -> None:
    fill(client, plain(1), plain(2))
    other = place.client()
    other.select_folder("INBOX")
    client.select_folder("INBOX", readonly=True)
    client.idle()

    fill(other, plain(3))
    told_of_mail = _until(client, b"EXISTS")
    other.add_flags([1], [b"\\Flagged"])
    told_of_flags = _until(client, b"FETCH")
    other.delete_messages([2])
    other.expunge()
    told_of_removal = _until(client, b"EXPUNGE")
    client.idle_done()
    other.shutdown()

    assert told_of_mail[:2] == (3, b"EXISTS")
    assert told_of_flags[0] == 1
    assert told_of_removal[:2] == (2, b"EXPUNGE")
    assert client.search(["ALL"]) == [1, 3]


def _until(client: IMAPClient, kind: bytes) -> tuple[object, ...]:
    for _ in range(10):
        for response in client.idle_check(timeout=2):
            if kind in response:
                return tuple(response)
    raise AssertionError(f"never told {kind!r}")


def test_only_what_changed_since_is_told(place: Place, client: IMAPClient) -> None:
    fill(client, plain(1), plain(2), plain(3))
    client.enable("QRESYNC")
    before = client.select_folder("INBOX")
    other = place.client()
    other.select_folder("INBOX")
    other.add_flags([1], [b"\\Flagged"])
    other.delete_messages([2])
    other.expunge()
    other.shutdown()
    client.noop()

    changed = client.fetch([1, 2, 3], ["FLAGS"], [f"CHANGEDSINCE {before[b'HIGHESTMODSEQ']}"])

    assert [*changed] == [1]
    assert changed[1][b"MODSEQ"][0] > before[b"HIGHESTMODSEQ"]


def test_reopening_with_a_mod_sequence_tells_what_vanished_and_changed(place: Place, client: IMAPClient) -> None:
    fill(client, plain(1), plain(2), plain(3), plain(4))
    client.enable("CONDSTORE")
    before = client.select_folder("INBOX")
    client.add_flags([4], [b"\\Flagged"])
    client.delete_messages([1, 2])
    client.expunge()
    again = place.client()
    again.enable("QRESYNC")

    point = f"(QRESYNC ({before[b'UIDVALIDITY']} {before[b'HIGHESTMODSEQ']}))"
    kind, _ = again._imap._simple_command("EXAMINE", "INBOX", point)

    told = again._imap.untagged_responses
    again.shutdown()
    assert kind == "OK"
    assert told["VANISHED"] == [b"(EARLIER) 1:2"]
    assert [b"UID 4" in line and b"\\Flagged" in line for line in told["FETCH"]] == [True]


def test_status_tells_what_selecting_would(client: IMAPClient) -> None:
    fill(client, plain(1), plain(2))

    status = client.folder_status("INBOX", ["MESSAGES", "UIDNEXT", "UIDVALIDITY", "UNSEEN", "HIGHESTMODSEQ"])

    opened = client.select_folder("INBOX", readonly=True)
    assert (status[b"MESSAGES"], status[b"UNSEEN"]) == (2, 2)
    for key in (b"UIDNEXT", b"UIDVALIDITY", b"HIGHESTMODSEQ"):
        assert status[key] == opened[key]


def test_a_moved_mail_is_gone_here_and_whole_there(client: IMAPClient) -> None:
    fill(client, plain(1), plain(2))
    client.select_folder("INBOX")

    client.copy([1], "Archive")
    client.move([1], "Archive")

    assert client.search(["ALL"]) == [2]
    client.select_folder("Archive", readonly=True)
    items = client.fetch([1, 2], ["BODY.PEEK[]", "INTERNALDATE"])
    assert [item[b"BODY[]"] for item in items.values()] == [plain(1), plain(1)]
    assert [item[b"INTERNALDATE"] for item in items.values()] == [NOON, NOON]


def test_only_the_named_uids_are_expunged(client: IMAPClient) -> None:
    fill(client, plain(1), plain(2), plain(3))
    client.select_folder("INBOX")
    client.delete_messages([1, 3])

    client.uid_expunge([3])

    assert client.search(["ALL"]) == [1, 2]


def test_what_another_client_does_is_told_at_the_next_command(place: Place, client: IMAPClient) -> None:
    fill(client, plain(1))
    client.select_folder("INBOX", readonly=True)
    other = place.client()
    fill(other, plain(2))
    other.shutdown()

    _, told = client.noop()

    assert (2, b"EXISTS") in told


def test_folder_names_beyond_ascii_are_found_again(client: IMAPClient) -> None:
    client.create_folder("Entwürfe & Größe")

    assert "Entwürfe & Größe" in [name for _, _, name in client.list_folders()]
    client.append("Entwürfe & Größe", plain(1), (), datetime(2026, 3, 2, tzinfo=UTC))
    assert client.select_folder("Entwürfe & Größe", readonly=True)[b"EXISTS"] == 1
