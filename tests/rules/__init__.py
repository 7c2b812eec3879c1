"""The owner's rules: what ships, what is refused, how they are kept in force."""
