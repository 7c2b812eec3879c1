"""The bytes of one connection."""

from __future__ import annotations

import socket

import pytest

from inboxcrm.imap.waker import Waker
from inboxcrm.imap.wire import Wire
from tests.imap.scripted import Talk, connected, idle


class NotedSocket(socket.socket):
    """Remembers which options of TCP were set to what, in their order."""

    def __init__(self, connected: socket.socket) -> None:
        super().__init__(fileno=connected.detach())
        self.noted: list[tuple[int, int | None]] = []

    def setsockopt(self, level: int, name: int, value: int) -> None:  # type: ignore[override]  # one of its forms
        super().setsockopt(level, name, value)
        if level == socket.IPPROTO_TCP:
            self.noted.append((name, value))


@pytest.mark.skipif(not hasattr(socket, "TCP_QUICKACK"), reason="only Linux can acknowledge when told to")
def test_what_came_is_acknowledged_when_told_to() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = NotedSocket(socket.create_connection(listener.getsockname()))
        far, _ = listener.accept()
        with far:
            wire = Wire(near, Waker())
            far.sendall(b"* 1 EXISTS\r\n")
            while not wire.take_in():
                pass
            before = len(near.noted)
            wire.acknowledge()
            assert near.noted[before:] == [(socket.TCP_QUICKACK, 1)]
            wire.close()


def test_what_comes_in_idle_is_acknowledged_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that holds the second of two answers back until the first is acknowledged (RFC 896) need not wait."""
    noted: list[int] = []
    acknowledge = Wire.acknowledge

    def counted(wire: Wire) -> None:
        noted.append(wire.buffered)
        acknowledge(wire)

    def conversation(talk: Talk) -> None:
        talk.let_in()
        talk.line()
        talk.send(b"+ idling\r\n* 7 EXISTS\r\n")
        talk.line()
        talk.answer()

    with connected(conversation) as connection:
        monkeypatch.setattr(Wire, "acknowledge", counted)
        assert idle(connection, 2.0).exists

    assert len("+ idling\r\n* 7 EXISTS\r\n") in noted
