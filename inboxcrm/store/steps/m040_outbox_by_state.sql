-- What waits is found without reading everything that ever left: a partial index is not used for one state of several.

DROP INDEX outbox_waiting;

CREATE INDEX outbox_state ON outbox (state, send_after);
