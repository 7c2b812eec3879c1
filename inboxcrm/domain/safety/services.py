"""Is it a stranger's transactional mail, marked by nothing but its habits? Row C19.

Shops, banks, carriers, accounts and monitors write through their own servers, with proper addresses, in words that a
person might use one of. Two signs beside each other are asked for, or one that leaves no doubt.
"""

from __future__ import annotations

import re
from functools import lru_cache

from inboxcrm.domain.message import Address
from inboxcrm.domain.safety.away import to_me_in_person
from inboxcrm.domain.safety.facts import Facts
from inboxcrm.domain.safety.hit import Hit, review
from inboxcrm.domain.safety.phrases import (
    all_named,
    normalised,
    sentence_says,
    subject_begins,
    text_begins,
    text_names,
    words,
)
from inboxcrm.domain.safety.relays import appliance, sent_by_script, writes_via
from inboxcrm.domain.safety.verdict import Reason

TOLD = 1_200
"""Characters of own words in which a service tells its news."""

FEWEST = 4
"""Words without which there is no voice to miss."""

_END = 400
_PERSONAL_LINK = re.compile(r"https?://\S*[?=&%#]\S{8,}|https?://\S{45,}|https?://\S{1,60}/(?=[\w-]{0,40}\d)[\w-]{16,}")
_SENDING_HOST = re.compile(
    r"(?:e|em|email|mg|send|mailer|notify|notifications?|news|newsletter|bounces?|alerts?|updates?|members?|marketing"
    r"|reply|m|t|tx|txn|info)\d*\."
)
_ROLE = re.compile(
    r".*(?:service|servicios?|support|bookings?|reserv\w*|tickets?|orders?|alerts?|notif\w*|billing|payments?|deliver\w*"
    r"|shipping|updates?|system|portal|cent(?:er|re)|team|desk)"
)
_ANSWER = re.compile(r"(?:re|aw|sv|vs|odp|antw|tr|rif|res|回复|答复|ynt|απ|fwd?|wg|i|doorst|pd) ?[:：]")
_WORD = re.compile(r"\w+")
_WE_DO = re.compile(
    r"[a-zà-ž]{2}(?:[aeií]mos|iamo|remmo|liśmy|łyśmy|jemy|szymy|dzimy|mme|ujeme|áme|íme|eme|[uü]nk|j[uü]k|[ıiuü]yor(?:um|uz))\b"
    r"|[а-я]{2}(?:уем|аем|яем|ляем|дим|сим)\b"
)
"""Verbs of we, in languages that leave the pronoun out."""

_PARTS_OF_LOCAL = re.compile(r"[-_.+=\d]+")


def transactional(facts: Facts) -> Hit | None:
    """C19: a stranger's mail with two signs of a transactional service, or with one that leaves no doubt."""
    if facts.familiar:
        return None
    clear = _clearly_made(facts) or _told_by_a_service(facts) or _speaks_for_nobody(facts)
    if clear:
        return review(Reason.TRANSACTIONAL, clear)
    signs = [
        sign
        for sign, there in (
            ("Return-Path elsewhere", facts.reverse_path_elsewhere or facts.verp or facts.bounces_elsewhere),
            ("local part of a service", facts.sender and _of_a_service(facts.sender.local)),
            ("HTML only", facts.message.html_only),
            ("a host that sends", facts.sender and _SENDING_HOST.match(facts.sender.domain)),
            ("in somebody's name", facts.sender and writes_via(facts.sender)),
            ("a script", sent_by_script(facts)),
            ("an errand", not facts.asks and subject_begins(facts.subject, "reply_subject.errand")),
        )
        if there
    ]
    if len(signs) == 1 and text_names(facts.last_words, "footer.unsubscribe"):
        signs.append("unsubscribe link")
    return review(Reason.TRANSACTIONAL, ", ".join(signs)) if len(signs) >= 2 else None


def _clearly_made(facts: Facts) -> str:
    """What no person's letter has: a device's address, a first line for readers in a browser, a footer of robots."""
    sender = facts.sender
    if sender is not None and (appliance(sender.local) or _assistant(facts, sender)):
        return f"From: {sender.spec}"
    end = facts.last_words[-_END:]
    leave = text_names(end, "footer.unsubscribe") if "http" in end else ""
    return (
        leave or text_begins(facts.opening, "footer.web_version") or sentence_says(facts.last_words, "footer.no_reply")
    )


def _assistant(facts: Facts, sender: Address) -> bool:
    """Whether a program speaks that is called Bot, and no person of that name: theirs stands behind a first name which
    is not their house's, and they greet me by mine and ask something.
    """
    if sender.local not in words("local", "assistant"):
        return False
    *first, last = _WORD.findall(normalised(sender.name[:100])) or [""]
    named = last == sender.local and first and not any(one in sender.domain or _of_a_role(one) for one in first)
    return not (named and facts.greets_me and facts.asks)


def _told_by_a_service(facts: Facts) -> str:
    """News that a service tells from an address of nobody in particular, in two of its phrases, or one and a link."""
    if facts.asks or not nobody_in_particular(facts):
        return ""
    told = facts.own_words[:TOLD]
    found = sorted(all_named(told, "footer.account"))
    errand = subject_begins(facts.subject, "reply_subject.errand", "reply_subject.service")
    if len(found) + bool(errand) + bool(found and personal_link(told)) < 2:
        return ""
    return "; ".join([*([errand] if errand else []), *found])[:200]


def _speaks_for_nobody(facts: Facts) -> str:
    """A notice: from an address of nobody, in answer to nothing, without a question, a request, or any I and we."""
    if facts.asks or facts.message.ancestors or _ANSWER.match(facts.subject) or not nobody_in_particular(facts):
        return ""
    said = set(_WORD.findall(facts.own_words))
    if len(said) < FEWEST or not said.isdisjoint(words("voice", "mine")) or _WE_DO.search(facts.own_words):
        return ""
    if facts.greets_me and (said.isdisjoint(words("voice", "yours")) or to_me_in_person(facts)):
        return ""
    return f"nobody's voice: {facts.sender.spec}" if facts.sender else ""


def nobody_in_particular(facts: Facts) -> bool:
    """Whether the address is no person's: a role's or a service's."""
    return facts.sender is not None and _of_a_role(facts.sender.local)


def of_a_service(facts: Facts) -> bool:
    """Whether the address is one from which a service writes, and no house: `orders`, and not `info`."""
    return facts.sender is not None and _of_a_service(facts.sender.local)


@lru_cache(maxsize=4096)
def _of_a_role(local: str) -> bool:
    roles = words("local", "role")
    return (
        local in roles
        or _PARTS_OF_LOCAL.split(local)[0] in roles
        or _of_a_service(local)
        or _ROLE.fullmatch(local[:100]) is not None
    )


@lru_cache(maxsize=4096)
def _of_a_service(local: str) -> bool:
    services = words("local", "transactional")
    return local in services or _PARTS_OF_LOCAL.split(local)[0] in services


def personal_link(text: str) -> bool:
    """Whether a normalised text has a web address that was made for one reader."""
    return _PERSONAL_LINK.search(text) is not None
