"""How a real server is run: unprivileged, on loopback, from a temporary folder, stopped by its own process group."""

from __future__ import annotations

import grp
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

START_WITHIN = 60.0
STOP_WITHIN = 10.0


class MissingProgramError(Exception):
    """A program is not on this machine; the message says how to get it."""


def find_program(name: str, install: str) -> str:
    """The path of a program, also where only root's PATH looks. MissingProgramError with the command to type."""
    found = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin:/sbin")
    if found is None:
        raise MissingProgramError(f"{name} is missing: {install}")
    return found


def free_port() -> int:
    """A TCP port on loopback that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the servers run as: the caller, or `nobody` for root (mail servers refuse to serve mail as root)."""

    uid: int
    gid: int

    @classmethod
    def unprivileged(cls) -> Identity:
        if os.geteuid() != 0:
            return cls(os.geteuid(), os.getegid())
        nobody = pwd.getpwnam("nobody")
        return cls(nobody.pw_uid, nobody.pw_gid)

    @property
    def user(self) -> str:
        return pwd.getpwuid(self.uid).pw_name

    @property
    def group(self) -> str:
        return grp.getgrgid(self.gid).gr_name

    def own(self, path: Path) -> None:
        """Give a path, and everything below it, to this identity."""
        if os.geteuid() == 0:
            for one in (path, *path.rglob("*")):
                os.chown(one, self.uid, self.gid)

    def run(self, command: Sequence[str | Path], *, folder: Path) -> subprocess.CompletedProcess[str]:
        """Run a command to its end as this identity."""
        return subprocess.run(
            [str(part) for part in command],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
            user=self.uid if os.geteuid() == 0 else None,
            group=self.gid if os.geteuid() == 0 else None,
            extra_groups=[] if os.geteuid() == 0 else None,
        )

    def spawn(
        self, command: Sequence[str | Path], *, folder: Path, log: Path, environment: Mapping[str, str]
    ) -> subprocess.Popen[bytes]:
        """Start a command in a process group of its own; what it prints goes to the log."""
        with log.open("ab") as output:
            return subprocess.Popen(
                [str(part) for part in command],
                cwd=folder,
                env={**os.environ, **environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=self.uid if os.geteuid() == 0 else None,
                group=self.gid if os.geteuid() == 0 else None,
                extra_groups=[] if os.geteuid() == 0 else None,
            )


class ServerProcess:
    """The life of one real server; a subclass writes the configuration and names the command."""

    environment: Mapping[str, str] = {}

    def __init__(self) -> None:
        self.identity = Identity.unprivileged()
        self._process: subprocess.Popen[bytes] | None = None

    @cached_property
    def folder(self) -> Path:
        """Everything the server reads and writes; the server's own user can reach it."""
        folder = Path(tempfile.mkdtemp(prefix=f"inboxcrm-{type(self).__name__.lower()}-"))
        folder.chmod(0o755)
        return folder

    @property
    def log(self) -> Path:
        """What the server printed."""
        return self.folder / "output.log"

    def configure(self) -> None:
        """Write the configuration below `folder`."""
        raise NotImplementedError

    def command(self) -> Sequence[str | Path]:
        """What is run, in the foreground."""
        raise NotImplementedError

    def greeting(self) -> tuple[int, bytes]:
        """The port and how the server greets there when it is ready."""
        raise NotImplementedError

    def start(self) -> None:
        """Run it, and come back when it answers. RuntimeError with its log when it does not."""
        if not (self.folder / "configured").exists():
            self.configure()
            (self.folder / "configured").touch()
            self.identity.own(self.folder)
        self._process = self.identity.spawn(
            self.command(), folder=self.folder, log=self.log, environment=self.environment
        )
        end = time.monotonic() + START_WITHIN
        while not self._answers():
            if self._process.poll() is not None or time.monotonic() > end:
                output = self.log.read_text(errors="replace")
                self.stop()
                raise RuntimeError(f"{type(self).__name__} did not start:\n{output}")
            time.sleep(0.02)

    def stop(self) -> None:
        """End it and its children; what it stored stays for another `start`."""
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # Children with an idling client outlive their master; they are in its process group.
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            return

    def close(self) -> None:
        """End it and forget what it stored."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self) -> bool:
        port, greeting = self.greeting()
        try:
            with socket.create_connection(("127.0.0.1", port), 1) as connection:
                connection.settimeout(3)
                return connection.recv(256).startswith(greeting)
        except OSError:
            return False
