-- Mailboxes, folders, where each message lies, the messages and their matters.

CREATE TABLE mailboxes (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  enrolled_at TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'new',
  cause TEXT,
  last_checked_at TEXT,
  last_mail_at TEXT,
  next_attempt_at TEXT,
  backlog INTEGER NOT NULL DEFAULT 0
) STRICT;

CREATE TABLE folders (
  id INTEGER PRIMARY KEY,
  mailbox_id INTEGER NOT NULL REFERENCES mailboxes,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  uid_validity INTEGER NOT NULL,
  uid_next INTEGER NOT NULL,
  highest_modseq INTEGER,
  backfill_below INTEGER,
  baseline INTEGER NOT NULL,
  pending TEXT NOT NULL DEFAULT '[]',
  checked_at TEXT,
  UNIQUE (mailbox_id, name)
) STRICT;

CREATE TABLE matters (
  id INTEGER PRIMARY KEY,
  contact_id INTEGER REFERENCES contacts,
  organisation_id INTEGER REFERENCES organisations,
  subject TEXT NOT NULL,
  subject_key TEXT NOT NULL,
  turn TEXT NOT NULL CHECK (turn IN ('mine', 'theirs', 'nobody')),
  opened_at TEXT NOT NULL,
  last_at TEXT NOT NULL
) STRICT;

CREATE INDEX matters_contact_subject ON matters (contact_id, subject_key, last_at);

CREATE INDEX matters_organisation ON matters (organisation_id);

CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  fingerprint BLOB NOT NULL UNIQUE,
  message_id TEXT,
  origin TEXT NOT NULL CHECK (origin IN ('live', 'backlog', 'import')),
  direction TEXT NOT NULL CHECK (direction IN ('in', 'out', 'auto')),
  class TEXT NOT NULL CHECK (class IN ('human', 'machine', 'unknown')),
  outcome TEXT,
  reasons TEXT NOT NULL DEFAULT '[]',
  received_at TEXT NOT NULL,
  sent_at TEXT,
  contact_id INTEGER REFERENCES contacts,
  matter_id INTEGER REFERENCES matters,
  sender_key TEXT,
  sender TEXT NOT NULL,
  recipients TEXT NOT NULL,
  subject TEXT NOT NULL,
  preview TEXT NOT NULL,
  language TEXT,
  size INTEGER NOT NULL,
  attachments TEXT NOT NULL DEFAULT '[]',
  defects TEXT NOT NULL DEFAULT '[]'
) STRICT;

CREATE INDEX messages_message_id ON messages (message_id);

CREATE INDEX messages_matter ON messages (matter_id, received_at);

CREATE INDEX messages_contact ON messages (contact_id, received_at);

CREATE INDEX messages_received ON messages (received_at);

CREATE TABLE letters (
  message_id INTEGER PRIMARY KEY REFERENCES messages,
  text TEXT NOT NULL,
  raw BLOB NOT NULL
) STRICT;

CREATE TABLE participants (
  message_id INTEGER NOT NULL REFERENCES messages,
  role TEXT NOT NULL CHECK (role IN ('from', 'to', 'cc')),
  address_key TEXT NOT NULL,
  PRIMARY KEY (message_id, role, address_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX participants_address ON participants (address_key);

CREATE TABLE matter_people (
  matter_id INTEGER NOT NULL REFERENCES matters,
  address_key TEXT NOT NULL,
  PRIMARY KEY (matter_id, address_key)
) STRICT, WITHOUT ROWID;

CREATE TABLE citations (
  cited TEXT NOT NULL,
  citing INTEGER NOT NULL REFERENCES messages,
  PRIMARY KEY (cited, citing)
) STRICT, WITHOUT ROWID;

CREATE TABLE thread_ids (
  message_id TEXT NOT NULL,
  matter_id INTEGER NOT NULL REFERENCES matters,
  PRIMARY KEY (message_id, matter_id)
) STRICT, WITHOUT ROWID;

CREATE TABLE locations (
  folder_id INTEGER NOT NULL REFERENCES folders,
  uid_validity INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  message_id INTEGER NOT NULL REFERENCES messages,
  flags TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (folder_id, uid_validity, uid)
) STRICT, WITHOUT ROWID;

CREATE INDEX locations_message ON locations (message_id);

CREATE TABLE quarantine (
  folder_id INTEGER NOT NULL REFERENCES folders,
  uid_validity INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  why TEXT NOT NULL,
  noticed_at TEXT NOT NULL,
  PRIMARY KEY (folder_id, uid_validity, uid)
) STRICT, WITHOUT ROWID;

CREATE TABLE decisions (
  message_id INTEGER PRIMARY KEY REFERENCES messages,
  decided_at TEXT NOT NULL,
  story TEXT NOT NULL
) STRICT;
