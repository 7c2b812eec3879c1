-- Dates that return every year, and in which years the contact was greeted.

CREATE TABLE occasions (
  id INTEGER PRIMARY KEY,
  contact_id INTEGER NOT NULL REFERENCES contacts,
  kind TEXT NOT NULL
    CHECK (kind IN ('birthday', 'anniversary', 'wedding', 'contract-start', 'go-live', 'first-job')),
  month INTEGER NOT NULL CHECK (month BETWEEN 1 AND 12),
  day INTEGER NOT NULL CHECK (day BETWEEN 1 AND 31),
  year INTEGER,
  leap_day TEXT NOT NULL DEFAULT '28-feb' CHECK (leap_day IN ('28-feb', '1-mar')),
  note TEXT NOT NULL DEFAULT '',
  source TEXT NOT NULL,
  created_at TEXT NOT NULL,
  dropped_at TEXT
) STRICT;

CREATE UNIQUE INDEX occasions_once ON occasions (contact_id, kind, month, day, note) WHERE dropped_at IS NULL;

CREATE TABLE greetings (
  occasion_id INTEGER NOT NULL REFERENCES occasions,
  year INTEGER NOT NULL,
  greeted_at TEXT NOT NULL,
  how TEXT NOT NULL,
  PRIMARY KEY (occasion_id, year)
) STRICT, WITHOUT ROWID;
