"""Rows C11 and C11b: senders that are robots by their address, and bounces that only their signature shows."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from inboxcrm.domain.address import identity
from inboxcrm.domain.message import Address
from inboxcrm.domain.safety.facts import Facts
from inboxcrm.domain.safety.hit import Hit, review, suppress
from inboxcrm.domain.safety.phrases import normalised, sentence_says, subject_begins, text_begins, words
from inboxcrm.domain.safety.services import nobody_in_particular
from inboxcrm.domain.safety.verdict import MailClass, Reason

_STATUS = re.compile(
    r"(?:^|[\s<(\[#:'\"])(?:[45]\.[0-7]\.\d{1,3}\b|(?:4[25]\d|5[05]\d)[\s-]+(?:#?[45]\.[0-7]\.\d|[A-Z<#]))"
)
_RETURNED = re.compile(
    r"^[>|\t ]{0,10}(?:Received: (?:from|by) |Return-Path: ?<|Message-ID: ?<)", re.IGNORECASE | re.MULTILINE
)
_QUOTED_ID = re.compile(r"<[^<>\s@]{1,200}@[^<>\s]{1,200}>")
_ADDRESS = re.compile(r"[a-z0-9._%+=-]{1,64}@[a-z0-9.-]{1,190}")
_SEPARATORS = re.compile(r"[-_.]+")
_TAIL = re.compile(r"[-_.=]*[+\d].*\Z")
_LAST_PART = re.compile(r"\A.*[-_]")
_PARTS_OF_LOCAL = re.compile(r"[-_.+=\d]+")
_WORD = re.compile(r"[^\W_]+")


@cache
def _collapsed(key: str) -> frozenset[str]:
    """Local parts of a list without their separators, so that no-reply, no_reply and noreply are one."""
    return frozenset(_SEPARATORS.sub("", word) for word in words("local", key))


@lru_cache(maxsize=4096)
def robot_local(local: str) -> bool:
    """Whether a local part is a robot's: anchored, whole tokens. Postmaster, info and support are persons."""
    local = local.casefold()[:100]
    if local in words("local", "account") or _SEPARATORS.sub("", _TAIL.sub("", local)) in _collapsed("robot"):
        return True
    parts = [part for part in _PARTS_OF_LOCAL.split(local) if part]
    many = words("local", "sender_of_many")
    if parts and (parts[0] in many or _LAST_PART.sub("", local).rstrip("0123456789") in many):
        return True
    return _wants_no_answer(parts)


def _wants_no_answer(parts: list[str]) -> bool:
    """Whether some words of an address or a name, one behind the other, are those of an address nobody reads."""
    no_reply = _collapsed("no_reply")
    runs = ("".join(parts[first:last]) for first in range(len(parts)) for last in range(first + 1, first + 6))
    return any(run in no_reply for run in runs)


@lru_cache(maxsize=4096)
def robot_name(name: str) -> bool:
    """Whether a display name is that of an address nobody reads, or of a program that answers."""
    said = _WORD.findall(normalised(name[:100]))
    return _wants_no_answer(said[:12]) or "".join(said) in words("local", "answering")


def listed(address: Address, configured: tuple[str, ...]) -> bool:
    """Whether an address, or its domain written "@domain", is among the configured ones."""
    domains = {identity(one[1:]) for one in configured if one.startswith("@")}
    return address.domain in domains or address.key in {identity(one) for one in configured}


def system_address(facts: Facts) -> Hit | None:
    """C11: the sender is a robot by address (RFC 5230 section 4.6), or configured as one; by name it waits."""
    for address in () if facts.configured_lead else facts.message.from_:
        if robot_local(address.local) or listed(address, facts.settings.robot_addresses):
            return suppress(Reason.SYSTEM_ADDRESS, f"From: {address.spec}")
        if robot_name(address.name):
            mail_class = MailClass.MACHINE if nobody_in_particular(facts) and not facts.familiar else MailClass.UNKNOWN
            return review(Reason.SYSTEM_ADDRESS, f"From: {address.name} <{address.spec}>", mail_class)
    if not facts.message.from_:
        for _, value in facts.values("from"):
            if robot_local(value.partition("(")[0].strip(' "<>').partition("@")[0]):
                return suppress(Reason.SYSTEM_ADDRESS, f"From: {value}")
    return None


def bounce_like(facts: Facts) -> Hit | None:
    """C11b: a bounce without any machine's mark: signed by a mail system, and saying what only a bounce says."""
    message = facts.message
    signed = next((address for address in message.from_ if _signs_bounces(address)), None)
    if signed is None and any(value.startswith("<SMTP32 v") for value in facts.headers.get("x-mailer", ())):
        signed = facts.sender  # IMail's bounce program
    if signed is None:
        return None
    says = subject_begins(facts.subject, "bounce_subject.sure") or sentence_says(facts.head, "bounce_text.sure")
    if not says and not facts.asks and _names_a_third(facts, signed):
        says = sentence_says(facts.head, "bounce_text.weak")
    if not says and (status := _STATUS.search(message.text[:1_500])):
        says = status[0].strip()
    if not says and any(part.content_type == "message/delivery-status" for part in message.parts):
        says = "message/delivery-status"
    if not says and (returned := _RETURNED.search(message.text[:3_000])):
        says = returned[0].strip()
    if not says and not facts.history.sent_ids.isdisjoint(_QUOTED_ID.findall(message.text[:20_000])):
        says = "a Message-ID of mine"
    return suppress(Reason.BOUNCE_LIKE, f"From: {signed.name} <{signed.spec}>; {says}") if says else None


def _names_a_third(facts: Facts, signed: Address) -> bool:
    """Whether the first lines name an address that is neither the sender's nor mine: the one that was not reached."""
    found = (identity(one.strip(".")) for one in _ADDRESS.findall(facts.head))
    return any(key != signed.key and not facts.owns_key(key) for key in found)


@lru_cache(maxsize=4096)
def _signs_bounces(address: Address) -> bool:
    if address.local in words("bounce_sender", "local") or _PARTS_OF_LOCAL.split(address.local)[0] == "postmaster":
        return True
    return bool(address.name) and bool(text_begins(normalised(address.name[:100]), "bounce_sender.name"))
