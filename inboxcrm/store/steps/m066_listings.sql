-- What the list of a folder says of mails that a first reading has not brought yet: shown until they are there, and no
-- record of anything. A number is not given twice, since somebody may have noted it.

ALTER TABLE folders ADD COLUMN listed_below INTEGER;

CREATE TABLE listings (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  folder_id INTEGER NOT NULL REFERENCES folders,
  uid_validity INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  received_at TEXT NOT NULL,
  size INTEGER NOT NULL,
  flags TEXT NOT NULL,
  message_id TEXT,
  sender_key TEXT,
  sender TEXT NOT NULL,
  recipients TEXT NOT NULL,
  subject TEXT NOT NULL,
  wanted_at TEXT,
  UNIQUE (folder_id, uid_validity, uid)
) STRICT;

CREATE INDEX listings_received ON listings (received_at);

CREATE INDEX listings_message_id ON listings (message_id);

CREATE INDEX listings_wanted ON listings (wanted_at) WHERE wanted_at IS NOT NULL;

CREATE TABLE listed_people (
  listing_id INTEGER NOT NULL REFERENCES listings,
  address_key TEXT NOT NULL,
  PRIMARY KEY (listing_id, address_key)
) STRICT, WITHOUT ROWID;

CREATE INDEX listed_people_address ON listed_people (address_key);

CREATE VIRTUAL TABLE listing_search USING fts5(
  subject, sender, recipients,
  content="listings", content_rowid="id",
  tokenize="porter unicode61 remove_diacritics 2"
);
