"""The script of the year as values: who writes when, and what has to come of it (`cast.toml`, `words.toml`)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

HERE = Path(__file__).parent
ZONE = ZoneInfo("Europe/Zurich")
FRIDAY = 4


@dataclass(frozen=True, slots=True)
class Said:
    """A commitment that a reader would note. `ends`: done, missed, or in the words by which it ends of itself."""

    by_client: bool
    kind: str
    day: str
    ends: str

    @property
    def side(self) -> str:
        """Whose turn it is to act: the writer's for a deed or a payment, else the reader's."""
        writer_acts = self.kind in ("deed", "payment")
        return "theirs" if writer_acts == self.by_client else "mine"

    def due_on(self, said_on: date) -> date | None:
        """The day it is due, by the day of the letter."""
        if self.day == "friday":
            return said_on + timedelta(days=(FRIDAY - said_on.weekday() - 1) % 7 + 1)
        if self.day == "tomorrow":
            return said_on + timedelta(days=1)
        return date.fromisoformat(self.day) if self.day else None


@dataclass(frozen=True, slots=True)
class Scene:
    """One thing that happens, with what has to come of it; see the head of `cast.toml` for each word."""

    at: datetime
    kind: str
    subject: str = ""
    text: str = ""
    answer: str = ""
    answer_at: datetime | None = None
    auto: str = ""
    promise: str = "kept"
    said: tuple[Said, ...] = ()
    told: str = ""
    fact: str = ""
    occasion: tuple[str, int, int, int | None] | None = None
    touch: str = "give"
    checked: tuple[str, ...] = ()
    sends: bool = True
    files: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    sender: str = ""
    social: str = ""
    re: bool = False
    call_back: bool = False


@dataclass(frozen=True, slots=True)
class Client:
    """One of the cast. `occasions` are (kind, day) known from the beginning."""

    who: str
    language: str
    before: tuple[date, ...]
    scenes: tuple[Scene, ...]
    plan: str = ""
    occasions: tuple[tuple[str, date], ...] = ()
    greets: tuple[date, ...] = ()
    drafts: tuple[str, ...] = ()
    leaves: bool = False
    false_alarm: bool = False

    @property
    def address(self) -> str:
        """The address alone."""
        return self.who.rpartition("<")[2].rstrip(">")

    @property
    def name(self) -> str:
        """The name alone."""
        return self.who.rpartition(" <")[0]


@dataclass(frozen=True, slots=True)
class Script:
    """The whole year. `away` are the first and the last day of the owner's absence."""

    starts: date
    ends: date
    away: tuple[date, date]
    clients: tuple[Client, ...]
    words: Mapping[str, Sequence[Scene]]


def moment(text: str) -> datetime:
    """A moment by the owner's clock."""
    return datetime.fromisoformat(text).replace(tzinfo=ZONE)


def script() -> Script:
    """The script as it was frozen."""
    cast = tomllib.loads((HERE / "cast.toml").read_text("utf-8"))
    stock = tomllib.loads((HERE / "words.toml").read_text("utf-8"))
    words = {language: [_stock(each) for each in exchanges] for language, exchanges in stock.items()}
    owner = cast["owner"]
    clients = tuple(_client(each, words) for each in cast["client"])
    return Script(owner["starts"], owner["ends"], (owner["away"][0], owner["away"][1]), clients, words)


def _stock(each: Mapping[str, Any]) -> Scene:
    midnight = datetime.combine(date.min, time(), tzinfo=ZONE)
    said = tuple(_said(one) for one in each["said"])
    return Scene(midnight, "letter", each["subject"], each["client"], each["owner"], said=said)


def _said(one: Sequence[str]) -> Said:
    by, kind, day, ends = one
    return Said(by == "client", kind, day, ends)


def _client(each: Mapping[str, Any], words: Mapping[str, Sequence[Scene]]) -> Client:
    scenes = [_ordinary(text, number, words[each["language"]]) for number, text in enumerate(each["letters"])]
    scenes += [_scene(event) for event in each.get("event", ())]
    return Client(
        who=each["who"],
        language=each["language"],
        before=tuple(date.fromisoformat(day) for day in each["before"]),
        scenes=tuple(sorted(scenes, key=lambda scene: scene.at)),
        plan=each.get("plan", ""),
        occasions=tuple(_known(text) for text in each.get("occasions", ())),
        greets=tuple(date.fromisoformat(day) for day in each.get("greets", ())),
        drafts=tuple(each.get("drafts", ())),
        leaves=each.get("leaves", False),
        false_alarm=each.get("false_alarm", False),
    )


def _ordinary(text: str, number: int, words: Sequence[Scene]) -> Scene:
    day, clock, *auto = text.split()
    stock = words[number % len(words)]
    return Scene(
        moment(f"{day} {clock}"),
        "letter",
        stock.subject,
        stock.text,
        stock.answer,
        said=stock.said,
        auto=auto[0] if auto else "",
    )


def _scene(event: Mapping[str, Any]) -> Scene:
    known = dict(event)
    known["at"] = moment(event["at"])
    if "answer_at" in event:
        known["answer_at"] = moment(event["answer_at"])
    if "occasion" in event:
        occasion = event["occasion"]
        known["occasion"] = (occasion["kind"], occasion["month"], occasion["day"], occasion.get("year"))
    known["said"] = tuple(_said(one) for one in event.get("said", ()))
    for name in ("checked", "files", "fields"):
        known[name] = tuple(event.get(name, ()))
    return Scene(**known)


def _known(text: str) -> tuple[str, date]:
    kind, _, day = text.partition(" ")
    return kind, date.fromisoformat(day)
