"""Signing in to a mailbox by OAuth 2: what is granted, where it is kept, and how it stays fresh."""
