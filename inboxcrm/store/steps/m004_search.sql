-- Full text over subject, people and letter; the text itself stays in its own tables.

CREATE VIEW search_source AS
SELECT messages.id AS id, subject, sender, recipients, letters.text AS text
FROM messages
JOIN letters ON letters.message_id = messages.id;

CREATE VIRTUAL TABLE search USING fts5(
  subject, sender, recipients, text,
  content="search_source", content_rowid="id",
  tokenize="porter unicode61 remove_diacritics 2"
);
