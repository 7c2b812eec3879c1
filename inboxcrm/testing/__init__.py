"""Servers and fakes in process: what the tests and `inboxcrm demo` run on."""
