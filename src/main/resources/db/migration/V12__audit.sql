-- The audit of administration as chains: number counts the events of a chain without gaps, hash is the SHA-256 of the event's
-- canonical form, which holds the hash of the one before. Both are NULL in what a version without chains wrote, until the next start
-- gives it its place. old_values: what the fields held that were changed.
ALTER TABLE audit_events ADD COLUMN IF NOT EXISTS old_values TEXT DEFAULT '{}' NOT NULL;
ALTER TABLE audit_events ADD COLUMN IF NOT EXISTS chain_id UUID;
ALTER TABLE audit_events ADD COLUMN IF NOT EXISTS number BIGINT;
ALTER TABLE audit_events ADD COLUMN IF NOT EXISTS hash VARCHAR(64);
CREATE UNIQUE INDEX IF NOT EXISTS audit_events_chain_idx ON audit_events (chain_id, number);
CREATE INDEX IF NOT EXISTS audit_events_time_idx ON audit_events (chain_id, at);

-- One row a chain: the tenant's id, or the nil UUID for the installation. Whoever appends holds the row until the commit. purged_…:
-- the last event that was deleted for its age.
CREATE TABLE IF NOT EXISTS audit_chains (
    id            UUID PRIMARY KEY,
    tenant_slug   VARCHAR(63),
    number        BIGINT      NOT NULL,
    hash          VARCHAR(64) NOT NULL,
    purged_number BIGINT      NOT NULL,
    purged_hash   VARCHAR(64) NOT NULL,
    signed_number BIGINT      NOT NULL,
    unsigned_at   TIMESTAMP(6) WITH TIME ZONE
);

-- signatures, of heads (HEAD) and of what was deleted (CHECKPOINT)
CREATE TABLE IF NOT EXISTS audit_heads (
    chain_id   UUID        NOT NULL,
    number     BIGINT      NOT NULL,
    mark       VARCHAR(16) NOT NULL,
    hash       VARCHAR(64) NOT NULL,
    at         VARCHAR(40) NOT NULL,
    key_id     VARCHAR(64) NOT NULL,
    public_key TEXT        NOT NULL,
    signature  TEXT        NOT NULL,
    PRIMARY KEY (chain_id, number, mark)
);

-- what is kept of a tenant's requests beside their account: none, metadata, redacted, full
ALTER TABLE tenants ADD COLUMN IF NOT EXISTS audit_mode VARCHAR(16) DEFAULT 'metadata' NOT NULL;

-- What each block of the ledger has to do with, so that a search for requests need not open all of them: traits are sorted hashes of
-- users, keys, models and statuses, NULL where a block may have any. span_micros: no block's records began further apart.
CREATE TABLE IF NOT EXISTS usage_summaries (
    seq       BIGINT PRIMARY KEY,
    tenant_id UUID NOT NULL,
    first_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    last_at   TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    traits    BYTEA
);
CREATE INDEX IF NOT EXISTS usage_summaries_tenant_idx ON usage_summaries (tenant_id, last_at DESC, seq DESC);
CREATE INDEX IF NOT EXISTS usage_summaries_time_idx ON usage_summaries (last_at DESC, seq DESC);
INSERT INTO usage_summaries (seq, tenant_id, first_at, last_at)
    SELECT b.seq, b.tenant_id, b.first_at, b.last_at FROM usage_blocks b
    WHERE NOT EXISTS (SELECT 1 FROM usage_summaries s WHERE s.seq = b.seq);
ALTER TABLE usage_head ADD COLUMN IF NOT EXISTS span_micros BIGINT DEFAULT 0 NOT NULL;
UPDATE usage_head SET span_micros = COALESCE(
    (SELECT MAX(CAST(EXTRACT(EPOCH FROM last_at) AS BIGINT) - CAST(EXTRACT(EPOCH FROM first_at) AS BIGINT) + 2)
     FROM usage_summaries), 0) * 1000000;

-- Bodies of requests and answers of tenants that keep them, deflated and sealed. The ids begin with their time.
CREATE TABLE IF NOT EXISTS request_bodies (
    tenant_id  UUID  NOT NULL,
    request_id UUID  NOT NULL,
    data       BYTEA NOT NULL,
    PRIMARY KEY (tenant_id, request_id)
);
