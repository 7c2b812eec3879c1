"""The access token of a mailbox, renewed before it ends, once for everybody who asks."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

from inboxcrm.config import MailboxConfig, OAuth, OAuthProvider
from inboxcrm.errors import SignInNeededError
from inboxcrm.oauth.endpoints import endpoints
from inboxcrm.oauth.exchange import WITHIN, GrantRefusedError, post
from inboxcrm.oauth.keeper import Keeper
from inboxcrm.oauth.tokens import Tokens
from inboxcrm.passwords import read_source
from inboxcrm.ports import Bearer, Clock

log = logging.getLogger("inboxcrm.oauth")


class TokenSource:
    """What IMAP and SMTP of one mailbox log in with. Called on threads; blocks while the provider answers.

    The kept tokens are read each time: another process may have renewed them, or the owner signed in again. A renewed
    refresh token is kept before the access token that came with it is handed out: the old one may be void already.
    """

    def __init__(self, mailbox: MailboxConfig, home: Path, clock: Clock, *, within: timedelta = WITHIN) -> None:
        assert mailbox.auth is not None
        self._mailbox = mailbox.name
        self._oauth: OAuth = mailbox.auth
        self._endpoints = endpoints(mailbox.auth)
        self._clock = clock
        self._within = within
        self._refused: set[str] = set()
        self._unkept: Tokens | None = None
        self.keeper = Keeper(home, mailbox.name, mailbox.auth.tokens)
        self.ends_at: datetime | None = None
        """When the owner must have signed in again, as far as the provider told; as of the last time asked."""

    def __call__(self) -> Bearer:
        """A token that is good now.

        SignInNeededError where the owner must sign in, TransientError where asking later may help, UserError where the
        settings must be mended.
        """
        with self.keeper.alone():
            tokens = self._kept()
            now = self._clock.now()
            if not tokens.fresh(now) or tokens.access in self._refused:
                tokens = self._renew(tokens)
            self._refused &= {tokens.access}
            self.ends_at = tokens.refresh_until
            return Bearer(tokens.access, lambda: self._refused.add(tokens.access))

    def keep(self, tokens: Tokens) -> None:
        """Take over what the owner just granted."""
        with self.keeper.alone():
            self.keeper.write(tokens)
            self._unkept = None

    def forget(self) -> None:
        """Keep nothing more of this mailbox."""
        with self.keeper.alone():
            self.keeper.forget()

    def _kept(self) -> Tokens:
        tokens = self.keeper.read()
        if self._unkept is not None:
            if tokens is None or tokens.obtained_at < self._unkept.obtained_at:  # else the owner signed in since
                tokens = self._unkept
                self.keeper.write(tokens)
            self._unkept = None
        if tokens is None:
            raise SignInNeededError(f"nobody has signed in to mailbox {self._mailbox} yet. {self._advice}")
        if (tokens.client_id, tokens.token_url) != (self._oauth.client_id, self._endpoints.token):
            raise SignInNeededError(
                f"mailbox {self._mailbox} was signed in to with another client_id or provider. {self._advice}"
            )
        if tokens.refused is not None:
            raise SignInNeededError(self._ended(tokens.refused))
        return tokens

    def _renew(self, tokens: Tokens) -> Tokens:
        if tokens.refresh is None:
            raise SignInNeededError(self._ended("no refresh token was granted"))
        try:
            answer = post(
                self._endpoints.token,
                {"grant_type": "refresh_token", "refresh_token": tokens.refresh, **self._client()},
                ca_file=self._oauth.ca_file,
                proxy=self._oauth.proxy,
                within=self._within,
            )
        except GrantRefusedError as error:
            self.keeper.write(replace(tokens, refused=str(error)))
            log.warning("oauth.refused", extra={"mailbox": self._mailbox})
            raise SignInNeededError(self._ended(str(error))) from error
        renewed = tokens.renewed(answer, now=self._clock.now())
        self._keep(renewed)
        log.info("oauth.renewed", extra={"mailbox": self._mailbox, "rotated": renewed.refresh != tokens.refresh})
        return renewed

    def _keep(self, tokens: Tokens) -> None:
        """Where they cannot be kept now they are not used either, and not lost: they are kept next time."""
        self._unkept = tokens
        self.keeper.write(tokens)
        self._unkept = None

    def _client(self) -> dict[str, str]:
        """Who we are (RFC 6749 section 2.3.1); Microsoft wants to be told the scopes again."""
        scopes = {"scope": " ".join(self._endpoints.scopes)} if self._oauth.oauth is OAuthProvider.MICROSOFT else {}
        return {"client_id": self._oauth.client_id, **client_secret(self._oauth), **scopes}

    def _ended(self, why: str) -> str:
        return f"the sign-in of mailbox {self._mailbox} has ended ({why}). {self._advice}"

    @property
    def _advice(self) -> str:
        return f"Type: inboxcrm sign-in {self._mailbox}"


def client_secret(oauth: OAuth) -> dict[str, str]:
    """The client's secret as a form field, where it has one. PasswordError."""
    return {} if oauth.client_secret is None else {"client_secret": read_source(oauth.client_secret).reveal()}
