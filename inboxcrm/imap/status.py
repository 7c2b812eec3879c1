"""How a mailbox is doing, in words a person can be shown."""

from inboxcrm.ports import MailboxState, MailboxStatus

__all__ = ("MailboxState", "MailboxStatus")
