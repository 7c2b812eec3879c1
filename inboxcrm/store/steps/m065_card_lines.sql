-- What an address book said of somebody and nothing here reads: postal addresses, pictures, relatives. Given back as it was.

CREATE TABLE card_lines (
  id INTEGER PRIMARY KEY,
  contact_id INTEGER NOT NULL REFERENCES contacts,
  name TEXT NOT NULL CHECK (name IN ('ADR', 'PHOTO', 'RELATED')),
  parameters TEXT NOT NULL,
  value TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  at TEXT NOT NULL,
  UNIQUE (contact_id, fingerprint)
) STRICT;
