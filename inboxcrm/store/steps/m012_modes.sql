-- The mode an outgoing mail was entered under, and when a person let it go: the stricter mode counts, an approval once.

ALTER TABLE outbox ADD COLUMN mode TEXT NOT NULL DEFAULT 'auto' CHECK (mode IN ('shadow', 'approve', 'auto'));

ALTER TABLE outbox ADD COLUMN approved_at TEXT;

UPDATE outbox SET approved_at = created_at WHERE state IN ('queued', 'sending') AND reply = 'approve by the owner';
