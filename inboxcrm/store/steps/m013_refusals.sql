-- What the server refused, found at once: a domain that takes no mail is asked about before each acknowledgement.

CREATE INDEX outbox_failed ON outbox (created_at) WHERE state = 'failed';
