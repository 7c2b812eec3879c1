"""What does a refusal say about the recipient: is there no such address, or does the whole domain take no mail?"""

from __future__ import annotations

import re

_STATUS = re.compile(r"\b(5\.\d{1,3}\.\d{1,3})\b")
_CODE = re.compile(r"\s*(\d{3})\b")
_NO_SUCH_ADDRESS = frozenset(("5.1.1", "5.1.2", "5.1.3", "5.1.6", "5.1.10", "5.2.1"))
_TAKES_NO_MAIL = frozenset(("5.1.2", "5.1.10"))
"""The domain does not exist, or says by a null MX that it takes no mail (RFC 3463, RFC 7505 section 4.2)."""


def names_no_mailbox(reply: str) -> bool:
    """Whether a reply such as "550 5.1.1 user unknown" is about the address and for good, and not about the text."""
    return _status(reply) in _NO_SUCH_ADDRESS or takes_no_mail(reply)


def takes_no_mail(reply: str) -> bool:
    """Whether it says that the whole domain takes no mail: 556 (RFC 7504 section 4, RFC 7505), or a status of that."""
    code = _CODE.match(reply)
    return (code is not None and code[1] == "556") or _status(reply) in _TAKES_NO_MAIL


def _status(reply: str) -> str:
    found = _STATUS.search(reply[:200])
    return found[1] if found else ""
