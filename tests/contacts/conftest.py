"""The house of the service tests, and the commands about people."""

from __future__ import annotations

from inboxcrm.cli import address_books as _address_books
from inboxcrm.cli import contacts as _contacts
from inboxcrm.cli import contacts_memory as _memory
from inboxcrm.cli import matters as _matters
from inboxcrm.cli import reach as _reach
from inboxcrm.cli import reading as _reading
from tests.memory.conftest import house, open_house, run

__all__ = ["COMMANDS", "house", "open_house", "run"]

COMMANDS = (_address_books, _contacts, _matters, _memory, _reach, _reading)
"""The modules whose commands are tried: importing them enters the commands."""
