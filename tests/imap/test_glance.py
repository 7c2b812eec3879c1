"""A single small message that was pushed comes in one round trip; anything else is left to the sync."""

from __future__ import annotations

import asyncio
import time

import pytest

from inboxcrm.imap.connection import Connection
from inboxcrm.imap.errors import ConnectionLostError
from inboxcrm.imap.glance import MOST, Glance
from inboxcrm.ports import Arrival
from tests.imap.scripted import Conversation, Talk, connected

LETTER = b"Subject: hello\r\n\r\nA short letter\r\n"


def body(uid: int, octets: bytes) -> bytes:
    return (
        b"* %d FETCH (UID %d FLAGS (\\Seen) RFC822.SIZE %d " % (uid, uid, len(octets))
        + b'INTERNALDATE "22-Nov-2026 06:00:00 +0000" BODY[]<0> {%d}\r\n' % len(octets)
        + octets
        + b")\r\n"
    )


def look(connection: Connection) -> Arrival | None:
    return asyncio.run(Glance(connection, 7).look(patience=60))


def server(search: bytes, fetched: bytes, *, ends: tuple[bytes, bytes] = (b"OK done", b"OK done")) -> Conversation:
    """Hears both commands before it answers the first: that is what one round trip means."""

    def conversation(talk: Talk) -> None:
        talk.let_in()
        first, second = (talk.line().partition(b" ")[0] for _ in range(2))
        talk.send(search + first + b" " + ends[0] + b"\r\n")
        for part in (fetched[:30], fetched[30:]):
            talk.send(part)
            time.sleep(0.01)
        talk.send(second + b" " + ends[1] + b"\r\n")
        if talk.line().endswith(b"NOOP"):
            talk.answer()

    return conversation


def test_one_small_message_comes_in_one_round_trip_although_it_is_cut_into_segments() -> None:
    with connected(server(b"* SEARCH 7\r\n", body(7, LETTER))) as connection:
        found = look(connection)
        connection.command("NOOP")

    assert found is not None
    assert (found.uid, found.raw, found.flags, found.complete) == (7, LETTER, frozenset({"\\Seen"}), True)
    assert found.received_at.isoformat() == "2026-11-22T06:00:00+00:00"


@pytest.mark.parametrize(
    ("search", "fetched", "ends"),
    [
        (b"* SEARCH 7 8\r\n", body(7, LETTER), (b"OK done", b"OK done")),
        (b"* SEARCH 9\r\n", b"", (b"OK done", b"OK done")),
        (b"* SEARCH 6\r\n", b"", (b"OK done", b"OK done")),
        (b"* SEARCH 7\r\n", body(7, b"x" * MOST), (b"OK done", b"OK done")),
        (b"* SEARCH 7\r\n", b"* 7 FETCH (UID 7 FLAGS ())\r\n", (b"OK done", b"OK done")),
        (b"* SEARCH 7\r\n", body(7, LETTER), (b"OK done", b"NO not now")),
        (b"", b"", (b"BAD what", b"BAD what")),
    ],
    ids=["two are new", "another uid", "only the old one", "it may go on", "no body", "refused", "not understood"],
)
def test_anything_else_is_left_to_the_sync_over_the_same_connection(
    search: bytes, fetched: bytes, ends: tuple[bytes, bytes]
) -> None:
    with connected(server(search, fetched, ends=ends)) as connection:
        assert look(connection) is None
        connection.command("NOOP")


def test_what_is_said_unasked_meanwhile_is_kept_as_news() -> None:
    told = b"* 9 EXISTS\r\n* 3 EXPUNGE\r\n* SEARCH 7\r\n"
    with connected(server(told, body(7, LETTER))) as connection:
        look(connection)

        assert connection.news.exists
        assert connection.news.changes
        connection.command("NOOP")


def test_the_end_of_the_connection_is_told() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()

    with connected(conversation) as connection, pytest.raises(ConnectionLostError):
        look(connection)
