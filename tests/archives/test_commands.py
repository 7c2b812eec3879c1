"""`inboxcrm import` and `inboxcrm export` as programs: killed in the middle, and as a person sees them."""

from __future__ import annotations

import itertools
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from inboxcrm.archives import mbox
from tests.rules.test_commands import CONFIG
from tests.service.house import MONDAY, mail
from tests.whole.program import COMMAND, PATIENCE, environment, inboxcrm, rows

MAILS = 1_000


def made_home(folder: Path) -> Path:
    folder.mkdir()
    (folder / "config.toml").write_text(CONFIG)
    return folder


@pytest.fixture
def interruptible() -> Iterator[None]:
    """What a shell runs in the background ignores SIGINT, and so would the programs it starts."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("end", [signal.SIGKILL, signal.SIGINT])
def test_an_import_that_is_ended_goes_on_and_files_nothing_twice(tmp_path: Path, end: signal.Signals) -> None:
    path = tmp_path / "old.mbox"
    path.write_bytes(
        b"".join(
            mbox.laid(mail(number, at=MONDAY), sender="bob@client.example", received_at=MONDAY)
            for number in range(MAILS)
        )
    )
    for attempt in itertools.count():
        home = made_home(tmp_path / str(attempt))
        code, said = _ended_in_the_midst(home, path, end)
        (told,) = rows(home, "import", str(path))
        if told["new"]:  # else it had read everything before it was ended
            break

    assert code == (130 if end is signal.SIGINT else -signal.SIGKILL)
    assert (b"goes on where it was" in said) == (end is signal.SIGINT)
    assert told["resumed"] > 0
    assert 0 < told["new"] == told["seen"] < MAILS
    written = inboxcrm("--home", home, "export", "--to", tmp_path / "out.mbox", "--json")
    assert f'"mails": {MAILS},' in written.stdout


def _ended_in_the_midst(home: Path, path: Path, end: signal.Signals) -> tuple[int, bytes]:
    """Import this file and end it once something of it is on record: the exit code, and what was said."""
    with subprocess.Popen(
        [*COMMAND, "--home", str(home), "import", str(path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=environment(),
    ) as running:
        until = time.monotonic() + PATIENCE
        while _marked(home) == 0 and running.poll() is None and time.monotonic() < until:
            time.sleep(0.01)
        running.send_signal(end)
        _, said = running.communicate(timeout=PATIENCE)
    return running.returncode, said


def _marked(home: Path) -> int:
    import sqlite3

    try:
        with sqlite3.connect(f"file:{home / 'inboxcrm.db'}?mode=ro", uri=True) as connection:
            return int(connection.execute("SELECT COUNT(*) FROM import_marks").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def test_pieces_that_find_no_room_are_told_and_are_for_the_owner_alone(tmp_path: Path) -> None:
    home, to = made_home(tmp_path / "home"), tmp_path / "pieces"
    (tmp_path / "torn.mbox").write_bytes(b"From a@b.example Tue Mar  3 16:00:05 2026\n\1 no mail " + b"x" * 5_000)
    inboxcrm("--home", home, "import", str(tmp_path / "torn.mbox"))
    to.write_text("a file in its place")
    done = inboxcrm("--home", home, "import", "--broken", "--to", f"{to}/here")
    to.unlink()
    inboxcrm("--home", home, "import", "--broken", "--to", str(to))

    assert (done.returncode, done.stderr) == (2, f"inboxcrm: {to}/here cannot be written: Not a directory\n")
    assert [stat.S_IMODE(each.stat().st_mode) for each in (to, *to.iterdir())] == [0o700, 0o600]
