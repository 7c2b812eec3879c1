"""How far two fixtures lie apart, and neighbours that are made of a fixture by one change.

A neighbour is a file of its own where the two differ in one feature, or else an entry of tests/mail/neighbours.toml:
the verdict that the mail would get, and the one change of it that decides. What two mails can differ in:

- one field, by its name in lower case, all its instances together;
- "text": what is written below the header, with its charset and transfer encoding;
- "shape": how the content is packed: its type and with it all that stands below the header;
- "writer": who sent it: From or Sender, and what follows of it (envelope, results, signature, the host in Received);
- "known": what the owner's home knows, for example that he wrote to somebody, or that a group is his.

Where several lines are one feature by nature the entry says so with `feature`: a "letter" whose subject and text say
the same, a "layout" of a product each of whose lines gives it away alone. Message-ID is none: no two mails share one.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from email import message_from_bytes
from functools import cache
from typing import Any

from inboxcrm.verdicts import judge_bytes
from tests.mail_builders import MAIL, NOW, Case, case_of, expectations

IDENTITY = "message-id"
WRITER = frozenset({"from", "sender", "return-path", "received", "authentication-results", "dkim-signature"})
ENCODING = frozenset({"content-type", "content-transfer-encoding", "mime-version"})
KNOWN = (
    "me", "known", "sent_ids", "automatic_ids", "authserv_ids", "borders", "microsoft", "own_lists", "form_senders",
    "list_addresses", "robot_addresses", "answer_cc",
)  # fmt: skip
_FOLDED = re.compile(rb"\n(?=[ \t])")


@dataclass(frozen=True, slots=True)
class Change:
    """One change of a fixture: fields taken out, fields set ("Name: value"), the text replaced or added to, and what
    the home knows. `feature` names several lines that are one feature."""

    verdict: str
    feature: str | None
    without: tuple[str, ...]
    fields: tuple[str, ...]
    text: str | None
    adds: str | None
    known: Mapping[str, Any]

    @property
    def touched(self) -> frozenset[str]:
        """What it may change: its fields, and with the text how that is encoded."""
        named = {one.partition(":")[0].lower() for one in (*self.without, *self.fields)}
        return frozenset(named | (ENCODING | {"text"} if self.text is not None or self.adds is not None else set()))

    def lesser(self) -> Iterator[Change]:
        """The same without one of its lines."""
        for one in self.without:
            yield replace(self, without=tuple(name for name in self.without if name != one))
        for one in self.fields:
            yield replace(self, fields=tuple(line for line in self.fields if line != one))
        if self.text is not None:
            yield replace(self, text=None)

    def apply(self, raw: bytes) -> bytes:
        """The neighbour."""
        head, text = _halves(raw)
        fields = [field for field in _fields(head) if _name(field) not in {one.lower() for one in self.without}]
        for line in self.fields:
            fields = _with(fields, line.encode())
        if self.text is not None or self.adds is not None:
            packed = message_from_bytes(raw)
            kind = packed.get_content_type() if packed.get_content_maintype() == "text" else "text/plain"
            payload = bytes(packed.get_payload(decode=True) or b"")
            letter = payload.decode(str(packed.get_content_charset() or "utf-8"), "replace")
            letter = self.text if self.text is not None else f"{letter.rstrip()}\n\n{self.adds}\n"
            fields = [field for field in fields if _name(field) != "content-transfer-encoding"]
            fields = _with(fields, f"Content-Type: {kind}; charset=utf-8".encode())
            text = letter.encode()
        return b"\n".join(fields) + b"\n\n" + text


def _halves(raw: bytes) -> tuple[bytes, bytes]:
    head, _, text = raw.replace(b"\r\n", b"\n").partition(b"\n\n")
    return head, text


def _fields(head: bytes) -> list[bytes]:
    return [field.replace(b"\0", b"\n") for field in _FOLDED.sub(b"\0", head).split(b"\n")]


def _name(field: bytes) -> str:
    return field.partition(b":")[0].strip().lower().decode("latin-1")


def _with(fields: list[bytes], line: bytes) -> list[bytes]:
    """The fields with this one set: in its place where it stands already, else at the end."""
    at = next((index for index, field in enumerate(fields) if _name(field) == _name(line)), len(fields))
    return [*(one for one in fields[:at]), line, *(one for one in fields[at + 1 :] if _name(one) != _name(line))]


@cache
def changes() -> Mapping[str, Change]:
    """tests/mail/neighbours.toml."""
    told = tomllib.loads((MAIL / "neighbours.toml").read_text("utf-8"))
    return {name: change(one) for name, one in told.items()}


def change(told: Mapping[str, Any]) -> Change:
    """One entry."""
    return Change(
        verdict=told["verdict"],
        feature=told.get("feature"),
        without=tuple(told.get("without", ())),
        fields=tuple(told.get("fields", ())),
        text=told.get("text"),
        adds=told.get("adds"),
        known=told.get("known", {}),
    )


def apart(one: bytes, other: bytes) -> frozenset[str]:
    """What two mails differ in: names of fields, and "text"."""
    (first, text), (second, other_text) = _halves(one), _halves(other)
    sides = [_by_name(first), _by_name(second)]
    found = {name for name in {*sides[0], *sides[1]} if sides[0].get(name) != sides[1].get(name)}
    if text != other_text:
        found.add("text")
    return frozenset(found - {IDENTITY})


def _by_name(head: bytes) -> dict[str, list[bytes]]:
    found: dict[str, list[bytes]] = {}
    for field in _fields(head):
        found.setdefault(_name(field), []).append(field.partition(b":")[2].strip())
    return found


def known_apart(one: str, other: str) -> bool:
    """Whether the homes of two fixtures know different things."""
    told = expectations()
    return any(told[one].get(key) != told[other].get(key) for key in KNOWN)


def feature(found: frozenset[str], declared: str | None = None) -> str | None:
    """The one feature that these differences make up; None where they are several."""
    if len(found) == 1:
        return next(iter(found))
    if found <= ENCODING | {"text"}:
        return "shape" if "content-type" in found else "text"
    if found <= WRITER and found & {"from", "sender"}:
        return "writer"
    if declared == "letter" and found <= ENCODING | {"subject", "text"}:
        return declared
    return declared if declared == "layout" else None


def judge_changed(case: Case, changed: Change) -> str:
    """The verdict that a changed fixture gets, in a home that knows what the change says."""
    mine = case_of(case.name, {**expectations()[case.name], **changed.known})
    raw = changed.apply(case.path.read_bytes())
    return judge_bytes(raw, mine.options, now=NOW, settings=mine.settings).outcome.value
