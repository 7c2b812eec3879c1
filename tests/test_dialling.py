"""Of several addresses the first that answers is taken; one that leads nowhere takes a quarter of a second."""

from __future__ import annotations

import asyncio
import errno
import socket
import threading
from collections.abc import Iterator

import pytest

from inboxcrm import dialling
from tests.deaf import deaf_place

Place = tuple[str, int]


@pytest.fixture
def deaf() -> Iterator[Place]:
    with deaf_place() as place:
        yield place


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


@pytest.mark.parametrize("before", [["deaf"], ["refusing"], ["refusing", "deaf", "deaf"]], ids="-".join)
async def test_nor_in_an_event_loop(
    monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest, good: Place, before: list[str]
) -> None:
    name_of(monkeypatch, *(request.getfixturevalue(each) for each in before), good)

    with await dialling.reach("mail.example.org", 465, seconds=60) as sock:
        assert sock.getpeername() == good
        assert not sock.getblocking()


async def test_what_an_event_loop_is_told_of_addresses_that_fail(
    monkeypatch: pytest.MonkeyPatch, deaf: Place, refusing: Place
) -> None:
    name_of(monkeypatch, refusing, refusing)
    with pytest.raises(ConnectionRefusedError) as refused:
        await dialling.reach("mail.example.org", 465, seconds=60)
    assert refused.value.errno == errno.ECONNREFUSED

    name_of(monkeypatch, deaf, refusing)
    with pytest.raises(TimeoutError, match="timed out"):
        await dialling.reach("mail.example.org", 465, seconds=0.3)


async def test_of_two_addresses_that_answer_together_one_is_kept(good: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[socket.socket] = []
    met = asyncio.Event()

    async def together(address: dialling.Address) -> socket.socket:
        mine = socket.create_connection(address[3])
        made.append(mine)
        if len(made) == 2:
            met.set()
        await met.wait()
        return mine

    monkeypatch.setattr(dialling, "HEAD_START", 0)
    monkeypatch.setattr(dialling, "_attempt", together)
    name_of(monkeypatch, good, good)

    with await dialling.reach("mail.example.org", 465, seconds=60) as kept:
        assert [one.fileno() for one in made if one is not kept] == [-1]
    assert kept in made


async def test_a_resolver_that_never_answers_holds_up_neither_the_deadline_nor_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What waits in the loop's own threads is waited for when the loop ends; this is not."""
    answer = threading.Event()

    def silent(host: str, *_: object, flags: int = 0, **__: object) -> list[object]:
        if flags:
            raise socket.gaierror(socket.EAI_NONAME, "no number")
        answer.wait(60)
        raise socket.gaierror(socket.EAI_AGAIN, "later")

    monkeypatch.setattr(socket, "getaddrinfo", silent)
    try:
        with pytest.raises(TimeoutError):
            await dialling.reach("mail.example.org", 465, seconds=0.1)
        assert [one.daemon for one in threading.enumerate() if one.name == "resolve mail.example.org"] == [True]
    finally:
        answer.set()


async def test_a_name_that_is_not_found_is_said_as_such(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(*_: object, **__: object) -> list[object]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)

    with pytest.raises(socket.gaierror, match="not known"):
        await dialling.reach("mail.example.org", 465, seconds=60)
