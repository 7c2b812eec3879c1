"""Tells the owner by posting to a web address: ntfy's way of it, or one JSON object as chat servers take it.

Redirects are not followed and no proxy but the owner's is asked: the headers may hold a secret, which is for the one
host that was configured.
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import json
import ssl
from collections.abc import Callable, Mapping
from datetime import timedelta
from urllib.parse import urlsplit

from inboxcrm import https
from inboxcrm.config import PasswordSource, Webhook, WebhookFormat
from inboxcrm.errors import TransientError, UserError
from inboxcrm.passwords import Secret
from inboxcrm.ports import Notice

WITHIN = timedelta(seconds=10)
"""How long connecting, and each wait for the server, may take."""

_LATER = frozenset((408, 425, 429))


class WebhookNotifier:
    """Posts each notice. Secrets are read when a notice goes out, and not kept."""

    def __init__(
        self, webhook: Webhook, read: Callable[[PasswordSource], Secret], *, within: timedelta = WITHIN
    ) -> None:
        self._webhook = webhook
        self._read = read
        self._within = within

    async def tell(self, notice: Notice) -> None:
        """Post it; any 2xx is taken for delivered. 408, 425, 429, 5xx and no answer are TransientErrors."""
        try:
            async with asyncio.timeout(3 * self._within.total_seconds()):
                status, retry_after = await asyncio.to_thread(self._post, notice)
        except TimeoutError as error:
            raise TransientError(f"{self._host} gave no answer in time") from error
        if 200 <= status < 300:
            return
        if status in _LATER or status >= 500:
            raise TransientError(f"{self._host} answered {status}", retry_after=retry_after)
        raise UserError(f"{self._host} answered {status}: mend url or headers in [notify.webhook]")

    @property
    def _host(self) -> str:
        return urlsplit(self._webhook.url).hostname or ""

    def _post(self, notice: Notice) -> tuple[int, timedelta | None]:
        headers, body = content(notice, self._webhook.format)
        headers |= self._secrets()
        connection = https.connection(
            self._webhook.url, within=self._within, ca_file=self._webhook.ca_file, proxy=self._webhook.proxy
        )
        try:
            connection.request("POST", https.target(self._webhook.url), body, headers)
            response = connection.getresponse()
            return response.status, https.pause(response.getheader("Retry-After"))
        except ssl.SSLCertVerificationError as error:
            raise UserError(f"the certificate of {self._host} is not trusted: {error.verify_message}") from error
        except (OSError, http.client.HTTPException) as error:
            raise TransientError(f"{self._host} cannot be reached: {https.why(error)}") from error
        except ValueError as error:
            raise UserError(f"a header of [notify.webhook] holds what no header may ({type(error).__name__})") from None
        finally:
            connection.close()

    def _secrets(self) -> dict[str, str]:
        return {
            name: value if isinstance(value, str) else self._read(value).reveal()
            for name, value in self._webhook.headers.items()
        }


def content(notice: Notice, written: WebhookFormat) -> tuple[dict[str, str], bytes]:
    """Headers and body of a notice."""
    if written is WebhookFormat.JSON:
        told: Mapping[str, object] = {
            "key": notice.key,
            "kind": notice.kind,
            "title": notice.title,
            "text": notice.text,
            "urgent": notice.urgent,
        }
        return {"Content-Type": "application/json"}, json.dumps(told, ensure_ascii=False).encode()
    headers = {
        "Content-Type": "text/plain; charset=utf-8",
        "Title": _field_value(notice.title),
        "Priority": "5" if notice.urgent else "3",
        "Tags": notice.kind,
    }
    return headers, notice.text.encode()


def _field_value(text: str) -> str:
    """A header's value: as it is in ASCII, else one encoded word however long (RFC 2047), which ntfy reads."""
    return text if text.isascii() else f"=?UTF-8?B?{base64.b64encode(text.encode()).decode('ascii')}?="
