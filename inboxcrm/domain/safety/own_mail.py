"""What became of a mail that the owner sent to themselves: was it proved to be theirs, was the null sender kept?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from inboxcrm.domain.address import organisational_domain
from inboxcrm.domain.message import Message
from inboxcrm.domain.safety.facts import Facts
from inboxcrm.domain.safety.identity import who_is_it
from inboxcrm.domain.safety.results import tags, trusted_results
from inboxcrm.domain.safety.verdict import History, Reason, Settings


@dataclass(frozen=True, slots=True)
class OwnMail:
    """`proved`: an aligned DKIM, SPF or DMARC pass in results that are trusted; `refuted`: they say fail.

    `saw` are the trusted results in words, "" where there are none. `signed_for` is the domain of an aligned DKIM
    signature that the mail bears, checked by nobody, or "". `reverse_path` is as `Facts.reverse_path`: "" is null.
    """

    proved: bool
    refuted: bool
    saw: str
    signed_for: str
    reverse_path: str | None


def look_at(message: Message, settings: Settings, *, now: datetime) -> OwnMail:
    """Read the mail as the gate would read a stranger's."""
    facts = Facts(message, History(), settings, now, None)
    results = trusted_results(facts)
    identity = who_is_it(facts)
    home = organisational_domain(facts.sender.domain) if facts.sender else ""
    signers = (tags(value).get("d", "").lower() for value in message.all("dkim-signature"))
    return OwnMail(
        proved=identity.reason is Reason.AUTHENTICATED,
        refuted=identity.reason is Reason.AUTH_FAIL,
        saw=", ".join(f"{one.method}={one.result}" for one in results),
        signed_for=next((domain for domain in signers if domain and organisational_domain(domain) == home), ""),
        reverse_path=facts.reverse_path,
    )
