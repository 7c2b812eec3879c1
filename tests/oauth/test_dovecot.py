"""Dovecot asks the provider about each token, and lets us in with it by both mechanisms."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from inboxcrm.clock import SystemClock
from inboxcrm.config import Security, Server
from inboxcrm.imap import login
from inboxcrm.imap.errors import LoginRefusedError
from inboxcrm.imap.probe import probe
from inboxcrm.oauth.source import TokenSource
from inboxcrm.oauth.tokens import Tokens
from inboxcrm.ports import Bearer
from inboxcrm.sasl import Presented, present
from tests.conftest import running
from tests.oauth.conftest import custom, signed_in_by
from tests.oauth.provider import Provider
from tests.servers.dovecot import Dovecot

pytestmark = pytest.mark.server


class AskingDovecot(Dovecot):
    """A Dovecot that takes tokens, and asks the provider at this address whether they are good."""

    def __init__(self, provider: str) -> None:
        super().__init__()
        self._provider = provider

    def configure(self) -> None:
        super().configure()
        asks = self.folder / "oauth2.conf"
        asks.write_text(
            f"introspection_mode = get\nintrospection_url = {self._provider}/introspect?token=\n"
            "active_attribute = active\nactive_value = true\nusername_attribute = username\n"
        )
        asks.chmod(0o644)
        with (self.folder / "dovecot.conf").open("a") as more:
            more.write(
                "auth_mechanisms = plain login oauthbearer xoauth2\n"
                f"passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = {asks}\n}}\n"
            )


@pytest.fixture
def asking(provider: Provider) -> Iterator[Dovecot]:
    yield from running(lambda: AskingDovecot(provider.url))


@pytest.mark.parametrize("mechanism", ["OAUTHBEARER", "XOAUTH2"])
async def test_a_real_server_takes_our_token_and_explains_why_it_takes_no_other(
    asking: Dovecot, provider: Provider, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mechanism: str
) -> None:
    def by_one(bearer: Bearer, user: str, *, host: str, port: int, offered: list[str]) -> Presented | None:
        assert mechanism in offered
        return present(bearer, user, host=host, port=port, offered=[mechanism])

    monkeypatch.setattr(login, "present", by_one)
    where = Server("localhost", asking.tls_port, Security.TLS, asking.ca_file)
    config = signed_in_by(custom(provider), where)
    source = TokenSource(config, tmp_path, SystemClock())
    source.keep(
        Tokens.granted(
            provider.grant(), client_id="client-1", token_url=f"{provider.url}/token", now=SystemClock().now()
        )
    )

    assert "INBOX" in [name for name, _ in (await probe(config, source)).folders]

    with pytest.raises(LoginRefusedError, match=r"status (401|invalid_token)"):
        await probe(config, lambda: Bearer("no-such-token"))

    provider.access_tokens.clear()
    assert (await probe(config, source)).sent == "Sent"
    assert len(provider.asked) == 1
