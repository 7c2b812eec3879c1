"""What stands in an outbox."""

from __future__ import annotations

from datetime import UTC, datetime

from inboxcrm.config import Mode
from inboxcrm.domain.outbox import OutboxState
from inboxcrm.store import outbox

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ENTRY = outbox.Entry(
    kind="auto",
    mailbox_id=1,
    message_id=None,
    matter_id=None,
    promise_id=None,
    template="away",
    state=OutboxState.QUEUED,
    hold=False,
    mode=Mode.AUTO,
    dedupe_key="ack:1",
    recipient_base="bob@client.example",
    recipient_domain="client.example",
    subject_key="offer",
    stranger=True,
    form_lead=True,
    due_at=None,
    send_after=NOW,
    expires_at=NOW,
)
"""An acknowledgement to a new stranger's form, entered at `NOW`."""
