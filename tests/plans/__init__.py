"""Plans, policies, urgent mail and what is drafted for the owner."""
