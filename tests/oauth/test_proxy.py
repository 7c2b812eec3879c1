"""All that leaves the machine over the web goes through the owner's proxy, and nothing goes past it."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
import requests

from inboxcrm.clock import SystemClock
from inboxcrm.config import AwayCalendar, OAuth, OAuthProvider, Proxy, TokenStore, Webhook
from inboxcrm.errors import InboxcrmError, UserError
from inboxcrm.fetching import fetch
from inboxcrm.notify.ping import Ping
from inboxcrm.notify.webhook import WebhookNotifier
from inboxcrm.oauth import web_session
from inboxcrm.oauth.sign_in import Way, sign_in
from inboxcrm.oauth.source import TokenSource
from inboxcrm.passwords import read_source
from inboxcrm.ports import Notice
from inboxcrm.testing.clock import FakeClock
from tests.oauth.conftest import NOON, granted, signed_in_by
from tests.oauth.provider import Provider
from tests.oauth.test_sign_in import QUICK, Ann
from tests.servers.certificates import Certificate, make_certificate
from tests.servers.socks import SocksProxy

NAME = "away.example.org"


@dataclass(frozen=True)
class Place:
    """A server on the web, as its certificate says; it gives tokens, and counts whatever it is asked."""

    provider: Provider
    certificate: Certificate
    home: Path

    @property
    def url(self) -> str:
        return self.provider.url

    @property
    def asked(self) -> int:
        return sum(self.provider.hits.values())

    def signs_in(self, way: Way, proxy: Proxy, kind: OAuthProvider = OAuthProvider.CUSTOM) -> None:
        ann = Ann(self.provider.approve)
        sign_in(signed_in_by(self.auth(proxy, kind)), way, ann, SystemClock(), patience=QUICK, sleep=lambda _: None)

    def renews(self, proxy: Proxy) -> None:
        clock = FakeClock(NOON)
        source = TokenSource(signed_in_by(self.auth(proxy)), self.home, clock)
        source.keep(granted(self.provider, clock))
        clock.advance(timedelta(hours=2))
        source()

    def auth(self, proxy: Proxy, kind: OAuthProvider = OAuthProvider.CUSTOM) -> OAuth:
        return OAuth(
            kind,
            self.provider.client_id,
            authority=self.url,
            authorize_url=f"{self.url}/authorize",
            token_url=f"{self.url}/token",
            device_url=f"{self.url}/devicecode",
            tokens=TokenStore.FILE,
            ca_file=self.certificate.cert,
            proxy=proxy,
        )


@pytest.fixture(scope="module")
def named(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("named"), names=f"DNS:{NAME}")


@pytest.fixture
def place(named: Certificate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    monkeypatch.setattr("inboxcrm.https.trust", lambda _: named.client_context())
    with Provider(tls=named.server_context()) as provider:
        provider.url = provider.url.replace("localhost", NAME)
        yield Place(provider, named, tmp_path)


@pytest.fixture(autouse=True)
def looked_up(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names that were looked up here; ours would be found, so whoever goes past the proxy arrives."""
    names: list[str] = []
    finding = socket.getaddrinfo

    def find(host: str, *rest: object, **more: object) -> object:
        names.append(host)
        return finding("127.0.0.1" if host == NAME else host, *rest, **more)  # type: ignore[arg-type]  # handed on

    monkeypatch.setattr(socket, "getaddrinfo", find)
    return names


Goes = Callable[[Place, Proxy], Awaitable[object]]


async def notifies(place: Place, proxy: Proxy) -> None:
    notice = Notice("k1", "trial", "A trial", f"client_id={place.provider.client_id}", urgent=False)
    await WebhookNotifier(Webhook(f"{place.url}/devicecode", proxy=proxy), read_source).tell(notice)


async def pings(place: Place, proxy: Proxy) -> None:
    await Ping(f"{place.url}/introspect", proxy=proxy)()


async def reads_a_calendar(place: Place, proxy: Proxy) -> None:
    await fetch(AwayCalendar("team", url=f"{place.url}/introspect", proxy=proxy))


def blocking(does: Callable[[Place, Proxy], None]) -> Goes:
    return lambda place, proxy: asyncio.to_thread(does, place, proxy)


ALL_WAYS = pytest.mark.parametrize(
    "goes",
    [
        pytest.param(notifies, id="a notice"),
        pytest.param(pings, id="the watch"),
        pytest.param(reads_a_calendar, id="a calendar"),
        pytest.param(blocking(Place.renews), id="a token renewed"),
        pytest.param(blocking(lambda place, proxy: place.signs_in(Way.DEVICE, proxy)), id="a code"),
        pytest.param(
            blocking(lambda place, proxy: place.signs_in(Way.DEVICE, proxy, OAuthProvider.MICROSOFT)),
            id="a code of Microsoft",
        ),
        pytest.param(blocking(lambda place, proxy: place.signs_in(Way.PASTE, proxy)), id="a browser"),
    ],
)


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Microsoft's library would wait a second before it polls, and warns where it did not."""
    monkeypatch.setattr("msal.oauth2cli.oauth2.time.sleep", lambda _: None)
    monkeypatch.setattr("msal.oauth2cli.oauth2.warnings.warn", lambda _: None)


@ALL_WAYS
@pytest.mark.usefixtures("at_once")
async def test_it_goes_through_the_proxy_which_finds_the_name(goes: Goes, place: Place, looked_up: list[str]) -> None:
    async with SocksProxy() as through:
        await goes(place, Proxy(through.host, through.port))

    assert place.asked > 0
    assert set(through.asked) == {NAME}
    assert NAME not in looked_up


@ALL_WAYS
async def test_nothing_goes_past_a_proxy_that_is_down(goes: Goes, place: Place, looked_up: list[str]) -> None:
    async with SocksProxy() as through:
        down = Proxy(through.host, through.port)

    with pytest.raises(InboxcrmError, match=r"the proxy 127\.0\.0\.1:\d+ cannot be reached: .+\. Start it, or mend"):
        await goes(place, down)
    assert place.asked == 0
    assert NAME not in looked_up


@ALL_WAYS
async def test_nothing_goes_past_a_proxy_that_says_no(goes: Goes, place: Place, looked_up: list[str]) -> None:
    async with SocksProxy(reply=2) as through:
        with pytest.raises(InboxcrmError, match="made no connection: its rules do not allow it"):
            await goes(place, Proxy(through.host, through.port))

    assert place.asked == 0
    assert NAME not in looked_up


async def test_a_server_with_the_certificate_of_another_is_not_spoken_to_behind_a_proxy(place: Place) -> None:
    place.provider.url = place.url.replace(NAME, "other.example.org")

    async with SocksProxy() as through:
        proxy = Proxy(through.host, through.port)
        with pytest.raises(UserError, match=r"the certificate of other\.example\.org is not trusted"):
            await notifies(place, proxy)
        with pytest.raises(InboxcrmError, match="cannot be reached"):
            await asyncio.to_thread(place.signs_in, Way.PASTE, proxy)

    assert place.asked == 0


async def test_what_is_on_this_machine_needs_no_proxy_and_may_lead_to_one(place: Place) -> None:
    with Provider() as here:
        async with SocksProxy() as through:
            proxy = Proxy(through.host, through.port)
            await Ping(f"{here.url}/introspect", proxy=proxy)()
            assert through.asked == []
            here.approve = lambda _path: f"{place.url}/introspect"  # type: ignore[assignment]  # it is sent on there
            await fetch(AwayCalendar("team", url=f"{here.url}/authorize", proxy=proxy))
            assert through.asked == [NAME]


def test_no_library_is_sent_on_to_clear_text_elsewhere() -> None:
    session = web_session.session(OAuth(OAuthProvider.GOOGLE, "id"))

    with pytest.raises(requests.RequestException, match="clear text"):
        session.get(f"http://{NAME}/token")
