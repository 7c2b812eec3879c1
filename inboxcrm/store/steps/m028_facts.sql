-- What a contact volunteered, in the owner's words, with the lines it was read in.

CREATE TABLE facts (
  id INTEGER PRIMARY KEY,
  contact_id INTEGER NOT NULL REFERENCES contacts,
  message_id INTEGER REFERENCES messages,
  text TEXT NOT NULL,
  quote TEXT NOT NULL DEFAULT '',
  said_at TEXT NOT NULL,
  noted_at TEXT NOT NULL,
  confirmed_at TEXT,
  dropped_at TEXT
) STRICT;

CREATE INDEX facts_contact ON facts (contact_id, said_at) WHERE dropped_at IS NULL;

CREATE INDEX facts_message ON facts (message_id);
