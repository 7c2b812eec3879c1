-- From when on mail of a folder that is not on record is news; the numbers tell of no folder that was renumbered.
ALTER TABLE folders ADD COLUMN news_since TEXT;
UPDATE folders
SET news_since = COALESCE(checked_at, (SELECT enrolled_at FROM mailboxes WHERE mailboxes.id = folders.mailbox_id));
UPDATE folders SET baseline = 0 WHERE backfill_below IS NOT NULL AND checked_at IS NOT NULL;
