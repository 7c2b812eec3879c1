"""Who writes in somebody else's name: scripts of web sites, devices, services with a person's name before their own.

None of these silences alone: with a Reply-To elsewhere it makes a lead (C20), for a stranger it is a sign (C19).
"""

from __future__ import annotations

import re

from inboxcrm.domain.message import Address
from inboxcrm.domain.safety.facts import Facts
from inboxcrm.domain.safety.phrases import words

_SCRIPT = re.compile(
    r"(?:phpmailer|wordpress|drupal|typo3|joomla|contact ?form|formmail|webform|swiftmailer|simplemail)\b.*"
)
_WEBMAIL = re.compile(r".*(?:rcube|roundcube|squirrel|horde|rainloop|snappymail|sogo|webmail|redirect\.php).*")
_PARTS = re.compile(r"[-_.+\d]")
_VIA = re.compile(r"\S \(?(?:via|über|par|durch) \S", re.IGNORECASE)


def writes_via(address: Address) -> bool:
    """Whether the display name says that a service wrote it: "Bob via Example Sign"."""
    return _VIA.search(address.name[:200]) is not None


def sent_by_script(facts: Facts) -> str:
    """What shows a script of a web site, webmail aside, or ""."""
    for name, value in facts.values("x-php-originating-script", "x-php-script"):
        if not _WEBMAIL.fullmatch(value[:500].casefold()):
            return f"{name}: {value}"
    for name, found in facts.tokens("x-mailer"):
        if _SCRIPT.fullmatch(found):
            return f"{name}: {found}"
    return "X-WPCF7-Content-Type" if "x-wpcf7-content-type" in facts.headers else ""


def appliance(local: str) -> bool:
    """Whether a local part is that of a device or a program, with a place or a number behind it."""
    known = words("local", "appliance")
    return local in known or _PARTS.split(local)[0] in known
