"""The command line: turns argv into calls, and errors into one sentence and an exit code."""

from inboxcrm.cli.root import main

__all__ = ("main",)
