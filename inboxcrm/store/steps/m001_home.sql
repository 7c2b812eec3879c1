-- What the home itself remembers: its secret, pause, the text of the views.

CREATE TABLE home (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  kind TEXT NOT NULL,
  subject TEXT,
  detail TEXT NOT NULL DEFAULT '{}'
) STRICT;

CREATE TABLE alarms (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,
  raised_at TEXT NOT NULL,
  detail TEXT NOT NULL,
  cleared_at TEXT
) STRICT;

CREATE UNIQUE INDEX alarms_one_of_a_kind ON alarms (kind, detail) WHERE cleared_at IS NULL;

CREATE TABLE away (
  id INTEGER PRIMARY KEY,
  start_at TEXT NOT NULL,
  end_at TEXT NOT NULL CHECK (end_at > start_at),
  kind TEXT NOT NULL,
  wording TEXT,
  buffer_minutes INTEGER NOT NULL DEFAULT 0,
  created_at TEXT NOT NULL,
  cancelled_at TEXT
) STRICT;
