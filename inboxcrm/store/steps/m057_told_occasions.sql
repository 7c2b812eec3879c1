-- Days that return every year as somebody mentioned them: suggestions, which the owner keeps or dismisses.

CREATE TABLE told_occasions (
  id INTEGER PRIMARY KEY,
  contact_id INTEGER NOT NULL REFERENCES contacts,
  message_id INTEGER REFERENCES messages,
  kind TEXT NOT NULL
    CHECK (kind IN ('birthday', 'anniversary', 'wedding', 'contract-start', 'go-live', 'first-job')),
  month INTEGER NOT NULL CHECK (month BETWEEN 1 AND 12),
  day INTEGER CHECK (day BETWEEN 1 AND 31),
  year INTEGER,
  quote TEXT NOT NULL,
  source TEXT NOT NULL,
  told_at TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'suggested' CHECK (state IN ('suggested', 'kept', 'dismissed')),
  occasion_id INTEGER REFERENCES occasions,
  decided_at TEXT,
  CHECK ((state = 'suggested') = (decided_at IS NULL)),
  CHECK ((state = 'kept') = (occasion_id IS NOT NULL))
) STRICT;

CREATE UNIQUE INDEX told_occasions_once ON told_occasions (contact_id, kind, month, COALESCE(day, 0));

CREATE INDEX told_occasions_message ON told_occasions (message_id);

CREATE INDEX told_occasions_open ON told_occasions (told_at) WHERE state = 'suggested';
