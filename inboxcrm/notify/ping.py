"""Says to a dead man's switch on the web that all is well; when it hears nothing for a while, it tells the owner."""

from __future__ import annotations

import asyncio
import http.client
import ssl
from datetime import timedelta
from urllib.parse import urlsplit

from inboxcrm.errors import TransientError

WITHIN = timedelta(seconds=10)


class Ping:
    """Fetches one address. Redirects are not followed and no proxy is asked."""

    def __init__(self, url: str, *, within: timedelta = WITHIN) -> None:
        self._url = url
        self._within = within

    async def __call__(self) -> None:
        """Fetch it; TransientError where the answer is no 2xx, or none."""
        status = await asyncio.to_thread(self._get)
        if not 200 <= status < 300:
            raise TransientError(f"{urlsplit(self._url).hostname} answered {status}")

    def _get(self) -> int:
        parts = urlsplit(self._url)
        host, seconds = parts.hostname or "", self._within.total_seconds()
        connection = (
            http.client.HTTPConnection(host, parts.port, timeout=seconds)
            if parts.scheme == "http"
            else http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=ssl.create_default_context())
        )
        try:
            connection.request("GET", f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}")
            return connection.getresponse().status
        except (OSError, http.client.HTTPException) as error:
            raise TransientError(f"{host} cannot be reached: {error or type(error).__name__}") from error
        finally:
            connection.close()
