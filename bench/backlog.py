"""How fast a large mailbox becomes searchable: `inboxcrm run --once` on generated mail in a real Dovecot.

    python -m bench.backlog [-n 20000] [--corpus FOLDER]

Prints messages per CPU second (daemon and parsing worker together, start and end included), and their ratio to the
standard library parsing the same mails, and to the least that a searchable archive of them takes (see `floor`), all in
the same run; wall time, peak resident memory of both processes added up, the time until the first screen of mail, fifty
of the newest or all there is, is on record (from the start of the program, and from its first connection; for `run`
too, as the owner starts it), and disk per message beside the floor's.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from bench import floor
from bench.floor import PASSWORD_VARIABLE
from tests.servers.dovecot import Dovecot

HERE = Path(__file__).parent
OWNER = "robin@marsh-advisory.example"
"""Whose mailbox the corpus is."""

FOLDERS = ("INBOX", "Sent", "Archive")
FIRST_SCREEN = 50
"""How many mails fill a screen."""


@dataclass(slots=True)
class Screen:
    """When the first connection stood, and when `full` mails were on record: seconds after the program's start."""

    full: int
    connected: float = 0.0
    readable: float = 0.0

    def look(self, home: Path, *, port: int, after: float) -> None:
        """Note what is so now."""
        if not self.connected and _connected(port):
            self.connected = after
        if not self.readable and _stored(home) >= self.full:
            self.readable = after


@dataclass(slots=True)
class Run:
    """What one run took; memory in MiB."""

    messages: int
    cpu: float
    wall: float
    peak: float
    screen: Screen
    disk: int


def generate(folder: Path, count: int) -> Path:
    """The generated mailbox as a Maildir, made once."""
    if not (folder / "manifest.json").exists():
        command = [sys.executable, str(HERE / "corpus.py"), str(folder), "-n", str(count), "--jobs", "2", "--no-mbox"]
        subprocess.run(command, check=True)
    return folder / "Maildir"


def fill(server: Dovecot, user: str, maildir: Path) -> None:
    """Import the Maildir into the server's own format, folder by folder."""
    copy = server.folder / "import"
    shutil.copytree(maildir, copy)
    server.identity.own(copy)
    done = server.doveadm("import", "-u", user, f"maildir:{copy}", "", "ALL")
    if done.returncode:
        raise RuntimeError(done.stderr)
    shutil.rmtree(copy)


def settings(server: Dovecot, user: str) -> str:
    """A home's config.toml for the benchmark."""
    return f"""
[owner]
name = "Robin Marsh"
addresses = ["{OWNER}"]
timezone = "Europe/Zurich"
language = "en"

[[mailbox]]
name = "main"
imap = {{ host = "127.0.0.1", port = {server.port}, security = "none" }}
smtp = {{ host = "127.0.0.1", port = 25, security = "none" }}
user = "{user}"
password = {{ env = "{PASSWORD_VARIABLE}" }}
folders = ["Archive"]
"""


def make_home(home: Path, server: Dovecot) -> Path:
    """A new home."""
    home.mkdir(mode=0o700)
    (home / "config.toml").write_text(settings(server, "ann"), "utf-8")
    return home


def _begin(home: Path, password: str, *options: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, PASSWORD_VARIABLE: password}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # an installed program is compiled once, not at every start
    command = [sys.executable, "-m", "inboxcrm", "--home", str(home), "run", *options, "--log-level", "warning"]
    return subprocess.Popen(command, env=environment, stderr=subprocess.PIPE)


def measure(home: Path, port: int, password: str, *, full: int) -> Run:
    """Run the daemon once and watch it."""
    before = os.times()
    started = time.monotonic()
    process = _begin(home, password, "--once")
    peak, screen = 0.0, Screen(full)
    while process.poll() is None:
        peak = max(peak, sum(_resident(pid) for pid in _family(process.pid)))
        if not screen.readable:
            screen.look(home, port=port, after=time.monotonic() - started)
        time.sleep(0.05 if screen.readable else 0.01)
    wall = time.monotonic() - started
    after = os.times()
    if process.returncode:
        assert process.stderr is not None
        raise RuntimeError(process.stderr.read().decode())
    cpu = after.children_user + after.children_system - before.children_user - before.children_system
    disk = sum(each.stat().st_size for each in home.glob("inboxcrm.db*"))
    return Run(_stored(home), cpu, wall, peak, screen, disk)


def measure_screen(home: Path, port: int, password: str, *, full: int) -> Screen:
    """Start the daemon as an owner does, and end it when the first screen is there."""
    started = time.monotonic()
    process = _begin(home, password)
    screen = Screen(full)
    try:
        while process.poll() is None and not screen.readable:
            screen.look(home, port=port, after=time.monotonic() - started)
            time.sleep(0.01)
    finally:
        process.terminate()
        process.wait(30)
    return screen


def _connected(port: int) -> bool:
    """Whether a client on this machine has a connection to this port: its remote port, state 01 (ESTABLISHED)."""
    rows = (line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return any(row[2].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


def _stored(home: Path) -> int:
    file = home / "inboxcrm.db"
    if not file.exists():
        return 0
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as connection:
            return int(connection.execute("SELECT COUNT(*) FROM messages").fetchone()[0])
    except sqlite3.OperationalError:
        return 0


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [pid, *(each for child in children.read_text().split() for each in _family(int(child)))]
    except OSError:
        return []


def _resident(pid: int) -> float:
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
    except (OSError, IndexError):
        return 0.0


def main() -> None:
    """Measure and print."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("-n", type=int, default=20_000)
    options.add_argument("--corpus", type=Path)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="inboxcrm-bench-") as folder:
        maildir = generate(chosen.corpus or Path(folder) / "corpus", chosen.n)
        server = Dovecot()
        server.start()
        try:
            fill(server, "ann", maildir)
            home, second = make_home(Path(folder) / "home", server), make_home(Path(folder) / "second", server)
            parsing = floor.parsed_per_cpu_second(maildir)
            full = min(FIRST_SCREEN, sum(len(list(maildir.rglob(f"{each}/*"))) for each in ("cur", "new")))
            run = measure(home, server.port, server.password, full=full)
            watching = measure_screen(second, server.port, server.password, full=full)
            least = floor.measure(
                Path(folder) / "floor.db", port=server.port, user="ann", password=server.password, folders=FOLDERS
            )
        finally:
            server.close()
    print(f"messages                 {run.messages}")
    rate = run.messages / run.cpu
    print(f"per CPU second           {rate:.0f}   ({run.cpu:.1f} s)")
    print(f"  of parsing alone       {rate / parsing:.2f}   (the standard library parses {parsing:.0f})")
    print(f"  of the floor           {rate / least.rate:.2f}   (the least there is makes {least.rate:.0f})")
    print(f"wall                     {run.wall:.1f} s")
    print(f"peak resident, together  {run.peak:.0f} MiB")
    for name, screen in (("run --once", run.screen), ("run", watching)):
        since = screen.readable - screen.connected
        print(f"first screen, {name:<11}{screen.readable:.2f} s after the start, {since:.2f} s after the connection")
    disk = run.disk / run.messages
    print(f"disk per message         {disk / 1000:.1f} kB, {disk * least.messages / least.disk:.2f} of the floor")


if __name__ == "__main__":
    main()
