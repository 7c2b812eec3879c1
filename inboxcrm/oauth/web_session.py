"""The session of the web that the libraries speak to a provider through while somebody signs in."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPSConnectionPool
from urllib3.connection import HTTPSConnection
from urllib3.exceptions import NewConnectionError

from inboxcrm import socks
from inboxcrm.config import OAuth, Proxy
from inboxcrm.domain.hosts import is_loopback
from inboxcrm.domain.text import plain
from inboxcrm.oauth.exchange import WITHIN


def session(oauth: OAuth) -> requests.Session:
    """One of our own."""
    return kept_to_ourselves(requests.Session(), oauth)


def kept_to_ourselves(made: requests.Session, oauth: OAuth) -> requests.Session:
    """The same, with no proxy but the owner's, no .netrc, bounded waits, and the owner's certificate authority.

    Wherever a provider sends it on to, clear text is for this machine itself only.
    """
    made.trust_env = False
    made.mount("https://", _Bounded() if oauth.proxy is None else _through(oauth.proxy))
    made.mount("http://", _Bounded())
    if oauth.ca_file is not None:
        made.verify = str(oauth.ca_file)
    return made


def why(error: Exception) -> str:
    """Why nobody was reached, as a person is told: a proxy's own words where it was the proxy."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, socks.ProxyError):
            return plain(str(cause), 300)
        cause = cause.__cause__ or cause.__context__
    return type(error).__name__


class _Bounded(HTTPAdapter):
    def send(self, request: requests.PreparedRequest, **options: object) -> requests.Response:  # type: ignore[override]  # handed on
        parts = urlsplit(request.url or "")
        if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
            raise requests.exceptions.InvalidSchema("clear text is for this machine itself only")
        return super().send(request, **{**options, "timeout": WITHIN.total_seconds()})  # type: ignore[arg-type]  # handed on


def _through(owners: Proxy) -> HTTPAdapter:
    """One whose sockets come from a proxy, which resolves the names; the library's own way needs a package more."""

    class Connection(HTTPSConnection):
        def _new_conn(self) -> socket.socket:
            if is_loopback(self.host):
                return super()._new_conn()
            try:
                return socks.connect(owners, self.host, self.port, seconds=WITHIN.total_seconds())
            except (OSError, ValueError) as error:
                raise NewConnectionError(self, str(error)) from error

    class Pool(HTTPSConnectionPool):
        ConnectionCls = Connection

    class ThroughProxy(_Bounded):
        def init_poolmanager(self, connections: int, maxsize: int, block: bool = False, **options: object) -> None:
            super().init_poolmanager(connections, maxsize, block, **options)
            self.poolmanager.pool_classes_by_scheme = {"https": Pool}

    return ThroughProxy()
