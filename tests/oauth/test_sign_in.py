"""How an owner grants access: a code on another screen, the browser here, an address that is pasted."""

from __future__ import annotations

import ssl
import threading
import urllib.request
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from urllib.parse import parse_qs, urlsplit

import pytest

from inboxcrm.clock import SystemClock
from inboxcrm.config import OAuth, OAuthProvider
from inboxcrm.errors import UserError
from inboxcrm.oauth.redirect import answer_in
from inboxcrm.oauth.sign_in import Way, sign_in, usual_way
from tests.oauth.conftest import custom, signed_in_by
from tests.oauth.provider import Provider
from tests.servers.certificates import Certificate

QUICK = timedelta(seconds=60)


class Ann:
    """Signs in, in her own way."""

    def __init__(self, approve: Callable[[str], str], visit: Callable[[str], str] = lambda url: url) -> None:
        self.approve, self.visit = approve, visit
        self.codes: list[tuple[str, str]] = []
        self.pages: list[str] = []

    def enter_code(self, url: str, code: str) -> None:
        self.codes.append((url, code))

    def open(self, url: str) -> None:
        def browse() -> None:
            with urllib.request.urlopen(self.visit(self.approve(url)), timeout=60) as page:
                self.pages.append(page.read().decode())

        threading.Thread(target=browse, daemon=True).start()

    def paste(self, url: str) -> str:
        return self.visit(self.approve(url))


def grant(auth: OAuth, way: Way, ann: Ann, **options: object) -> str:
    tokens = sign_in(signed_in_by(auth), way, ann, SystemClock(), patience=QUICK, **options)  # type: ignore[arg-type]  # handed on
    assert tokens.refresh is not None
    return tokens.access


@pytest.fixture
def over_tls(certificate: Certificate, server_tls: ssl.SSLContext) -> Iterator[Provider]:
    with Provider(tls=server_tls) as one:
        yield one


def microsoft(provider: Provider, certificate: Certificate) -> OAuth:
    return OAuth(
        OAuthProvider.MICROSOFT,
        provider.client_id,
        authority=provider.url,
        ca_file=certificate.cert,
    )


# -- a code


def test_microsofts_code_is_shown_and_waited_for(
    over_tls: Provider, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = list[float]()
    monkeypatch.setattr("msal.oauth2cli.oauth2.time.sleep", slept.append)
    monkeypatch.setattr("msal.oauth2cli.oauth2.warnings.warn", lambda _: None)  # that we did not sleep
    over_tls.pending.extend(["authorization_pending", "slow_down"])
    ann = Ann(over_tls.approve)

    assert grant(microsoft(over_tls, certificate), Way.DEVICE, ann) == "access-1"
    assert ann.codes == [(f"{over_tls.url}/enter", "ABCD-EFGH")]
    assert sum(slept) >= 7  # a second, and five more since it was told to slow down


def test_microsoft_may_fail_while_it_is_polled(
    over_tls: Provider, certificate: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    slept = [0.0]
    clock = SystemClock()  # the library remembers for a minute that it was refused
    later = SimpleNamespace(time=lambda: clock.now().timestamp() + 20 * sum(slept))
    monkeypatch.setattr("msal.individual_cache.time", later)
    over_tls.moods.extend([(503, {}), (503, {})])

    assert grant(microsoft(over_tls, certificate), Way.DEVICE, Ann(over_tls.approve), sleep=slept.append) == "access-1"
    assert slept == [0.0, 5.0, 5.0]


def test_a_code_that_is_declined_lets_nobody_in(over_tls: Provider, certificate: Certificate) -> None:
    over_tls.pending.append("authorization_declined")

    with pytest.raises(UserError, match=r"did not let us in: authorization_declined. Type: inboxcrm sign-in main"):
        grant(microsoft(over_tls, certificate), Way.DEVICE, Ann(over_tls.approve))


def test_a_client_that_microsoft_does_not_know_is_told(over_tls: Provider, certificate: Certificate) -> None:
    auth = microsoft(over_tls, certificate)
    over_tls.client_id = "another"

    with pytest.raises(UserError, match="Microsoft gives no code: invalid_client"):
        grant(auth, Way.DEVICE, Ann(over_tls.approve))


def test_the_code_of_a_provider_of_ones_own_is_polled_more_slowly_when_it_asks_for_that(provider: Provider) -> None:
    slept = list[float]()
    provider.pending.extend(["authorization_pending", "slow_down", "authorization_pending"])
    ann = Ann(provider.approve)

    assert grant(custom(provider), Way.DEVICE, ann, sleep=slept.append) == "access-1"
    assert slept == [1.0, 1.0, 6.0, 6.0]
    assert ann.codes == [(f"{provider.url}/enter", "ABCD-EFGH")]


def test_a_provider_that_fails_while_it_is_polled_is_asked_again(provider: Provider) -> None:
    slept = list[float]()
    provider.moods.append((503, {}))

    assert grant(custom(provider), Way.DEVICE, Ann(provider.approve), sleep=slept.append) == "access-1"
    assert slept == [1.0, 2.0]


def test_a_code_that_ended_is_told(provider: Provider) -> None:
    provider.pending.append("expired_token")

    with pytest.raises(UserError, match="expired_token"):
        grant(custom(provider), Way.DEVICE, Ann(provider.approve), sleep=lambda _: None)


# -- a browser


@pytest.mark.parametrize("way", [Way.BROWSER, Way.PASTE])
def test_a_browser_brings_the_code_which_only_we_can_use(provider: Provider, way: Way) -> None:
    ann = Ann(provider.approve)

    assert grant(custom(provider), way, ann) == "access-1"
    [asked], [exchanged] = provider.authorized, provider.asked
    assert asked["code_challenge_method"] == "S256"
    assert asked["login_hint"] == "ann@example.org"
    assert asked["redirect_uri"].startswith("http://127.0.0.1:")
    assert exchanged["grant_type"] == "authorization_code"
    assert len(exchanged["code_verifier"]) >= 43
    assert "client_secret" not in exchanged


def test_google_is_asked_for_a_refresh_token(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    auth = OAuth(
        OAuthProvider.GOOGLE,
        provider.client_id,
        authorize_url=f"{provider.url}/authorize",
        token_url=f"{provider.url}/token",
    )

    assert grant(auth, Way.BROWSER, Ann(provider.approve)) == "access-1"
    [asked] = provider.authorized
    assert (asked["access_type"], asked["prompt"]) == ("offline", "consent")
    assert asked["scope"] == "https://mail.google.com/"


def test_what_others_send_to_our_address_is_not_taken_for_an_answer(provider: Provider) -> None:
    ann = Ann(provider.approve)
    refused = list[int]()

    def first_somebody_else(back: str) -> str:
        for other in ("/favicon.ico", "?code=stolen&state=guessed", "?error=access_denied"):
            try:
                urllib.request.urlopen(back.partition("?")[0] + other, timeout=60)
            except urllib.error.HTTPError as error:
                refused.append(error.code)
                error.close()
        return back

    ann.visit = first_somebody_else

    assert grant(custom(provider), Way.BROWSER, ann) == "access-1"
    assert refused == [404, 404, 404]


def test_the_answer_to_another_sign_in_is_refused(provider: Provider) -> None:
    ann = Ann(provider.approve, lambda back: back.replace("state=", "state=x"))

    with pytest.raises(UserError, match="the answer to another sign-in"):
        grant(custom(provider), Way.PASTE, ann)
    assert provider.asked == []


def test_a_sign_in_that_is_declined_in_the_browser_is_told(provider: Provider) -> None:
    def declined(back: str) -> str:
        state = parse_qs(urlsplit(back).query)["state"][0]
        return f"{back.partition('?')[0]}?error=access_denied&error_description=You+said+no&state={state}"

    with pytest.raises(UserError, match="did not let us in: access_denied: You said no"):
        grant(custom(provider), Way.BROWSER, Ann(provider.approve, declined))


def test_a_browser_that_never_comes_back_is_not_waited_for_for_ever(provider: Provider) -> None:
    class Away(Ann):
        def open(self, url: str) -> None:
            pass

    with pytest.raises(UserError, match="add --way paste"):
        sign_in(
            signed_in_by(custom(provider)),
            Way.BROWSER,
            Away(provider.approve),
            SystemClock(),
            patience=timedelta(seconds=0.1),
        )


def test_an_address_without_an_answer_is_explained() -> None:
    with pytest.raises(UserError, match="that address holds no answer"):
        answer_in("https://accounts.example/signin")


def test_a_grant_without_a_refresh_token_is_refused_since_it_would_end_within_the_hour(provider: Provider) -> None:
    provider.extra = {"refresh_token": ""}

    with pytest.raises(UserError, match="gave no refresh token"):
        grant(custom(provider), Way.BROWSER, Ann(provider.approve))


@pytest.mark.parametrize(
    ("kind", "display", "way"),
    [
        (OAuthProvider.MICROSOFT, True, Way.DEVICE),
        (OAuthProvider.MICROSOFT, False, Way.DEVICE),
        (OAuthProvider.GOOGLE, True, Way.BROWSER),
        (OAuthProvider.GOOGLE, False, Way.PASTE),
    ],
)
def test_the_usual_way_is_what_the_provider_and_the_machine_allow(kind: OAuthProvider, display: bool, way: Way) -> None:
    assert usual_way(OAuth(kind, "c"), has_display=display) is way
