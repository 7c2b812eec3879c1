-- Calls, meetings, letters and posts outside mail, and how a contact likes to be reached.

CREATE TABLE interactions (
  id INTEGER PRIMARY KEY,
  contact_id INTEGER NOT NULL REFERENCES contacts,
  channel TEXT NOT NULL CHECK (channel IN ('phone', 'meeting', 'letter', 'post', 'chat', 'other')),
  from_owner INTEGER NOT NULL CHECK (from_owner IN (0, 1)),
  at TEXT NOT NULL,
  note TEXT NOT NULL DEFAULT '',
  message_id INTEGER REFERENCES messages,
  logged_at TEXT NOT NULL
) STRICT;

CREATE INDEX interactions_contact ON interactions (contact_id, at);

CREATE INDEX interactions_message ON interactions (message_id);

CREATE TABLE preferences (
  contact_id INTEGER PRIMARY KEY REFERENCES contacts,
  channel TEXT NOT NULL CHECK (channel IN ('mail', 'phone', 'meeting', 'letter', 'post', 'chat', 'other')),
  note TEXT NOT NULL DEFAULT '',
  set_at TEXT NOT NULL
) STRICT;
