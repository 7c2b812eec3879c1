"""What is known of providers agrees with itself."""

from __future__ import annotations

import pytest

from inboxcrm import providers
from inboxcrm.config import Security
from inboxcrm.providers import PROVIDERS, Provider


def named(provider: Provider) -> str:
    return provider.name


@pytest.mark.parametrize("provider", PROVIDERS, ids=named)
def test_a_provider_is_found_by_its_own_servers(provider: Provider) -> None:
    found = {providers.for_host(server.host, server.port) for server in (provider.imap, provider.smtp)}

    assert provider in found


@pytest.mark.parametrize("provider", PROVIDERS, ids=named)
def test_no_provider_is_reached_in_clear_text(provider: Provider) -> None:
    assert Security.NONE not in {provider.imap.security, provider.smtp.security}


@pytest.mark.parametrize("provider", PROVIDERS, ids=named)
def test_an_idle_is_renewed_within_the_half_hour_of_rfc_2177(provider: Provider) -> None:
    assert 1 <= provider.idle_minutes < 29


def test_no_domain_belongs_to_two_providers() -> None:
    domains = [domain for provider in PROVIDERS for domain in provider.domains]

    assert len(domains) == len(set(domains))


@pytest.mark.parametrize(
    ("address", "name"),
    [
        pytest.param("ann@GMail.com", "Gmail", id="case does not matter"),
        pytest.param("ann@hotmail.com", "Outlook.com", id="an old name"),
        pytest.param("ann@gmail.com.example.org", None, id="a look-alike"),
        pytest.param("ann@example.org", None, id="nobody's"),
    ],
)
def test_an_address_tells_its_provider(address: str, name: str | None) -> None:
    provider = providers.for_address(address)

    assert (provider.name if provider else None) == name


@pytest.mark.parametrize(
    ("host", "port", "name"),
    [
        pytest.param("p01-imap.mail.me.com", 993, "iCloud", id="a host below the provider's"),
        pytest.param("evil-mail.me.com", 993, None, id="a name that only ends alike"),
        pytest.param("127.0.0.1", 1143, "Proton Mail Bridge", id="the bridge by its port"),
        pytest.param("127.0.0.1", 10143, None, id="a server of one's own"),
    ],
)
def test_a_host_tells_its_provider(host: str, port: int, name: str | None) -> None:
    provider = providers.for_host(host, port)

    assert (provider.name if provider else None) == name
