-- Under what name a folder of the settings lies now, after somebody renamed it on the server.
CREATE TABLE followed_folders (
  mailbox_id INTEGER NOT NULL REFERENCES mailboxes,
  configured TEXT NOT NULL,
  name TEXT NOT NULL,
  PRIMARY KEY (mailbox_id, configured)
) WITHOUT ROWID;
