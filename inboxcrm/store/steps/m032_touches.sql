-- The account of give and take: each outgoing letter and each logged contact, as proposed and as corrected.

CREATE TABLE touches (
  id INTEGER PRIMARY KEY,
  contact_id INTEGER NOT NULL REFERENCES contacts,
  message_id INTEGER UNIQUE REFERENCES messages,
  interaction_id INTEGER UNIQUE REFERENCES interactions,
  at TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('give', 'take', 'neutral')),
  because TEXT NOT NULL,
  corrected_at TEXT
) STRICT;

CREATE INDEX touches_contact ON touches (contact_id, at);
