-- How people can be reached besides mail, how they stand to one another, and what they are in a matter.

CREATE TABLE phones (
  id INTEGER PRIMARY KEY,
  contact_id INTEGER NOT NULL REFERENCES contacts,
  number TEXT NOT NULL CHECK (number LIKE '+%'),
  national TEXT NOT NULL,
  international TEXT NOT NULL,
  region TEXT,
  label TEXT NOT NULL DEFAULT '',
  state TEXT NOT NULL CHECK (state IN ('suggested', 'kept', 'dismissed')),
  message_id INTEGER REFERENCES messages,
  at TEXT NOT NULL,
  UNIQUE (contact_id, number)
) STRICT;

CREATE INDEX phones_message ON phones (message_id);

CREATE INDEX phones_number ON phones (number);

CREATE TABLE relations (
  id INTEGER PRIMARY KEY,
  contact_id INTEGER NOT NULL REFERENCES contacts,
  other_id INTEGER NOT NULL REFERENCES contacts,
  kind TEXT NOT NULL,
  back TEXT NOT NULL,
  at TEXT NOT NULL,
  UNIQUE (contact_id, other_id, kind),
  CHECK (contact_id <> other_id)
) STRICT;

CREATE INDEX relations_other ON relations (other_id);

CREATE TABLE matter_roles (
  id INTEGER PRIMARY KEY,
  matter_id INTEGER NOT NULL REFERENCES matters,
  contact_id INTEGER NOT NULL REFERENCES contacts,
  role TEXT NOT NULL,
  at TEXT NOT NULL
) STRICT;

CREATE INDEX matter_roles_matter ON matter_roles (matter_id);

CREATE INDEX matter_roles_contact ON matter_roles (contact_id);
