"""Going on inside TLS on an asyncio stream."""

from __future__ import annotations

import asyncio
from ssl import SSLContext
from typing import cast


async def upgrade(writer: asyncio.StreamWriter, context: SSLContext) -> None:
    """Do what `StreamWriter.start_tls` does, and raise ConnectionResetError when the peer went during the handshake.

    CPython up to 3.13 then leaves the writer without a transport, and its finaliser fails wherever it happens to run.
    """
    plain = writer.transport
    await writer.start_tls(context)
    if cast("asyncio.WriteTransport | None", writer.transport) is None:
        writer._transport = plain  # type: ignore[attr-defined]  # there is no public way back
        raise ConnectionResetError("the peer went during the TLS handshake")
