"""Certificates' authorities are read once, however many ask for them at once."""

from __future__ import annotations

import os
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from inboxcrm.trust import trust
from tests.servers.certificates import Certificate


def test_many_who_ask_at_once_share_what_is_read_once(certificate: Certificate, tmp_path: Path) -> None:
    own = Path(shutil.copy(certificate.cert, tmp_path / "own.pem"))

    with ThreadPoolExecutor(20) as threads:
        shared = set(threads.map(lambda _: trust(own), range(20)))

    assert len(shared) == 1
    assert trust() not in shared


def test_an_authority_that_was_written_anew_is_read_anew(certificate: Certificate, tmp_path: Path) -> None:
    own = Path(shutil.copy(certificate.cert, tmp_path / "own.pem"))
    before = trust(own)

    os.utime(own, ns=(0, own.stat().st_mtime_ns + 1))

    assert trust(own) is not before
