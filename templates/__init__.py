"""The templates inboxcrm ships with; a file of the same name in a home's `templates/` takes its place."""
