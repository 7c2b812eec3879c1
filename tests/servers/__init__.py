"""Real servers, run unprivileged from a temporary folder."""
