-- What people did on social networks, as its notices tell, and which page there belongs to which contact.

CREATE TABLE profiles (
  url TEXT PRIMARY KEY,
  contact_id INTEGER NOT NULL REFERENCES contacts,
  linked_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX profiles_contact ON profiles (contact_id);

CREATE TABLE social_notices (
  message_id INTEGER PRIMARY KEY REFERENCES messages,
  network TEXT NOT NULL,
  what TEXT NOT NULL CHECK (what IN ('message', 'invitation', 'comment', 'review')),
  who TEXT NOT NULL,
  profile TEXT NOT NULL,
  at TEXT NOT NULL,
  due_at TEXT,
  contact_id INTEGER REFERENCES contacts,
  interaction_id INTEGER REFERENCES interactions,
  closed_at TEXT
) STRICT;

CREATE INDEX social_notices_open ON social_notices (at) WHERE closed_at IS NULL;

CREATE INDEX social_notices_contact ON social_notices (contact_id);

CREATE INDEX social_notices_interaction ON social_notices (interaction_id);
