-- When the last promise ended: whether anything new can be learned from the answers, without reading them.

CREATE INDEX promises_ended ON promises (ended_at);
