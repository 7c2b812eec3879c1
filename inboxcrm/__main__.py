"""`python -m inboxcrm` is `inboxcrm`."""

from inboxcrm.cli import main

main()
