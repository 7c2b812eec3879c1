-- Contacts, their addresses and organisations.

CREATE TABLE organisations (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  domain TEXT NOT NULL UNIQUE,
  plan TEXT
) STRICT;

CREATE TABLE contacts (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  organisation_id INTEGER REFERENCES organisations,
  language TEXT,
  timezone TEXT,
  plan TEXT,
  policy TEXT,
  known_since TEXT,
  known_because TEXT,
  away_until TEXT,
  created_at TEXT NOT NULL
) STRICT;

CREATE INDEX contacts_organisation ON contacts (organisation_id);

CREATE TABLE addresses (
  key TEXT PRIMARY KEY,
  spec TEXT NOT NULL,
  name TEXT NOT NULL,
  contact_id INTEGER REFERENCES contacts,
  organisation_id INTEGER REFERENCES organisations,
  known_since TEXT,
  undeliverable_at TEXT,
  undeliverable_why TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX addresses_contact ON addresses (contact_id);

CREATE INDEX addresses_organisation ON addresses (organisation_id);
