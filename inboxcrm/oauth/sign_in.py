"""Letting the owner grant access to their mailbox: with a code on another screen, in the browser here, or by pasting.

Nothing here prints or asks; `Person` does. Blocking: it takes as long as a person takes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, cast

from inboxcrm.config import MailboxConfig, OAuth, OAuthProvider
from inboxcrm.domain.text import plain
from inboxcrm.errors import TransientError, UserError
from inboxcrm.oauth.endpoints import Endpoints, endpoints
from inboxcrm.oauth.exchange import GrantRefusedError, NotYetError, post
from inboxcrm.oauth.source import client_secret
from inboxcrm.oauth.tokens import Tokens
from inboxcrm.ports import Clock

if TYPE_CHECKING:
    from inboxcrm.oauth.redirect import Answer, Redirect

PATIENCE = timedelta(minutes=10)
"""How long a browser is waited for."""

SLOWER = 5.0
"""Seconds by which polling slows down when it is asked to (RFC 8628 section 3.5)."""


class Way(StrEnum):
    """`device`: a code typed on any screen; `browser`: here; `paste`: in a browser elsewhere."""

    DEVICE = "device"
    BROWSER = "browser"
    PASTE = "paste"


class Person(Protocol):
    """Who signs in."""

    def enter_code(self, url: str, code: str) -> None:
        """Show where to go and what to type there."""

    def open(self, url: str) -> None:
        """Show an address, and open it in a browser where there is one."""

    def paste(self, url: str) -> str:
        """Show an address to open anywhere, and ask for the address the browser ends at."""


def usual_way(oauth: OAuth, *, has_display: bool) -> Way:
    """A code where the provider gives codes for mail, as Google does not; else the browser, or pasting without one."""
    if endpoints(oauth).device is not None:
        return Way.DEVICE
    return Way.BROWSER if has_display else Way.PASTE


def sign_in(
    mailbox: MailboxConfig,
    way: Way,
    person: Person,
    clock: Clock,
    *,
    patience: timedelta = PATIENCE,
    sleep: Callable[[float], None] = time.sleep,
) -> Tokens:
    """What the owner grants. UserError where they do not, or the settings do not fit; TransientError."""
    oauth = mailbox.auth
    if oauth is None:
        raise UserError(f"mailbox {mailbox.name} has a password and nothing to sign in to: see `auth` in the settings")
    places = endpoints(oauth)
    try:
        if way is not Way.DEVICE:
            answer = _by_browser(mailbox.user, oauth, places, way, person, patience)
        elif oauth.oauth is OAuthProvider.MICROSOFT:
            answer = _by_microsofts_code(oauth, person, clock, sleep)
        else:
            answer = _by_code(oauth, places, person, clock, sleep)
    except GrantRefusedError as error:
        raise UserError(f"{places.host} did not let us in: {error}. Type: inboxcrm sign-in {mailbox.name}") from error
    tokens = Tokens.granted(answer, client_id=oauth.client_id, token_url=places.token, now=clock.now())
    if tokens.refresh is None:
        raise UserError(
            f"{places.host} gave no refresh token, so the sign-in would end within the hour. Add offline access to the "
            "scopes of `auth`, or let the client have it."
        )
    return tokens


# -- a code on another screen


def _by_microsofts_code(
    oauth: OAuth, person: Person, clock: Clock, sleep: Callable[[float], None]
) -> Mapping[str, object]:
    import msal  # takes a quarter of a second, and only this needs it
    from msal.exceptions import MsalServiceError
    from requests import RequestException

    from inboxcrm.oauth import web_session

    session = web_session.session(oauth)
    try:
        client = msal.PublicClientApplication(
            oauth.client_id,
            authority=f"{oauth.authority}/{oauth.tenant}",
            http_client=session,
            instance_discovery=False,
        )
        wanted = [each for each in endpoints(oauth).scopes if each != "offline_access"]  # msal adds it
        flow = client.initiate_device_flow(scopes=wanted)
        if "user_code" not in flow:
            raise UserError(f"Microsoft gives no code: {_told(flow)}. Check client_id and tenant of `auth`")
        until = clock.monotonic() + _number(flow, "expires_in", 900.0)
        person.enter_code(str(flow["verification_uri"]), str(flow["user_code"]))
        while True:
            try:
                answer = cast("Mapping[str, object]", client.acquire_token_by_device_flow(flow))
                break
            except (RequestException, MsalServiceError):  # RFC 8628 section 3.5: a time-out is answered by patience
                if clock.monotonic() > until:
                    raise
                sleep(SLOWER)
    except RequestException as error:
        raise TransientError(f"Microsoft cannot be reached: {web_session.why(error)}") from error
    except (ValueError, MsalServiceError) as error:
        raise TransientError(f"Microsoft cannot be reached: {plain(str(error), 300)}") from error
    if "access_token" not in answer:
        raise GrantRefusedError(_told(answer))
    return answer


def _by_code(
    oauth: OAuth, places: Endpoints, person: Person, clock: Clock, sleep: Callable[[float], None]
) -> Mapping[str, object]:
    """The device authorization grant (RFC 8628)."""
    if places.device is None:
        raise UserError(f"{places.host} gives no codes. Add --way browser, or --way paste")
    own = {"client_id": oauth.client_id, **client_secret(oauth)}
    told = post(places.device, {**own, "scope": " ".join(places.scopes)}, ca_file=oauth.ca_file, proxy=oauth.proxy)
    url = str(told.get("verification_uri") or told.get("verification_url"))
    person.enter_code(url, str(told.get("user_code")))
    pause, until = _number(told, "interval", 5.0), clock.monotonic() + _number(told, "expires_in", 900.0)
    grant = {"grant_type": "urn:ietf:params:oauth:grant-type:device_code", "device_code": str(told.get("device_code"))}
    while clock.monotonic() < until:
        sleep(pause)
        try:
            return post(places.token, {**own, **grant}, ca_file=oauth.ca_file, proxy=oauth.proxy)
        except NotYetError as error:
            pause += SLOWER if error.error == "slow_down" else 0.0
        except TransientError:
            pause = min(pause * 2, 60.0)  # RFC 8628 section 3.5: a time-out is answered by patience
    raise GrantRefusedError("the code was not typed in time")


def _number(told: Mapping[str, object], key: str, usual: float) -> float:
    value = told.get(key)
    return float(value) if isinstance(value, int | float) and value > 0 else usual


# -- a browser


def _by_browser(
    user: str, oauth: OAuth, places: Endpoints, way: Way, person: Person, patience: timedelta
) -> Mapping[str, object]:
    """The authorization code grant with PKCE (RFC 7636), back to this machine (RFC 8252 section 7.3)."""
    from authlib.common.security import generate_token  # as msal above, and what it needs of the web
    from authlib.integrations.base_client import OAuthError
    from authlib.integrations.requests_client import OAuth2Session
    from requests import RequestException

    from inboxcrm.oauth import web_session
    from inboxcrm.oauth.redirect import Redirect

    if places.authorize is None:
        raise UserError(f"{places.host} has no page to sign in at. Add --way device")
    secret = client_secret(oauth).get("client_secret")
    with Redirect(places.redirect_host) as redirect:
        session = OAuth2Session(
            oauth.client_id,
            secret,
            scope=" ".join(places.scopes),
            redirect_uri=redirect.url,
            code_challenge_method="S256",
            token_endpoint_auth_method="client_secret_post" if secret else "none",
        )
        web_session.kept_to_ourselves(session, oauth)
        verifier = generate_token(64)
        url, state = session.create_authorization_url(
            places.authorize, code_verifier=verifier, login_hint=user, **places.asked_besides
        )
        answer = _answer(way, person, url, state, redirect, patience)
        if answer.state != state:
            raise UserError("that is the answer to another sign-in. Begin again, and use the newest address")
        if answer.code is None:
            raise GrantRefusedError(answer.error or "no code came back")
        try:
            granted = session.fetch_token(places.token, code=answer.code, code_verifier=verifier)
        except OAuthError as error:
            raise GrantRefusedError(plain(f"{error.error}: {error.description}", 300)) from error
        except RequestException as error:
            raise TransientError(f"{places.host} cannot be reached: {web_session.why(error)}") from error
    return cast("Mapping[str, object]", granted)


def _answer(way: Way, person: Person, url: str, state: str, redirect: Redirect, patience: timedelta) -> Answer:
    from inboxcrm.oauth.redirect import answer_in

    if way is Way.PASTE:
        return answer_in(person.paste(url))
    person.open(url)
    answer = redirect.wait(patience, state)
    if answer is None:
        minutes = round(patience.total_seconds() / 60)
        raise UserError(f"no browser came back in {minutes} minutes. On a machine without one, add --way paste")
    return answer


def _told(answer: Mapping[str, object]) -> str:
    said = str(answer.get("error_description") or answer.get("error") or "no reason given").strip()
    return plain(said.splitlines()[0], 300)
