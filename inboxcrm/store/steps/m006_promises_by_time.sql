-- The newest promises, and a contact's newest, without reading the whole ledger.

CREATE INDEX promises_received ON promises (received_at);

CREATE INDEX promises_contact ON promises (contact_id, received_at);
