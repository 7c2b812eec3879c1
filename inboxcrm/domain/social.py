"""Is this mail a social network telling that somebody did something there, and who was it?

A notice is one only where the gate believed the sender's domain and that domain is the network's; a look-alike is none.
What the notice says is public word of a person, to be answered there, and is never acknowledged by mail.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from inboxcrm.domain.text import plain

LONGEST = 30_000
"""Characters of the letter in which the person's page is looked for; the first page that is named is theirs."""

LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Notice:
    """What somebody did. `what`: message, invitation, comment or review; `profile` is their page or empty."""

    network: str
    what: str
    who: str
    profile: str


@dataclass(frozen=True, slots=True)
class _Network:
    name: str
    domains: tuple[str, ...]
    senders: tuple[str, ...]
    list_id: re.Pattern[str] | None
    link: re.Pattern[str]
    page: str
    subjects: tuple[tuple[str, re.Pattern[str]], ...]


def recognise(*, sender: str, list_id: str, subject: str, text: str) -> Notice | None:
    """The notice in a mail, or None; `sender` is the address key of its author, `list_id` its List-Id field.

    That the sender is who they say has to be proved besides.
    """
    network = next((each for each in _networks() if _is_of(each, sender, list_id.strip())), None)
    if network is None:
        return None
    said = plain(subject, 300)
    for what, pattern in network.subjects:
        match = pattern.search(said)
        if match is not None:
            who = plain(match["who"], LONGEST_NAME).strip(" \"'“”()")
            return Notice(network.name, what, who, _profile(network, text[:LONGEST]))
    return None


def _is_of(network: _Network, sender: str, list_id: str) -> bool:
    domain = sender.rpartition("@")[2]
    if network.list_id is not None:
        match = network.list_id.search(list_id)
        return match is not None and match["domain"].lower() == domain
    if network.senders and sender not in network.senders:
        return False
    return any(domain == each or domain.endswith("." + each) for each in network.domains)


def _profile(network: _Network, text: str) -> str:
    match = network.link.search(text)
    if match is None:
        return ""
    return match[0].lower() if not network.page else network.page + match[1].lower()


def page(url: str) -> str | None:
    """A person's page on a network we know, spelled as its notices' are; None for any other address."""
    found = (_profile(network, url[:LONGEST]) for network in _networks())
    return next((each for each in found if each), None)


@cache
def _networks() -> Sequence[_Network]:
    source = resources.files("inboxcrm.domain").joinpath("data/social.toml").read_text("utf-8")
    return tuple(_network(name, table) for name, table in tomllib.loads(source).items())


def _network(name: str, table: Mapping[str, Any]) -> _Network:
    return _Network(
        name=name,
        domains=tuple(table["domains"]),
        senders=tuple(table.get("senders", ())),
        list_id=re.compile(table["list_id"], re.IGNORECASE) if "list_id" in table else None,
        link=re.compile(table["link"], re.IGNORECASE),
        page=table["page"],
        subjects=tuple(
            (each["what"], re.compile(pattern, re.IGNORECASE)) for each in table["subject"] for pattern in each["match"]
        ),
    )
