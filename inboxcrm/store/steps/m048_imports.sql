-- How far an import has come, what in it was no mail, and the other form of a mail that came with other line ends.

CREATE TABLE import_marks (
  source TEXT PRIMARY KEY,
  size INTEGER NOT NULL,
  stamp TEXT NOT NULL,
  position INTEGER NOT NULL,
  at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE import_quarantine (
  id INTEGER PRIMARY KEY,
  fingerprint BLOB NOT NULL UNIQUE,
  source TEXT NOT NULL,
  position INTEGER NOT NULL,
  why TEXT NOT NULL,
  raw BLOB NOT NULL,
  noticed_at TEXT NOT NULL
) STRICT;

-- Files mostly have the line ends of the machine, the wire has those of the network: both are the same mail.
CREATE TABLE twins (
  fingerprint BLOB PRIMARY KEY,
  message_id INTEGER NOT NULL REFERENCES messages
) STRICT, WITHOUT ROWID;

CREATE INDEX twins_message ON twins (message_id);
