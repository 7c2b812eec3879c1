"""What a provider granted for one mailbox, and how long it is good."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

from inboxcrm.errors import UserError

AHEAD = timedelta(minutes=5)
"""How long before its end an access token is no longer shown to a server."""

ASSUMED = timedelta(hours=1)
"""How long an access token is good where the provider does not say (RFC 6749 section 5.1 lets it)."""

_CLOCKS_MAY_DIFFER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Tokens:
    """An access token with its refresh token, and for whom they were granted: they are shown to nobody else.

    `good_until` is the end of the access token, `refresh_until` that of the refresh token where the provider told it.
    `refused` is why the provider gives no more; only signing in again helps then.
    """

    client_id: str
    token_url: str
    access: str = field(repr=False)
    refresh: str | None = field(repr=False)
    obtained_at: datetime
    good_until: datetime
    refresh_until: datetime | None = None
    refused: str | None = None

    @classmethod
    def granted(cls, answer: Mapping[str, object], *, client_id: str, token_url: str, now: datetime) -> Self:
        """What a token endpoint answered (RFC 6749 section 5.1). UserError where that is no bearer token."""
        access, refresh = answer.get("access_token"), answer.get("refresh_token")
        if not isinstance(access, str) or not access.isascii() or not access.isprintable() or not access:
            raise UserError(f"{token_url} gave no access token that can be used")
        if str(answer.get("token_type", "bearer")).casefold() != "bearer":
            raise UserError(f"{token_url} gave a token that is no bearer token: no mail server takes it")
        life = _seconds(answer.get("expires_in"))
        last = _seconds(answer.get("refresh_token_expires_in", answer.get("refresh_expires_in")))
        return cls(
            client_id,
            token_url,
            access,
            refresh if isinstance(refresh, str) and refresh else None,
            now,
            now + (life or ASSUMED),
            now + last if last else None,
        )

    def renewed(self, answer: Mapping[str, object], *, now: datetime) -> Tokens:
        """After a refresh: the new access token, and the new refresh token where the provider changed it."""
        new = type(self).granted(answer, client_id=self.client_id, token_url=self.token_url, now=now)
        if new.refresh is None:
            return replace(new, refresh=self.refresh, refresh_until=new.refresh_until or self.refresh_until)
        return new

    def fresh(self, now: datetime) -> bool:
        """Whether the access token can still be shown: neither near its end, nor had at a time yet to come."""
        life = self.good_until - self.obtained_at
        until = self.obtained_at + max(life - AHEAD, life / 2)
        return self.obtained_at - _CLOCKS_MAY_DIFFER <= now < until

    def written(self) -> str:
        """As text, to be kept where nobody else reads it."""
        return json.dumps(asdict(self), default=datetime.isoformat)

    @classmethod
    def read(cls, text: str) -> Tokens | None:
        """From text; None where it is none of ours."""
        try:
            kept = json.loads(text)
            for name in ("obtained_at", "good_until", "refresh_until"):
                kept[name] = datetime.fromisoformat(kept[name]) if kept[name] is not None else None
            return cls(**kept)
        except (ValueError, TypeError, KeyError):
            return None


def _seconds(told: object) -> timedelta | None:
    """A lifetime, which some providers write as a text; None where there is none, or it is 0 for unlimited."""
    if isinstance(told, bool) or not isinstance(told, int | float | str):
        return None
    try:
        seconds = float(told)
    except ValueError:
        return None
    return timedelta(seconds=min(seconds, 10 * 365 * 86400)) if seconds >= 1 else None
