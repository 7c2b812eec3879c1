"""Servers for every test: in this process, or real ones run from a temporary folder."""

from __future__ import annotations

import ssl
from collections.abc import AsyncIterator

import pytest

from inboxcrm.testing.imap_server import MailServer
from inboxcrm.testing.smtp_server import SubmissionServer
from tests.servers.certificates import Certificate, make_certificate


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
