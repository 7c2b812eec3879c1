-- The number a server gives a folder for good, whatever it is called (MAILBOXID, RFC 8474); NULL where it has none.
ALTER TABLE folders ADD COLUMN object_id TEXT;
