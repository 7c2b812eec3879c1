"""A connection to a web server: TLS but for plain http, verified, no proxy but the owner's, no redirect followed."""

from __future__ import annotations

import http.client
import ssl
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from inboxcrm import socks
from inboxcrm.config import Proxy
from inboxcrm.domain.hosts import is_loopback
from inboxcrm.errors import UserError
from inboxcrm.trust import trust

UNREACHED = (OSError, http.client.HTTPException, UnicodeError)
"""What it raises where a server cannot be reached or answers what is no answer; UnicodeError: its name is none."""

LONGEST_PAUSE = timedelta(hours=1)
"""How far ahead a server may put us off."""


def connection(
    url: str, *, within: timedelta, ca_file: Path | None = None, proxy: Proxy | None = None
) -> http.client.HTTPConnection:
    """To the host of an address, not yet connected; connecting, and each wait for the server, may take that long.

    `ca_file` adds a certificate authority of the owner's own. With a `proxy` no other way is tried, nothing in clear
    text goes through it, and what listens on this machine itself is reached without. UserError where `ca_file` cannot
    be read.
    """
    parts = urlsplit(url)
    host, seconds = parts.hostname or "", within.total_seconds()
    if proxy is not None and not is_loopback(host):
        return _ThroughProxy(proxy, host, parts.port or http.client.HTTPS_PORT, seconds, ca_file)
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port or http.client.HTTP_PORT, timeout=seconds)
    port = parts.port or http.client.HTTPS_PORT  # without one, http.client looks for it in an IPv6 address
    return http.client.HTTPSConnection(host, port, timeout=seconds, context=_trusted(ca_file))


def _trusted(ca_file: Path | None) -> ssl.SSLContext:
    try:
        return trust(ca_file)
    except OSError as error:
        if ca_file is None:
            raise
        raise UserError(f"{ca_file} cannot be read as a certificate: {why(error)}. Mend ca_file") from error


class _ThroughProxy(http.client.HTTPSConnection):
    """The proxy is told the name, and only the server that has a certificate for it is spoken to."""

    def __init__(self, proxy: Proxy, host: str, port: int, seconds: float, ca_file: Path | None) -> None:
        self._trusted = _trusted(ca_file)
        super().__init__(host, port, timeout=seconds, context=self._trusted)
        self._proxy = proxy
        self._seconds = seconds

    def connect(self) -> None:
        sock = socks.connect(self._proxy, self.host, self.port, seconds=self._seconds)
        self.sock = self._trusted.wrap_socket(sock, server_hostname=self.host)


def why(error: Exception) -> str:
    """Why a server was not reached, in words: without the system's number for it."""
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def target(url: str) -> str:
    """What is asked of that host: the path of the address, with its query."""
    parts = urlsplit(url)
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"


def pause(retry_after: str | None) -> timedelta | None:
    """Retry-After in seconds (RFC 9110 section 10.2.3); its other form, a date, is left to our own schedule."""
    if retry_after is None or not retry_after.isascii() or not retry_after.isdigit():
        return None
    return min(timedelta(seconds=int(retry_after[:9])), LONGEST_PAUSE)
