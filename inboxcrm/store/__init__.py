"""Everything that is remembered: one SQLite file per home."""
