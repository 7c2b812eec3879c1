"""Which servers an address probably has: by its own domain, by who receives its mail, by what its domain announces."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from inboxcrm import dns, providers
from inboxcrm.config import Security, Server
from inboxcrm.configuration import values
from inboxcrm.configuration.table import Refused
from inboxcrm.domain.address import a_label
from inboxcrm.providers import Provider

Ask = Callable[[str, int], tuple[dns.Record, ...]]
"""The records of a name, best first."""

_ANNOUNCED = {
    "imap": (("_imaps._tcp", Security.TLS), ("_imap._tcp", Security.STARTTLS)),
    "smtp": (("_submissions._tcp", Security.TLS), ("_submission._tcp", Security.STARTTLS)),
}
"""RFC 6186 section 3 and RFC 8314 section 5.1, what is protected from the first octet before the rest."""


@dataclass(frozen=True, slots=True)
class Found:
    """Two servers, and a sentence on how they were found.

    `sure`: nothing a forged answer could turn to a stranger's server; else a person must agree (RFC 6186 section 6).
    """

    imap: Server
    smtp: Server
    how: str
    sure: bool


def ask_the_system(name: str, kind: int) -> tuple[dns.Record, ...]:
    """Asks the system's name servers."""
    return dns.ask(name, kind, servers=dns.name_servers())


def ask_nobody(_name: str, _kind: int) -> tuple[dns.Record, ...]:
    """For an owner who reaches everything through a proxy: name servers would be asked past it."""
    return ()


def find(address: str, *, ask: Ask = ask_the_system) -> Found | None:
    """What is probable for an address; None where only the usual names are left."""
    own = providers.for_address(address)
    if own is not None:
        return Found(own.imap, own.smtp, "", sure=True)
    domain = a_label(address.rpartition("@")[2])
    hosted = _hosted(domain, ask)
    if hosted is not None:
        how = f"The mail of {domain} is received by {hosted.name}, so its servers are proposed."
        return Found(hosted.imap, hosted.smtp, how, sure=True)
    imap, smtp = (_announced(domain, key, ask) for key in ("imap", "smtp"))
    if imap is None or smtp is None:
        return None
    at_home = all(each.host == domain or each.host.endswith(f".{domain}") for each in (imap, smtp))
    elsewhere = "" if at_home else " They are not in that domain: use them only if you know them."
    how = f"{domain} announces {imap.host} and {smtp.host} for its mail.{elsewhere}"
    return Found(imap, smtp, how, sure=at_home)


def _hosted(domain: str, ask: Ask) -> Provider | None:
    for record in ask(domain, dns.MX):
        if (provider := providers.for_mx(record.host)) is not None:
            return provider
    return None


def _announced(domain: str, key: str, ask: Ask) -> Server | None:
    for service, security in _ANNOUNCED[key]:
        for record in ask(f"{service}.{domain}", dns.SRV):
            with suppress(Refused):  # a target of "." says that there is no such service
                return Server(values.host(record.host), values.port(record.port), security)
    return None
