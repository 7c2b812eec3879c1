"""Use cases: gather, decide, commit."""
