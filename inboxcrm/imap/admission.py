"""How soon a further connection may be opened, so that fifty mailboxes do not come back all at once."""

from __future__ import annotations

from dataclasses import dataclass, field

_BURST = 10
_PER_HOST = 2.0
"""Seconds between connections to one host once the burst is used up."""

_PER_ACCOUNT = 60.0
"""The same between logins of one account: ten in ten minutes."""

_LOOPBACK = ("127.", "localhost", "::1")


@dataclass(slots=True)
class _Allowance:
    """A bucket that fills again one by one; `full_at` is when it would be full."""

    full_at: float = 0.0

    def take(self, now: float, *, every: float) -> float:
        """Seconds until the next may pass; it is taken by asking."""
        self.full_at = max(self.full_at, now) + every
        return max(0.0, self.full_at - now - _BURST * every)


@dataclass(slots=True)
class Admission:
    """Allowances by host and by account; shared by the mailboxes of a process. This machine itself needs none."""

    _hosts: dict[str, _Allowance] = field(default_factory=dict)
    _accounts: dict[tuple[str, str], _Allowance] = field(default_factory=dict)

    def wait(self, host: str, account: str, now: float) -> float:
        """Seconds to wait before this connection; `now` is monotonic."""
        if host.startswith(_LOOPBACK):
            return 0.0
        by_host = self._hosts.setdefault(host, _Allowance()).take(now, every=_PER_HOST)
        by_account = self._accounts.setdefault((host, account), _Allowance()).take(now, every=_PER_ACCOUNT)
        return max(by_host, by_account)


SHARED = Admission()
"""The allowances of this process."""
