"""From the address alone to its servers: known domains, who receives the mail, what the domain announces."""

from __future__ import annotations

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from inboxcrm import dns
from inboxcrm.config import Security, Server
from inboxcrm.configuration import load
from inboxcrm.dns import MX, SRV, Record
from inboxcrm.service.discovery import Ask, Found, find
from inboxcrm.service.questions import Question
from inboxcrm.service.setup import answer, write_home
from tests.config.test_setup import FLAGS

HALF_A_SECOND = timedelta(seconds=0.5)
A_MINUTE = timedelta(minutes=1)


def zone(**records: tuple[Record, ...]) -> Ask:
    """A zone by "kind_name" with dots as underscores."""
    kinds = {MX: "mx", SRV: "srv"}
    return lambda name, kind: records.get(f"{kinds[kind]}_{name.replace('.', '_')}", ())


def mx(host: str) -> tuple[Record, ...]:
    return (Record(10, 0, host),)


ANNOUNCED = {
    "srv__imaps__tcp_firm_example": (Record(0, 0, "mail.firm.example", 993),),
    "srv__submission__tcp_firm_example": (Record(0, 0, "mail.firm.example", 587),),
}


@pytest.mark.parametrize(
    ("address", "ask", "imap"),
    [
        pytest.param("ann@gmail.com", zone(), "imap.gmail.com", id="the provider's own domain"),
        pytest.param("ann@firm.example", zone(mx_firm_example=mx("aspmx.l.google.com")), "imap.gmail.com", id="Google"),
        pytest.param(
            "ann@firm.example",
            zone(mx_firm_example=mx("firm-example.mail.protection.outlook.com")),
            "outlook.office365.com",
            id="Microsoft",
        ),
        pytest.param(
            "ann@firm.example",
            zone(mx_firm_example=mx("in1-smtp.messagingengine.com")),
            "imap.fastmail.com",
            id="Fastmail",
        ),
        pytest.param(
            "ann@Bücher.example",
            zone(**{"mx_xn--bcher-kva_example": mx("mx1.kundenserver.de")}),
            "imap.ionos.de",
            id="a domain with an umlaut",
        ),
        pytest.param("ann@firm.example", zone(**ANNOUNCED), "mail.firm.example", id="announced"),
    ],
)
def test_an_address_is_enough(address: str, ask: Ask, imap: str) -> None:
    found = find(address, ask=ask)

    assert found is not None
    assert found.imap.host == imap
    assert found.sure


def test_what_is_announced_is_taken_with_its_port_and_protection() -> None:
    found = find("ann@firm.example", ask=zone(**ANNOUNCED))

    assert found is not None
    assert found.imap == Server("mail.firm.example", 993, Security.TLS)
    assert found.smtp == Server("mail.firm.example", 587, Security.STARTTLS)


@pytest.mark.parametrize(
    "ask",
    [
        pytest.param(zone(), id="nothing known"),
        pytest.param(zone(mx_firm_example=mx("mx.firm.example")), id="a server of their own"),
        pytest.param(zone(mx_firm_example=mx("aspmx.l.google.com.evil.example")), id="a look-alike"),
        pytest.param(
            zone(**{**ANNOUNCED, "srv__imaps__tcp_firm_example": (Record(0, 0, "", 0),)}), id="no such service"
        ),
        pytest.param(
            zone(**{**ANNOUNCED, "srv__imaps__tcp_firm_example": (Record(0, 0, "a b", 993),)}), id="no host name"
        ),
        pytest.param(
            zone(**{**ANNOUNCED, "srv__imaps__tcp_firm_example": (Record(0, 0, "x.example", 0),)}), id="no port"
        ),
    ],
)
def test_where_nothing_is_known_nothing_is_made_up(ask: Ask) -> None:
    assert find("ann@firm.example", ask=ask) is None


def elsewhere(_: str) -> Found | None:
    records = {name: (Record(0, 0, "mail.stranger.example", record.port),) for name, (record,) in ANNOUNCED.items()}
    return find("ann@firm.example", ask=zone(**records))


def test_a_server_in_another_domain_is_never_taken_unasked(tmp_path: Path) -> None:
    flags = FLAGS | {"address": "ann@firm.example"}
    write_home(tmp_path / "home", answer(flags, ask=None, find=elsewhere))

    assert load(tmp_path / "home").mailboxes[0].imap.host == "imap.firm.example"


def test_a_person_is_shown_a_server_in_another_domain_and_warned() -> None:
    told: list[str] = []
    proposed: dict[str, str | None] = {}

    def ask(question: Question, default: str | None) -> str:
        proposed[question.name] = default
        return {"name": "Ann", "address": "ann@firm.example", "timezone": "Europe/Zurich"}.get(question.name, "")

    answer({}, ask=ask, note=told.append, find=elsewhere)

    assert proposed["imap"] == "tls://mail.stranger.example:993"
    [word] = told
    assert word.startswith("firm.example announces mail.stranger.example and mail.stranger.example for its mail.")
    assert word.endswith("They are not in that domain: use them only if you know them.")


def test_servers_that_were_given_are_not_looked_up() -> None:
    def never(_: str) -> Found | None:
        raise AssertionError

    given = FLAGS | {"imap": "tls://a.example", "smtp": "tls://b.example"}

    assert answer(given, ask=None, find=never).imap.host == "a.example"


# -- the name server


def packet(query: bytes, *records: bytes, flags: bytes = b"\x81\x80") -> bytes:
    return query[:2] + flags + struct.pack("!HHHH", 1, len(records), 0, 0) + query[12:] + b"".join(records)


def record(kind: int, data: bytes) -> bytes:
    return b"\xc0\x0c" + struct.pack("!HHIH", kind, 1, 300, len(data)) + data


@contextmanager
def name_server(reply: Callable[[bytes], list[bytes]]) -> Iterator[dns.Place]:
    """Answers one question on loopback."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(60)

        def serve() -> None:
            query, who = sock.recvfrom(4096)
            for each in reply(query):
                sock.sendto(each, who)

        thread = threading.Thread(target=serve)
        thread.start()
        yield sock.getsockname()
        thread.join()


def test_records_come_best_first_with_compressed_names() -> None:
    far = record(MX, struct.pack("!H", 20) + b"\x03two\xc0\x0c")
    near = record(MX, struct.pack("!H", 5) + b"\x03ONE\xc0\x0c")
    other = record(1, b"\x7f\0\0\1")

    with name_server(lambda query: [packet(query, far, other, near)]) as place:
        found = dns.ask("firm.example", MX, servers=[place], within=A_MINUTE)

    assert [each.host for each in found] == ["one.firm.example", "two.firm.example"]


def test_the_heavier_of_two_equals_is_taken() -> None:
    light = record(SRV, struct.pack("!HHH", 0, 1, 993) + b"\x05light\xc0\x0c")
    heavy = record(SRV, struct.pack("!HHH", 0, 9, 994) + b"\x05heavy\xc0\x0c")

    with name_server(lambda query: [packet(query, light, heavy)]) as place:
        found = dns.ask("firm.example", SRV, servers=[place], within=A_MINUTE)

    assert [(each.host.partition(".")[0], each.port) for each in found] == [("heavy", 994), ("light", 993)]


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param(lambda query: [b"\0\0" + packet(query, record(MX, b"\0\1\1x\0"))[2:]], id="another number"),
        pytest.param(
            lambda query: [packet(query.replace(b"firm", b"evil"), record(MX, b"\0\1\1x\0"))], id="another name"
        ),
        pytest.param(lambda query: [packet(query, flags=b"\x81\x83")], id="no such name"),
        pytest.param(lambda query: [packet(query, record(MX, b"\0\1\xc0\x2b"))[:44]], id="cut off"),
        pytest.param(lambda query: [packet(query, record(MX, b"\0\1\xc0\x2c"))], id="a name that turns in circles"),
        pytest.param(lambda query: [b"", b"x"], id="nothing at all"),
    ],
)
def test_a_strange_answer_is_no_answer(reply: Callable[[bytes], list[bytes]]) -> None:
    with name_server(reply) as place:
        assert dns.ask("firm.example", MX, servers=[place], within=HALF_A_SECOND) == ()


def test_a_name_that_cannot_be_asked_for_is_not(tmp_path: Path) -> None:
    assert dns.ask("bücher.example", MX, servers=[("127.0.0.1", 9)], within=HALF_A_SECOND) == ()
    assert dns.ask(f"{'a' * 300}.example", MX, servers=[("127.0.0.1", 9)], within=HALF_A_SECOND) == ()


def test_the_systems_name_servers_are_read(tmp_path: Path) -> None:
    file = tmp_path / "resolv.conf"
    file.write_text("# generated\nsearch example\nnameserver 192.0.2.1\nnameserver 2001:db8::1\nnameserver 192.0.2.3\n")

    assert dns.name_servers(file) == (("192.0.2.1", 53), ("2001:db8::1", 53))
    assert dns.name_servers(tmp_path / "none") == ()
