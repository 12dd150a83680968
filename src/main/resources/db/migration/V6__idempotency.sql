-- requests with an Idempotency-Key: a row with an answer is one that ran; one without is a claim of a process, which several
-- processes on one database make here and a single one keeps in its memory. answer is sealed under the master key.
CREATE TABLE IF NOT EXISTS idempotency (
    identity    VARCHAR(64) PRIMARY KEY,
    tenant_id   UUID        REFERENCES tenants (id) ON DELETE CASCADE,
    content     VARCHAR(64) NOT NULL,
    claim       UUID        NOT NULL,
    lease_until TIMESTAMP(6) WITH TIME ZONE,
    answer      TEXT,
    size        BIGINT      NOT NULL,
    expires_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL
);
CREATE INDEX IF NOT EXISTS idempotency_expiry_idx ON idempotency (expires_at);
CREATE INDEX IF NOT EXISTS idempotency_tenant_idx ON idempotency (tenant_id, expires_at);
