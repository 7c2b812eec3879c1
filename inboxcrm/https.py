"""A connection to a web server: TLS but for plain http, verified, no proxy of the environment, no redirect followed."""

from __future__ import annotations

import http.client
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from inboxcrm.trust import trust

LONGEST_PAUSE = timedelta(hours=1)
"""How far ahead a server may put us off."""


def connection(url: str, *, within: timedelta, ca_file: Path | None = None) -> http.client.HTTPConnection:
    """To the host of an address, not yet connected; connecting, and each wait for the server, may take that long.

    `ca_file` adds a certificate authority of the owner's own.
    """
    parts = urlsplit(url)
    host, seconds = parts.hostname or "", within.total_seconds()
    if parts.scheme == "http":
        return http.client.HTTPConnection(host, parts.port, timeout=seconds)
    return http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=trust(ca_file))


def target(url: str) -> str:
    """What is asked of that host: the path of the address, with its query."""
    parts = urlsplit(url)
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"


def pause(retry_after: str | None) -> timedelta | None:
    """Retry-After in seconds (RFC 9110 section 10.2.3); its other form, a date, is left to our own schedule."""
    if retry_after is None or not retry_after.isascii() or not retry_after.isdigit():
        return None
    return min(timedelta(seconds=int(retry_after[:9])), LONGEST_PAUSE)
