-- How many octets of old mail were read in the day that ends then: a provider's limit holds over restarts.
ALTER TABLE mailboxes ADD COLUMN taken_octets INTEGER NOT NULL DEFAULT 0;
ALTER TABLE mailboxes ADD COLUMN taken_until TEXT;
