-- The number by which a server knows one message in all its folders (X-GM-MSGID of Gmail; EMAILID, RFC 8474).

CREATE TABLE server_ids (
  mailbox_id INTEGER NOT NULL REFERENCES mailboxes,
  server_id TEXT NOT NULL,
  message_id INTEGER NOT NULL REFERENCES messages,
  PRIMARY KEY (mailbox_id, server_id)
) STRICT, WITHOUT ROWID;

CREATE INDEX server_ids_message ON server_ids (message_id);
