"""The rules inboxcrm ships with; a home's own `rules/` folder is read after them."""
