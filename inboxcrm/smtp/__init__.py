"""Sending: one submission server behind the `Transport` protocol."""

from inboxcrm.smtp.session import Patience
from inboxcrm.smtp.transport import SmtpTransport

__all__ = ("Patience", "SmtpTransport")
