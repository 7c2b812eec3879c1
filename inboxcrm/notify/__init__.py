"""The ways by which word reaches the owner that are not the watched mailbox: a command, and a web address."""
