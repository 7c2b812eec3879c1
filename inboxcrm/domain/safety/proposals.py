"""What recent mail says about the owner's own servers: who vouches for senders, where mail comes in, which lists are
the owner's groups. Only proposals: nothing is trusted before the owner writes it into config.toml."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from inboxcrm.domain.address import is_public_mail_domain, organisational_domain
from inboxcrm.domain.message import Message
from inboxcrm.domain.safety.results import TRACE, Field, read_results, receiver

ENOUGH = 0.6
"""The share of recent mail that must agree before anything is proposed."""

FEWEST = 3
"""With fewer mails, or mails of fewer senders' organisations, than this nothing is proposed: one stranger could have
made them up."""

EXAMPLES = 3
FIELDS_READ = 60
OWN_LIST_SENDERS = 2

_LIST_NAMES = ("list-id", "x-beenthere", "mailing-list", "x-mailing-list")
_LIST_NAME = re.compile(r"[a-z0-9][a-z0-9@._+-]*")


@dataclass(frozen=True, slots=True)
class Proposal:
    """What was found. `authserv_ids` and `border_hosts` are empty where recent mail does not agree.

    `agreeing` of `looked_at` mails bear them. `anonymous`: the server writes its results without saying who it is
    (Microsoft 365). `examples` are three mails in words. `own_lists` are List-Ids of groups in the owner's domains.
    """

    authserv_ids: tuple[str, ...] = ()
    border_hosts: tuple[str, ...] = ()
    agreeing: int = 0
    looked_at: int = 0
    anonymous: bool = False
    examples: tuple[str, ...] = ()
    own_lists: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Trace:
    """One mail's top: the first Authentication-Results, and the hosts that may have written them, nearest to the owner
    first: those that received the mail above it, and the first below it in the same run of trace fields."""

    sender: str
    results: Field
    near: tuple[str, ...]


def propose(messages: Sequence[Message], *, own_addresses: Iterable[str]) -> Proposal:
    """Look at recent mail, newest first, the owner's own left out."""
    own = frozenset(address.casefold() for address in own_addresses)
    received = [mail for mail in messages if mail.author is not None and mail.author.key not in own]
    lists = _own_lists(received, own)
    traces = [trace for trace in map(_trace, received) if trace is not None]
    enough = max(FEWEST, ENOUGH * len(received))
    authserv_ids = _agreed([(trace.results.authserv_id,) for trace in traces], enough)
    if not authserv_ids:
        return Proposal(looked_at=len(received), own_lists=lists)
    agreeing = [trace for trace in traces if trace.results.authserv_id in authserv_ids]
    if len({organisational_domain(trace.sender.rpartition("@")[2]) for trace in agreeing}) < FEWEST:
        return Proposal(looked_at=len(received), own_lists=lists)
    return Proposal(
        authserv_ids=tuple(one for one in authserv_ids if one),
        border_hosts=_borders(agreeing, enough),
        agreeing=len(agreeing),
        looked_at=len(received),
        anonymous="" in authserv_ids,
        examples=tuple(map(_words, agreeing[:EXAMPLES])),
        own_lists=lists,
    )


def _trace(message: Message) -> _Trace | None:
    """The topmost results field and the Received fields around it; None where there is none among our own fields."""
    near: list[str] = []
    found: Field | None = None
    for name, value in message.headers[:FIELDS_READ]:
        if found is None and name == "authentication-results":
            found = read_results(value)
            if found is None:
                return None
        elif name == "received":
            near.append(receiver(value))
            if found is not None:
                break
        elif found is not None and name not in TRACE:
            break
    if found is None or message.author is None or not any(near):
        return None
    return _Trace(message.author.key, found, tuple(host for host in near if host))


def _agreed(votes: Sequence[Sequence[str]], enough: float) -> tuple[str, ...]:
    """The names that together stand in enough mails, the most usual first; several where a farm of servers shares."""
    counted = Counter(name for vote in votes for name in dict.fromkeys(vote))
    usual = [(name, count) for name, count in counted.most_common() if count >= max(2, len(votes) / 10)]
    if not usual:
        return ()
    first = usual[0]
    if first[1] >= enough:
        return (first[0],)
    family = [name for name, _ in usual if organisational_domain(name) == organisational_domain(first[0])]
    covered = sum(any(name in vote for name in family) for vote in votes)
    return tuple(family) if covered >= enough else ()


def _borders(traces: Sequence[_Trace], enough: float) -> tuple[str, ...]:
    """Which host took these mails from the world: the namesake of the results, else their neighbour in name, else the
    lowest one above them that most mails have in common."""
    wishes: tuple[Callable[[_Trace], tuple[str, ...]], ...] = (
        lambda trace: tuple(host for host in trace.near if host == trace.results.authserv_id),
        lambda trace: tuple(host for host in reversed(trace.near) if _related(host, trace.results.authserv_id))[:1],
        lambda trace: tuple(reversed(trace.near))[:1],
        lambda trace: trace.near[:1],
    )
    for wish in wishes:
        hosts = _agreed([wish(trace) for trace in traces], enough)
        if hosts:
            return hosts
    return ()


def _related(host: str, authserv_id: str) -> bool:
    return bool(authserv_id) and organisational_domain(host) == organisational_domain(authserv_id)


def _words(trace: _Trace) -> str:
    found = " ".join(f"{one.method}={one.result}" for one in trace.results.results[:4]) or "no result"
    said_by = trace.results.authserv_id or "(nobody named)"
    return f"from {trace.sender}: {said_by} says {found}; received by {', '.join(trace.near[-2:])}"


def _own_lists(messages: Sequence[Message], own: frozenset[str]) -> tuple[str, ...]:
    """List-Ids in the owner's own domains under which mail of several senders came: a group, not somebody's list."""
    domains = {organisational_domain(address.rpartition("@")[2]) for address in own}
    homes = {domain for domain in domains if domain and not is_public_mail_domain(domain)}
    senders: dict[str, set[str]] = {}
    for message in messages:
        name = _list_id(message)
        if name and organisational_domain(name.rpartition("@")[2]) in homes and message.author is not None:
            senders.setdefault(name, set()).add(message.author.key)
    return tuple(sorted(name for name, people in senders.items() if len(people) >= OWN_LIST_SENDERS))


def _list_id(message: Message) -> str:
    """The name in List-Id, or in what older list programs write in its place (RFC 2919 section 3)."""
    for field_name in _LIST_NAMES:
        value = message.first(field_name)
        if value is not None:
            name = _LIST_NAME.search(value.casefold().rpartition("<")[2].removeprefix("list "))
            return name[0] if name else ""
    return ""
