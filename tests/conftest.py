"""Servers for every test: in this process, or real ones run from a temporary folder.

A test that uses a real one is marked `server` by that. Where the program is missing it skips with a line saying how to
get it; with CI=true or INBOXCRM_NO_SKIP=1 it fails, and so does a run in which anything at all was skipped.
"""

from __future__ import annotations

import itertools
import os
import ssl
import subprocess
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeVar

import pytest
from hypothesis import HealthCheck, settings

from inboxcrm.testing.imap_server import MailServer
from inboxcrm.testing.smtp_server import SubmissionServer
from tests.servers.certificates import Certificate, make_certificate
from tests.servers.cyrus import Cyrus
from tests.servers.dovecot import Dovecot
from tests.servers.exim import Exim
from tests.servers.process import MissingProgramError, ServerProcess, find_program
from tests.whole.program import inboxcrm

NO_SKIP = os.environ.get("CI") == "true" or os.environ.get("INBOXCRM_NO_SKIP") == "1"
NEED_A_PROGRAM = {"dovecot", "cyrus", "exim", "make_exim", "chromium", "tmux"}

# How long an example takes says something of the machine and nothing of the code; hypothesis would fail over it.
settings.register_profile("any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")

Made = TypeVar("Made")
Server = TypeVar("Server", bound=ServerProcess)


# -- in this process


@pytest.fixture
async def mail_server() -> AsyncIterator[MailServer]:
    """An IMAP server in this process, on the test's event loop."""
    async with MailServer() as server:
        yield server


@pytest.fixture
async def smtp_sink() -> AsyncIterator[SubmissionServer]:
    """A submission server in this process that keeps what it is given."""
    async with SubmissionServer() as server:
        yield server


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    """A certificate for localhost that only `client_tls` trusts."""
    return make_certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def server_tls(certificate: Certificate) -> ssl.SSLContext:
    """What a server in this process shows."""
    return certificate.server_context()


@pytest.fixture
def client_tls(certificate: Certificate) -> ssl.SSLContext:
    """What a client needs to trust it."""
    return certificate.client_context()


# -- a home to look around in


@dataclass(frozen=True)
class Played:
    """One demo that was played, and the home it left: not to be written to."""

    home: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The demo, played once for all tests: it takes seconds."""
    home = tmp_path_factory.mktemp("demo") / "home"
    return Played(home, inboxcrm("demo", "--once", "--home", home))


# -- real programs


@pytest.fixture(scope="session")
def dovecot() -> Iterator[Dovecot]:
    """Dovecot; every user name is an account with the password `dovecot.password`. Take `user` for a fresh one."""
    yield from running(Dovecot)


@pytest.fixture(scope="session")
def cyrus() -> Iterator[Cyrus]:
    """Cyrus; accounts are made by `cyrus.add_user(user)`. Take `user` for a fresh name."""
    yield from running(Cyrus)


_numbers = itertools.count(1)


@pytest.fixture
def user() -> str:
    """A user name no other test of this process has."""
    return f"user{next(_numbers)}"


class MakeExim(Protocol):
    """Starts an Exim that delivers to this LMTP port; see `Exim` for `authentication`."""

    def __call__(self, lmtp_port: int, *, authentication: str | None = None) -> Exim: ...


@pytest.fixture
def make_exim(smtp_sink: SubmissionServer) -> Iterator[MakeExim]:
    """Exims that deliver to Dovecot or Cyrus and hand all other mail to `smtp_sink`; ended with the test."""
    started: list[Exim] = []

    def make(lmtp_port: int, *, authentication: str | None = None) -> Exim:
        exim = available(
            lambda: Exim(lmtp_port=lmtp_port, sink_port=smtp_sink.port, authentication=authentication),
        )
        started.append(exim)
        exim.start()
        return exim

    yield make

    for exim in started:
        exim.close()


@pytest.fixture
def exim(make_exim: MakeExim, dovecot: Dovecot) -> Exim:
    """An Exim that delivers to `dovecot` and hands all other mail to `smtp_sink`."""
    return make_exim(dovecot.lmtp_port)


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium."""
    return available(lambda: find_program("chromium", "sudo apt-get install chromium"))


@pytest.fixture(scope="session")
def tmux() -> str:
    """The path of tmux."""
    return available(lambda: find_program("tmux", "sudo apt-get install tmux"))


def running(make: Callable[[], Server]) -> Iterator[Server]:
    server = available(make)
    try:
        server.start()
        yield server
    finally:
        server.close()


def available(make: Callable[[], Made]) -> Made:
    try:
        return make()
    except MissingProgramError as missing:
        if NO_SKIP:
            pytest.fail(str(missing), pytrace=False)
        pytest.skip(str(missing))


# -- nothing is skipped in CI


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a program beside Python, before `-m` looks at the marks; who shares the demo shares a worker."""
    for item in items:
        names = set(getattr(item, "fixturenames", ()))
        if NEED_A_PROGRAM & names:
            item.add_marker(pytest.mark.server)
        if "played" in names:
            item.add_marker(pytest.mark.xdist_group("demo"))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say why a run in which something was skipped is no success."""
    skipped = terminalreporter.stats.get("skipped", [])
    if NO_SKIP and skipped:
        terminalreporter.write_line(f"{len(skipped)} skipped, and nothing may be skipped here", red=True)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail such a run."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if NO_SKIP and reporter is not None and reporter.stats.get("skipped"):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
