-- The limits ask for each mail what already went out about its promise.
CREATE INDEX outbox_promise ON outbox (promise_id) WHERE promise_id IS NOT NULL;
