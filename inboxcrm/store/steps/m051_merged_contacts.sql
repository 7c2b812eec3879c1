-- Contacts that were put together by hand: where each went, and what it was before, so that they can be parted again.

ALTER TABLE contacts ADD COLUMN merged_into INTEGER REFERENCES contacts;

CREATE INDEX contacts_merged ON contacts (merged_into) WHERE merged_into IS NOT NULL;

CREATE TABLE contact_merges (
  id INTEGER PRIMARY KEY,
  at TEXT NOT NULL,
  kept_id INTEGER NOT NULL REFERENCES contacts,
  merged_id INTEGER NOT NULL REFERENCES contacts,
  image TEXT NOT NULL,
  undone_at TEXT,
  CHECK (kept_id <> merged_id)
) STRICT;

CREATE UNIQUE INDEX contact_merges_live ON contact_merges (merged_id) WHERE undone_at IS NULL;

CREATE INDEX contact_merges_kept ON contact_merges (kept_id);
