"""Who takes part in the demo's story: the owner, eight client organisations and a few private people."""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

PUBLIC_MAIL_DOMAINS = ("mail.example", "postfach.example")
"""Domains on which anybody has an address: they make nobody a member of an organisation."""

STRANGERS_NUMBER = "+49 30 23125 188"
"""Below the letter of whom nobody in the story has heard of."""

COMPANIES: tuple[tuple[str, int, bool], ...] = (
    ("de", 4, False),
    ("en", 4, True),
    ("de", 3, True),
    ("en", 3, True),
    ("fr", 3, False),
    ("de", 3, False),
    ("en", 3, True),
    ("es", 2, True),
)
"""Language, head count and first-name terms of each client organisation: twenty-five people in eight."""

PRIVATE: tuple[str, ...] = ("de", "en", "fr", "en")
"""The language of each private correspondent."""

_ZONES = {
    "de": ("Europe/Berlin", "Europe/Zurich"),
    "en": ("Europe/London", "America/New_York"),
    "fr": ("Europe/Paris",),
    "es": ("Europe/Madrid",),
}
_CURRENCIES = {"Europe/London": "£", "America/New_York": "$", "Europe/Zurich": "CHF"}
_CLIENTS = ("outlook", "thunderbird", "apple", "outlook", "webmail")
_OVERSEAS = {"Albany", "Portland"}


@dataclass(frozen=True, slots=True)
class Company:
    """A client organisation. `domain` is under `.example`; `zone` is where its people sit."""

    name: str
    domain: str
    city: str
    language: str
    zone: ZoneInfo
    currency: str
    projects: tuple[str, ...]
    hosts: tuple[str, ...]
    mailer: str
    familiar: bool


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with an address. `company` is None for private people; `familiar` chooses du over Sie."""

    first: str
    last: str
    gender: str
    address: str
    language: str
    zone: ZoneInfo
    mailer: str
    familiar: bool
    post: str = ""
    phone: str = ""
    company: Company | None = None

    @property
    def name(self) -> str:
        """First name and surname as the person writes them."""
        return f"{self.first} {self.last}"


@dataclass(frozen=True, slots=True)
class Cast:
    """Everybody in one story."""

    owner: Person
    companies: tuple[Company, ...]
    colleagues: tuple[Person, ...]
    friends: tuple[Person, ...]

    @property
    def contacts(self) -> tuple[Person, ...]:
        """Everybody the owner corresponds with by hand."""
        return (*self.colleagues, *self.friends)

    def beside(self, person: Person) -> tuple[Person, ...]:
        """The others of the same organisation."""
        return tuple(p for p in self.colleagues if p.company is person.company and p is not person)


@lru_cache(maxsize=1)
def pools() -> Mapping[str, Any]:
    """The names a story is drawn from (data/cast.toml)."""
    text = files("inboxcrm.testing").joinpath("data/cast.toml").read_text("utf-8")
    return tomllib.loads(text)


def cast(random: Random, zone: ZoneInfo) -> Cast:
    """Draw one set of people; each name is given to one person only."""
    names = _Names(random)
    owner = _owner(random, zone)
    companies: list[Company] = []
    colleagues: list[Person] = []
    drawn = {language: random.sample(pools()[language]["companies"], 3) for language in _ZONES}
    projects = {
        language: random.sample(pools()[language]["projects"], len(pools()[language]["projects"]))
        for language in _ZONES
    }
    taken, numbers = {owner.last}, {STRANGERS_NUMBER}
    for language, size, familiar in COMPANIES:
        company = _company(random, drawn[language].pop(), language, projects[language], familiar=familiar)
        companies.append(company)
        posts = random.sample(pools()[language]["posts"], size)
        colleagues += [_colleague(random, names.draw(language, taken), company, post, numbers) for post in posts]
    friends = tuple(_friend(random, names.draw(language, taken), language, zone) for language in PRIVATE)
    return Cast(owner, tuple(companies), tuple(colleagues), friends)


def ascii_name(text: str) -> str:
    """A name as it appears in an address: lower-case ASCII letters, with the German two-letter spellings."""
    spelled = text.lower().translate({ord("ä"): "ae", ord("ö"): "oe", ord("ü"): "ue", ord("ß"): "ss"})
    plain = unicodedata.normalize("NFKD", spelled).encode("ascii", "ignore").decode()
    return "".join(c if c.isalpha() else "-" if c in " -" else "" for c in plain)


class _Names:
    """First names and surnames without repeats, each language from its own shuffled pool."""

    def __init__(self, random: Random) -> None:
        self._first = {
            language: random.sample(pools()[language]["first"], len(pools()[language]["first"])) for language in _ZONES
        }
        self._last = {
            language: random.sample(pools()[language]["last"], len(pools()[language]["last"])) for language in _ZONES
        }

    def draw(self, language: str, taken: set[str]) -> tuple[str, str, str]:
        """First name, gender and surname."""
        first, gender = self._first[language].pop()
        last = next(name for name in self._last[language] if name not in taken)
        taken.add(last)
        return first, gender, last


def _owner(random: Random, zone: ZoneInfo) -> Person:
    first, gender, last = random.choice(pools()["owner"]["names"])
    domain = f"{ascii_name(last)}-{random.choice(pools()['owner']['firms'])}.example"
    return Person(first, last, gender, f"{ascii_name(first)}@{domain}", "en", zone, "thunderbird", familiar=True)


def _company(random: Random, drawn: Sequence[str], language: str, projects: list[str], *, familiar: bool) -> Company:
    name, stem, city = drawn
    zones = _ZONES[language]
    overseas = city in _OVERSEAS
    swiss = city in {"Winterthur", "Lausanne"}
    zone = "Europe/Zurich" if swiss else zones[1] if overseas else zones[0]
    hosts = tuple(
        f"{role}-{random.choice(pools()['hosts']['places'])}" for role in random.sample(pools()["hosts"]["roles"], 3)
    )
    return Company(
        name=name,
        domain=f"{stem}.example",
        city=city,
        language=language,
        zone=ZoneInfo(zone),
        currency=_CURRENCIES.get(zone, "EUR" if language != "en" else "£"),
        projects=(projects.pop(), projects.pop()),
        hosts=hosts,
        mailer=random.choice(_CLIENTS),
        familiar=familiar,
    )


def _colleague(random: Random, named: tuple[str, str, str], company: Company, post: str, numbers: set[str]) -> Person:
    """One of a company; `numbers` are the telephone numbers that others have, and then this one's too."""
    first, gender, last = named
    mailer = company.mailer if random.random() < 0.8 else random.choice(_CLIENTS)
    local = f"{ascii_name(first)}.{ascii_name(last)}"
    return Person(
        first,
        last,
        gender,
        f"{local}@{company.domain}",
        company.language,
        company.zone,
        mailer,
        company.familiar,
        post,
        _phone(random, company, numbers),
        company,
    )


def _friend(random: Random, named: tuple[str, str, str], language: str, zone: ZoneInfo) -> Person:
    first, gender, last = named
    domain = PUBLIC_MAIL_DOMAINS[1] if language == "de" else PUBLIC_MAIL_DOMAINS[0]
    address = random.choice((f"{ascii_name(first)}.{ascii_name(last)}", f"{ascii_name(first)}{random.randint(61, 94)}"))
    mailer = random.choice(("iphone", "webmail", "apple"))
    return Person(first, last, gender, f"{address}@{domain}", language, zone, mailer, familiar=True)


def _phone(random: Random, company: Company, taken: set[str]) -> str:
    """A number nobody has, from the ranges set aside for fiction (BNetzA, Ofcom, ARCEP, NANP 555-01xx)."""
    drawn = random.randint(100, 199)
    for tail in (*range(drawn, 200), *range(100, drawn)):
        numbers = {
            "de": f"+49 30 23125 {tail}",
            "fr": f"+33 1 99 00 12 {tail - 100:02d}",
            "en": f"+44 20 7946 0{tail}",
            "es": "",
        }
        number = f"+1 518 555 0{tail}" if company.city in _OVERSEAS else numbers[company.language]
        if number not in taken:
            break
    taken |= {number} - {""}
    return number
