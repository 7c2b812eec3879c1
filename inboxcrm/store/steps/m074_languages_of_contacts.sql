-- The last language a contact is known to have written in, for a letter of which it was not asked: most mails have none,
-- and without this all mail of the contact is looked through for each.
CREATE INDEX messages_language ON messages (contact_id) WHERE language IS NOT NULL;
