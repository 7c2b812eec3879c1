"""Where a provider lets its users sign in, and what is asked of it there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from inboxcrm.config import OAuth, OAuthProvider

MICROSOFT_SCOPES = (
    "https://outlook.office.com/IMAP.AccessAsUser.All",
    "https://outlook.office.com/SMTP.Send",
)
"""Those of Outlook, not of Graph: the mail servers take no other. `offline_access` is asked for besides."""

GOOGLE_SCOPES = ("https://mail.google.com/",)


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of RFC 6749 section 3 and RFC 8628 section 3.1, and the scopes.

    `redirect_host` is what the provider wants a program on this machine to be called (RFC 8252 section 7.3).
    `asked_besides` are further parameters of the authorization request, without which no refresh token is given.
    """

    authorize: str | None
    token: str
    device: str | None
    scopes: tuple[str, ...]
    redirect_host: str = "127.0.0.1"
    asked_besides: Mapping[str, str] = field(default_factory=dict)

    @property
    def host(self) -> str:
        """Who gives the tokens, for messages."""
        return urlsplit(self.token).hostname or ""


def endpoints(oauth: OAuth) -> Endpoints:
    """Those of the configured provider."""
    match oauth.oauth:
        case OAuthProvider.MICROSOFT:
            base = f"{oauth.authority}/{oauth.tenant}/oauth2/v2.0"
            scopes = (*(oauth.scopes or MICROSOFT_SCOPES), "offline_access")
            return Endpoints(f"{base}/authorize", f"{base}/token", f"{base}/devicecode", scopes, "localhost")
        case OAuthProvider.GOOGLE:
            return Endpoints(
                oauth.authorize_url or "https://accounts.google.com/o/oauth2/v2/auth",
                oauth.token_url or "https://oauth2.googleapis.com/token",
                None,
                oauth.scopes or GOOGLE_SCOPES,
                asked_besides={"access_type": "offline", "prompt": "consent"},
            )
        case OAuthProvider.CUSTOM:
            return Endpoints(oauth.authorize_url, oauth.token_url or "", oauth.device_url, oauth.scopes)
