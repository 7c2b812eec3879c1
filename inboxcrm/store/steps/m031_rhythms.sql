-- Each contact's own rhythm, measured once a day, and which silences the owner has seen.

CREATE TABLE rhythms (
  contact_id INTEGER PRIMARY KEY REFERENCES contacts,
  measured_at TEXT NOT NULL,
  last_at TEXT NOT NULL,
  touches INTEGER NOT NULL,
  typical_days REAL,
  silent_days REAL NOT NULL,
  chance REAL NOT NULL,
  bound_days REAL NOT NULL,
  silence TEXT NOT NULL CHECK (silence IN ('usual', 'quiet', 'gone')),
  spared TEXT,
  broken_at TEXT,
  seen_last_at TEXT
) STRICT;

CREATE INDEX rhythms_silent ON rhythms (chance) WHERE silence <> 'usual';
