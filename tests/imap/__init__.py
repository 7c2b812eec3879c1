"""Tests of reading mail over IMAP."""
