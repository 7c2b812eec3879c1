"""Fetches a calendar from a file, or from a web address over TLS.

A redirect may lead to another https address and to no other scheme; plain http only from and to this machine itself. No
proxy but the owner's is asked. An address may hold a secret, so messages name its host and no more.
"""

from __future__ import annotations

import asyncio
import ssl
from datetime import timedelta
from urllib.parse import quote, urljoin, urlsplit

from inboxcrm import https
from inboxcrm.config import AwayCalendar, Proxy
from inboxcrm.domain.hosts import is_loopback
from inboxcrm.errors import TransientError, UserError

WITHIN = timedelta(seconds=20)
"""How long connecting, and each wait for the server, may take; the whole of it has thrice as long."""

MOST_OCTETS = 10 * 1024 * 1024
REDIRECTS = 5
_IN_ADDRESSES = "%:/?#[]@!$&'()*+,;=~"
"""What may stand in an address besides letters, digits, and `-._` (RFC 3986 section 2)."""

_MOVED = frozenset((301, 302, 303, 307, 308))


async def fetch(calendar: AwayCalendar, *, within: timedelta = WITHIN) -> bytes:
    """The calendar's octets. What the owner must mend is a UserError, what may pass a TransientError."""
    if calendar.path is not None:
        return await asyncio.to_thread(_from_file, calendar)
    try:
        async with asyncio.timeout(3 * within.total_seconds()):
            return await asyncio.to_thread(_from_web, calendar, within)
    except TimeoutError as error:
        raise TransientError(f"{urlsplit(calendar.url or '').hostname} gave no answer in time") from error


def _from_file(calendar: AwayCalendar) -> bytes:
    assert calendar.path is not None
    try:
        with calendar.path.open("rb") as file:
            return _all(file.read(MOST_OCTETS + 1), str(calendar.path))
    except OSError as error:
        raise UserError(f"{calendar.path} cannot be read: {error.strerror or error}") from error


def _from_web(calendar: AwayCalendar, within: timedelta) -> bytes:
    url = calendar.url or ""
    own = urlsplit(url)
    for _ in range(REDIRECTS + 1):
        parts = urlsplit(url)
        host = parts.hostname or ""
        safe = parts.scheme == "https" or (
            parts.scheme == "http" and is_loopback(host) and is_loopback(own.hostname or "")
        )
        if not safe or not host:
            raise UserError(f"{own.hostname} sends us on to an address that is not https")
        moved = _once(url, host, calendar.proxy, within)
        if isinstance(moved, bytes):
            return moved
        url = _followed(url, moved)
    raise UserError(f"{own.hostname} sends us on more than {REDIRECTS} times")


def _followed(url: str, moved: str) -> str:
    """Where an address sends us on to; octets beyond ASCII are written as a browser writes them."""
    try:
        found = urljoin(url, quote(moved.encode("latin-1"), safe=_IN_ADDRESSES))
        if urlsplit(found).port is None or urlsplit(found).port:
            return found
    except ValueError:
        pass
    raise UserError(f"{urlsplit(url).hostname} sends us on to what is no address")


def _once(url: str, host: str, proxy: Proxy | None, within: timedelta) -> bytes | str:
    """What one address gives: the octets, or where it sends us on to."""
    connection = https.connection(url, within=within, proxy=proxy)
    try:
        headers = {"Accept": "text/calendar, */*;q=0.1", "User-Agent": "inboxcrm"}
        connection.request("GET", https.target(url), headers=headers)
        response = connection.getresponse()
        if response.status in _MOVED:
            return response.getheader("Location") or ""
        if response.status != 200:
            later = response.status in (408, 425, 429) or response.status >= 500
            raise (TransientError if later else UserError)(f"{host} answered {response.status}")
        return _all(response.read(MOST_OCTETS + 1), host)
    except ssl.SSLCertVerificationError as error:
        raise UserError(f"the certificate of {host} is not trusted: {error.verify_message}") from error
    except https.UNREACHED as error:
        raise TransientError(f"{host} cannot be reached: {https.why(error)}") from error
    finally:
        connection.close()


def _all(octets: bytes, where: str) -> bytes:
    if len(octets) > MOST_OCTETS:
        raise UserError(f"{where} is larger than {MOST_OCTETS // 1024 // 1024} MB: not read")
    return octets
