"""Of several addresses the first that answers is taken; one that leads nowhere takes a quarter of a second."""

from __future__ import annotations

import contextlib
import socket
from collections.abc import Iterator

import pytest

from inboxcrm import dialling

Place = tuple[str, int]


@pytest.fixture
def deaf() -> Iterator[Place]:
    """Where no packet is answered: on Linux a listener whose queue is full drops it."""
    with socket.socket() as listener, contextlib.ExitStack() as waiting:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):
            one = waiting.enter_context(socket.socket())
            one.setblocking(False)
            one.connect_ex(listener.getsockname())
        yield listener.getsockname()


@pytest.fixture
def good() -> Iterator[Place]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()


@pytest.fixture
def refusing() -> Place:
    with socket.socket() as gone:
        gone.bind(("127.0.0.1", 0))
        place: Place = gone.getsockname()
    return place


def name_of(monkeypatch: pytest.MonkeyPatch, *places: Place) -> None:
    """All of these are addresses of one name."""
    found = [(socket.AF_INET, socket.SOCK_STREAM, 0, "", place) for place in places]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: found)


@pytest.mark.parametrize("before", [["deaf"], ["refusing"], ["refusing", "deaf", "deaf"]], ids="-".join)
def test_an_address_that_leads_nowhere_holds_up_none(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, good: Place, before: list[str]
) -> None:
    name_of(monkeypatch, *(request.getfixturevalue(each) for each in before), good)

    with dialling.connect("mail.example.org", 993, seconds=60) as sock:
        assert sock.getpeername() == good
        assert sock.gettimeout() == 60


def test_where_no_address_answers_in_time_that_is_what_is_said(monkeypatch: pytest.MonkeyPatch, deaf: Place) -> None:
    name_of(monkeypatch, deaf, deaf)

    with pytest.raises(TimeoutError):
        dialling.connect("mail.example.org", 993, seconds=0.3)


def test_where_every_address_refuses_that_is_what_is_said(monkeypatch: pytest.MonkeyPatch, refusing: Place) -> None:
    name_of(monkeypatch, refusing, refusing)

    with pytest.raises(ConnectionRefusedError):
        dialling.connect("mail.example.org", 993, seconds=60)


def test_the_families_come_by_turns() -> None:
    six, four = socket.AF_INET6, socket.AF_INET
    found: list[dialling.Address] = [(six, 1, 6, "a"), (six, 1, 6, "b"), (four, 1, 6, "c"), (six, 1, 6, "d")]

    assert [one[3] for one in dialling._in_turn(found)] == ["a", "c", "b", "d"]
