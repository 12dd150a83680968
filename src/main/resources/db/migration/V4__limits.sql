-- identity is what makes two settings one limit: owner, scope, subject, metric, period and who set it, in one text, since a
-- unique key takes every NULL for another value
CREATE TABLE IF NOT EXISTS limits (
    id         UUID PRIMARY KEY,
    tenant_id  UUID        REFERENCES tenants (id) ON DELETE CASCADE,
    identity   TEXT        NOT NULL UNIQUE,
    scope      VARCHAR(32) NOT NULL,
    subject    TEXT,
    metric     VARCHAR(32) NOT NULL,
    amount     BIGINT      NOT NULL,
    period     VARCHAR(32) NOT NULL,
    algorithm  VARCHAR(32) NOT NULL,
    segments   INTEGER     NOT NULL,
    mode       VARCHAR(32) NOT NULL,
    origin     VARCHAR(32) NOT NULL,
    created_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    updated_at TIMESTAMP(6) WITH TIME ZONE NOT NULL
);
CREATE INDEX IF NOT EXISTS limits_tenant_idx ON limits (tenant_id);

ALTER TABLE tenants ADD COLUMN IF NOT EXISTS max_requests_per_minute BIGINT;
ALTER TABLE tenants ADD COLUMN IF NOT EXISTS max_requests_per_day BIGINT;
ALTER TABLE tenants ADD COLUMN IF NOT EXISTS max_tokens_per_day BIGINT;
ALTER TABLE tenants ADD COLUMN IF NOT EXISTS max_output_tokens INTEGER;
ALTER TABLE tenants ADD COLUMN IF NOT EXISTS time_zone VARCHAR(64);
ALTER TABLE api_keys ADD COLUMN IF NOT EXISTS max_requests BIGINT;
