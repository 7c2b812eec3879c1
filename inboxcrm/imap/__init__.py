"""Reading mailboxes over IMAP."""
