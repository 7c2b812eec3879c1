"""Whose certificates are believed: those of the system's authorities, and of one of the owner's own."""

from __future__ import annotations

import ssl
import threading
from functools import lru_cache
from pathlib import Path

_one_at_a_time = threading.Lock()


def trust(ca_file: Path | None = None) -> ssl.SSLContext:
    """Verifies name and chain, TLS 1.2 at least; `ca_file` adds the owner's own authority. Reads files the first time.

    It is shared by all connections and is not to be changed: to read the system's authorities takes tens of
    milliseconds and nearly a megabyte each time. A `ca_file` that was written anew is read anew.
    """
    written_at = None if ca_file is None else ca_file.stat().st_mtime_ns
    with _one_at_a_time:  # fifty mailboxes that start together would each read them
        return _read(ca_file, written_at)


@lru_cache(maxsize=8)
def _read(ca_file: Path | None, _written_at: int | None) -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if ca_file is not None:
        context.load_verify_locations(ca_file)
    return context
