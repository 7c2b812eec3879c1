"""What is heard while a connection waits in IDLE, and how the waiting ends."""

from __future__ import annotations

import time

import pytest

from inboxcrm.imap.errors import (
    CommandRefusedError,
    CommandTimeoutError,
    ConnectionLostError,
)
from inboxcrm.imap.opening import Limits
from tests.imap.scripted import Talk, connected, idle


def test_the_end_of_the_stream_in_idle_is_an_error_and_no_endless_loop() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.send(b"+ idling\r\n")

    with connected(conversation) as connection, pytest.raises(ConnectionLostError, match="closed"):
        idle(connection, 5)


def test_news_glued_to_the_continuation_is_reported_at_once() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        tag = talk.tag
        talk.send(b"+ idling\r\n* 4 EXISTS\r\n")
        talk.line()
        talk.send(tag + b" OK done\r\n")

    with connected(conversation) as connection:
        news = idle(connection, 3600)

    assert news.exists


def test_a_line_cut_in_two_segments_is_put_together() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.send(b"+ idl")
        time.sleep(0.05)
        talk.send(b"ing\r\n* 3 FETCH (FLAGS (\\Se")
        time.sleep(0.05)
        talk.send(b"en))\r\n")
        talk.line()
        talk.answer()

    with connected(conversation) as connection:
        news = idle(connection, 5)

    assert news.changes
    assert not news.exists


def test_untagged_lines_before_the_continuation_are_collected() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.send(b"* OK Still here\r\n* 7 EXISTS\r\n+ idling\r\n")
        talk.line()
        talk.answer()

    with connected(conversation) as connection:
        assert idle(connection, 5).exists


@pytest.mark.parametrize("refusal", [b"NO not now", b"BAD what", b"OK already over"], ids=["no", "bad", "ok-at-once"])
def test_a_server_that_will_not_idle_is_a_refusal_and_the_connection_lives(refusal: bytes) -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.answer(end=refusal)
        talk.line()
        talk.answer(b"* SEARCH 1")

    with connected(conversation) as connection:
        with pytest.raises(CommandRefusedError, match="IDLE"):
            idle(connection, 5)
        assert connection.search_uids(b"ALL") == [1]


def test_a_server_that_never_answers_done_is_dead_within_the_deadline() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.send(b"+ idling\r\n")
        talk.line()
        talk.line()

    with connected(conversation, limits=Limits(done=0.3)) as connection, pytest.raises(CommandTimeoutError):
        idle(connection, 0.05)


def test_a_literal_in_idle_is_read_as_one() -> None:
    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.send(b"+ idling\r\n* 1 FETCH (FLAGS () X {10}\r\n* 9 EXISTS)\r\n")
        talk.line()
        talk.answer()

    with connected(conversation) as connection:
        news = idle(connection, 5)

    assert news.changes
    assert not news.exists
