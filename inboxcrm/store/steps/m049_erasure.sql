-- Mail and matters of which only the octets' fingerprint and the dates are left, people who are not to come back, and
-- contacts that must not be erased.

ALTER TABLE messages ADD COLUMN erased_at TEXT;

ALTER TABLE messages ADD COLUMN redacted_at TEXT;

ALTER TABLE matters ADD COLUMN erased_at TEXT;

CREATE TABLE tombstones (
  digest BLOB PRIMARY KEY,
  kind TEXT NOT NULL CHECK (kind IN ('address', 'message')),
  erased_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE holds (
  contact_id INTEGER PRIMARY KEY REFERENCES contacts,
  because TEXT NOT NULL,
  set_at TEXT NOT NULL
) STRICT;
