"""Says to a dead man's switch on the web that all is well; when it hears nothing for a while, it tells the owner."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

from inboxcrm import https
from inboxcrm.config import Proxy
from inboxcrm.errors import TransientError

WITHIN = timedelta(seconds=10)


class Ping:
    """Fetches one address. Redirects are not followed and no proxy but the owner's is asked."""

    def __init__(self, url: str, *, proxy: Proxy | None = None, within: timedelta = WITHIN) -> None:
        self._url = url
        self._proxy = proxy
        self._within = within

    async def __call__(self) -> None:
        """Fetch it; TransientError where the answer is no 2xx, or none."""
        status = await asyncio.to_thread(self._get)
        if not 200 <= status < 300:
            raise TransientError(f"{urlsplit(self._url).hostname} answered {status}")

    def _get(self) -> int:
        host = urlsplit(self._url).hostname or ""
        connection = https.connection(self._url, within=self._within, proxy=self._proxy)
        try:
            connection.request("GET", https.target(self._url))
            return connection.getresponse().status
        except https.UNREACHED as error:
            raise TransientError(f"{host} cannot be reached: {https.why(error)}") from error
        finally:
            connection.close()
