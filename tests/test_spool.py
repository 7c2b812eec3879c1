"""What a process wrote of a large mail is gone on with by the next, and believed as far as its digests reach."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from inboxcrm.spool import KeptSpool, clear

PIECES = (b"a" * 1000, b"b" * 1000, b"c" * 500)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "spool" / "one"


def written(path: Path) -> None:
    spool = KeptSpool(path)
    for piece in PIECES:
        spool.write(piece)


def whole(spool: KeptSpool) -> bytes:
    return b"".join(spool.pieces())


def test_another_process_finds_all_of_it_for_its_owner_alone(path: Path) -> None:
    written(path)

    again = KeptSpool(path)

    assert whole(again) == b"".join(PIECES)
    assert again.fingerprint == hashlib.sha256(b"".join(PIECES)).digest()
    assert {each.stat().st_mode & 0o777 for each in (path, *path.parent.iterdir())} == {0o600}
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_mail_of_one_piece_leaves_no_file(path: Path) -> None:
    spool = KeptSpool(path)
    spool.write(PIECES[0])

    assert whole(spool) == PIECES[0]
    assert not path.exists()


@pytest.mark.parametrize(
    ("damage", "left"),
    [
        pytest.param(lambda path: os.truncate(path, 1700), 1000, id="its end was not written"),
        pytest.param(lambda path: path.write_bytes(PIECES[0] + bytes(1500)), 1000, id="zeros stand where octets were"),
        pytest.param(lambda path: path.write_bytes(bytes(2500)), 0, id="nothing of it is whole"),
        pytest.param(lambda path: path.with_name("one.sums").unlink(), 0, id="its digests are gone"),
        pytest.param(lambda path: os.truncate(path.with_name("one.sums"), 80), 1000, id="a digest was cut off"),
    ],
)
def test_what_a_power_cut_left_unwritten_is_cut_off(path: Path, damage: Callable[[Path], object], left: int) -> None:
    written(path)
    damage(path)

    again = KeptSpool(path)
    assert whole(again) == b"".join(PIECES)[:left]
    again.write(b"".join(PIECES)[left:])

    assert whole(again) == b"".join(PIECES)
    assert whole(KeptSpool(path)) == b"".join(PIECES)


def test_a_disk_that_takes_no_more_leaves_it_empty(tmp_path: Path) -> None:
    spool = KeptSpool(tmp_path / "none" / "deeper" / "one")
    spool.write(PIECES[0])

    with pytest.raises(FileNotFoundError):
        spool.write(PIECES[1])

    assert (len(spool), whole(spool)) == (0, b"")


def test_what_nobody_went_on_with_for_a_week_is_removed(path: Path) -> None:
    written(path)
    now = datetime.fromtimestamp(path.stat().st_mtime, UTC)

    clear(path.parent, before=now - timedelta(days=1))
    assert path.exists()
    clear(path.parent, before=now + timedelta(days=1))

    assert not [*path.parent.iterdir()]
