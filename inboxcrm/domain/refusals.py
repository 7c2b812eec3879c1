"""What does a refusal say: is there no such address, does its whole domain take no mail, or is it about our sending?"""

from __future__ import annotations

import re

_STATUS = re.compile(r"\b([45]\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"\s*(\d{3})\b")
_NO_SUCH_ADDRESS = frozenset(("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"))
_NO_SUCH_DOMAIN = "5.1.2"
_NULL_MX = re.compile(r"\bnull[- ]mx\b|\btakes no mail\b|\bdoes not accept (?:e?mail|any)", re.IGNORECASE)
"""What goes with 5.1.10 where it is that of RFC 7505; Exchange says 5.1.10 of a single recipient that is not found."""

_SENT_TOO_MUCH = frozenset(
    (
        "5.1.90", "5.4.5", "4.7.28", "5.7.28", "5.7.232", "5.7.233", "5.7.235",
        "5.7.501", "5.7.502", "5.7.503", "5.7.508", "5.7.705", "5.7.708",
    )
)  # fmt: skip
"""The limit of a day at Microsoft (5.1.90, 5.7.23x) and Gmail (5.4.5), Gmail's of a rate, and Microsoft's blocks of an
account, a tenant or its address: none of them is about the mail that met it."""

_SENDING = r"(?:sending|outgoing|outbound|submission|relay|relaying|mail send|e?mails? send|messages? send)"
_LIMIT = r"(?:limits?|quota|ratelimit|threshold)"
_TOO_MUCH = re.compile(
    rf"\b(?:daily|hourly|{_SENDING})\b[^.;]{{0,40}}\b{_LIMIT}\b"
    rf"|\b{_LIMIT}\b[^.;]{{0,30}}\b(?:for|on) (?:sending|outgoing|outbound)"
    r"|\b(?:rate ?limit|message rate|sending rate)\b[^.;]{0,40}\bexceeded|\bexceeded (?:the |its |your )?rate ?limit"
    r"|\bexceeded (?:the |its |your )?max(?:imum)? (?:e?mails|messages|defers)\b"
    r"|\b(?:limit|max\w*|e?mails|messages)\b[^.;]{0,40}\bper (?:hour|day|minute)\b"
    r"|storedrv\.submission[^;]{0,80}quota|\bthrottling failure\b|\[tss\d+\]"
    r"|\bunusual (?:sending activity|(?:rate|amount|volume) of)|\btoo many (?:messages|e?mails|log[- ]?ins?\b)"
    r"|\be?mail outgoing blocked|\boutgoing (?:e?mails? )?(?:is |are |has been )?(?:blocked|disabled|suspended)"
    r"|\bbad outbound sender|\bbanned sender|\bspam abuse detected|\btenant has exceeded",
    re.IGNORECASE,
)
"""The same in words: Zoho, Fastmail, Yahoo, Amazon, and the mail servers of hosting companies, which give no status."""

_RECEIVED_TOO_MUCH = re.compile(
    r"\breceiv\w+\b[^.;]{0,60}\b(?:rate|too (?:quickly|many|fast)|limits?)\b|\b(?:rate|limits?)\b[^.;]{0,60}\breceiv"
    r"|\brecipient(?:'s)? (?:has|per)\b[^.;]{0,40}\b(?:rate|limits?|quota)",
    re.IGNORECASE,
)
_OF_THE_MAIL = re.compile(r"\bsize\b|\btoo (?:big|large|long)\b|\bhops?\b", re.IGNORECASE)
_LOOKED_AT = 3_000


def names_no_mailbox(reply: str) -> bool:
    """Whether a reply such as "550 5.1.1 user unknown" is about the address and for good, and not about the text."""
    return (_status(reply) in _NO_SUCH_ADDRESS and not about_amounts(reply)) or takes_no_mail(reply)


def takes_no_mail(reply: str) -> bool:
    """Whether it says that the whole domain takes no mail: 556 (RFC 7504 section 4, RFC 7505), or a status of that."""
    code, status = _CODE.match(reply), _status(reply)
    if (code is not None and code[1] == "556") or status == _NO_SUCH_DOMAIN:
        return True
    return status == "5.1.10" and _NULL_MX.search(reply) is not None


def sent_too_much(reply: str) -> bool:
    """Whether it says that our account, domain or address has sent more than its provider lets it for some time.

    Nothing else of the account leaves meanwhile; the mail itself was not refused.
    """
    if _status(reply) in _SENT_TOO_MUCH:
        return True
    said = reply[:_LOOKED_AT]
    return bool(_TOO_MUCH.search(said)) and not _RECEIVED_TOO_MUCH.search(said) and not _OF_THE_MAIL.search(said)


def about_amounts(reply: str) -> bool:
    """Whether it is about how much was sent, by us or to the recipient: it says nothing of the address."""
    return sent_too_much(reply) or _RECEIVED_TOO_MUCH.search(reply[:_LOOKED_AT]) is not None


def _status(reply: str) -> str:
    found = _STATUS.search(reply[:200])
    return found[1] if found else ""
