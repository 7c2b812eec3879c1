"""Makes the system refuse what a full or failing disk would: a bound on how far this process may let a file grow."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def files_end_at(octets: int) -> Iterator[None]:
    """Every writing past it fails (EFBIG), which SQLite calls SQLITE_IOERR_WRITE; what is mapped or read does not."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (octets, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
