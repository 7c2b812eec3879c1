-- Absences that a calendar elsewhere states, kept in step with it, and the absences the owner has come back from.

ALTER TABLE away ADD COLUMN calendar TEXT;

-- Which event of the calendar it is, and when that event takes place as the calendar stated it last.
ALTER TABLE away ADD COLUMN event TEXT;

ALTER TABLE away ADD COLUMN stated TEXT;

ALTER TABLE away ADD COLUMN gone_through_at TEXT;

CREATE UNIQUE INDEX away_event ON away (calendar, event) WHERE event IS NOT NULL;

CREATE TABLE away_calendars (
  name TEXT PRIMARY KEY,
  checked_at TEXT NOT NULL,
  read_at TEXT,
  content TEXT,
  fault TEXT,
  fault_since TEXT
) STRICT, WITHOUT ROWID;
