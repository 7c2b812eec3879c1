"""Asks the system's name servers for MX and SRV records, which Python's own resolver does not know (RFC 1035, 2782).

For suggestions only: an answer over UDP proves nothing, so a person sees it before anything rests on it.
"""

from __future__ import annotations

import secrets
import socket
import struct
import time
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

WITHIN = timedelta(seconds=2)
"""How long one name server is waited for."""

MX, SRV = 15, 33
MOST_SERVERS = 2
_MOST_OCTETS = 4096
_MOST_JUMPS = 32

Place = tuple[str, int]


@dataclass(frozen=True, slots=True, order=True)
class Record:
    """One answer; the smallest is the one to take. `port` is 0 for MX; a `host` of "" says that there is none."""

    preference: int
    weight: int
    host: str
    port: int = 0


def name_servers(file: Path = Path("/etc/resolv.conf")) -> tuple[Place, ...]:
    """The system's; none where it does not say."""
    try:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    named = [words[1] for words in map(str.split, lines) if len(words) > 1 and words[0] == "nameserver"]
    return tuple((each, 53) for each in named[:MOST_SERVERS])


def ask(name: str, kind: int, *, servers: Sequence[Place], within: timedelta = WITHIN) -> tuple[Record, ...]:
    """The records of a name, best first; none where there are none, or nobody answers in time."""
    try:
        question = b"".join(bytes([len(label)]) + label.encode("ascii") for label in name.split(".")) + b"\0"
    except (UnicodeEncodeError, ValueError):
        return ()
    question += struct.pack("!HH", kind, 1)
    for place in servers:
        answer = _exchange(question, place, within)
        if answer is not None:
            return tuple(sorted(_records(answer, len(question), kind)))
    return ()


def _exchange(question: bytes, place: Place, within: timedelta) -> bytes | None:
    """The whole answer to our question and no other."""
    number = secrets.token_bytes(2)
    until = time.monotonic() + within.total_seconds()
    family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
    with closing(socket.socket(family, socket.SOCK_DGRAM)) as sock:
        try:
            sock.connect(place)
            sock.send(number + b"\x01\x00\0\x01\0\0\0\0\0\0" + question)
            while (left := until - time.monotonic()) > 0:
                sock.settimeout(left)
                answer = sock.recv(_MOST_OCTETS)
                if answer[:2] == number and answer[2:3] >= b"\x80" and answer[12 : 12 + len(question)] == question:
                    return answer
        except OSError:
            return None
    return None


def _records(answer: bytes, question: int, kind: int) -> list[Record]:
    found: list[Record] = []
    try:
        at = 12 + question
        for _ in range(struct.unpack_from("!H", answer, 6)[0]):
            _, at = _name(answer, at)
            told, _, _, length = struct.unpack_from("!HHIH", answer, at)
            at += 10
            if told == kind == MX:
                found.append(Record(struct.unpack_from("!H", answer, at)[0], 0, _name(answer, at + 2)[0]))
            elif told == kind == SRV:
                priority, weight, port = struct.unpack_from("!HHH", answer, at)
                found.append(Record(priority, -weight, _name(answer, at + 6)[0], port))
            at += length
    except (struct.error, IndexError, UnicodeDecodeError):
        return found
    return found


def _name(answer: bytes, at: int) -> tuple[str, int]:
    """A name, perhaps compressed (RFC 1035 section 4.1.4), in lower case, and where reading goes on."""
    labels: list[str] = []
    after: int | None = None
    for _ in range(_MOST_JUMPS * 8):
        length = answer[at]
        if length >= 0xC0:
            after = at + 2 if after is None else after
            at = (length & 0x3F) << 8 | answer[at + 1]
        elif length == 0:
            return ".".join(labels), at + 1 if after is None else after
        else:
            labels.append(answer[at + 1 : at + 1 + length].decode("ascii").lower())
            at += 1 + length
    raise IndexError("a name without an end")
