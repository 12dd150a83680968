-- costs in nano-USD, requests whose cost is not all known, and requests that no limit counts. The next start sums them up from the
-- records that are there, which SQL cannot read; whole says that it has been done
ALTER TABLE usage_rollups ADD COLUMN IF NOT EXISTS cost_nanos BIGINT DEFAULT 0 NOT NULL;
ALTER TABLE usage_rollups ADD COLUMN IF NOT EXISTS unpriced BIGINT DEFAULT 0 NOT NULL;
ALTER TABLE usage_rollups ADD COLUMN IF NOT EXISTS uncharged BIGINT DEFAULT 0 NOT NULL;
ALTER TABLE usage_head ADD COLUMN IF NOT EXISTS whole BOOLEAN DEFAULT FALSE NOT NULL;

-- Alerts of budgets: a row is the claim of whoever found the threshold reached, so that each is told once. realm is the tenant
-- that the process serves alone, or ''. next_at is when the webhook is called next, NULL where nothing is left to be sent
CREATE TABLE IF NOT EXISTS alerts (
    id          UUID PRIMARY KEY,
    identity    VARCHAR(64) NOT NULL UNIQUE,
    realm       VARCHAR(63) NOT NULL,
    tenant      VARCHAR(63),
    limit_id    TEXT        NOT NULL,
    scope       VARCHAR(32) NOT NULL,
    subject     TEXT,
    metric      VARCHAR(32) NOT NULL,
    period      VARCHAR(32) NOT NULL,
    mode        VARCHAR(32) NOT NULL,
    period_at   TIMESTAMP(6) WITH TIME ZONE,
    amount      BIGINT      NOT NULL,
    used        BIGINT      NOT NULL,
    threshold   INTEGER     NOT NULL,
    refused     BOOLEAN     NOT NULL,
    created_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    attempts    INTEGER     NOT NULL,
    next_at     TIMESTAMP(6) WITH TIME ZONE
);
CREATE INDEX IF NOT EXISTS alerts_due_idx ON alerts (next_at);
