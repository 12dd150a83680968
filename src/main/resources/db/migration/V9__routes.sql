-- Routes. owner is the tenant, or the nil UUID for those of all tenants, since a unique key takes every NULL for another value;
-- targets are texts as operators write them, globs by header and label are objects
CREATE TABLE IF NOT EXISTS routes (
    id             UUID PRIMARY KEY,
    tenant_id      UUID        REFERENCES tenants (id) ON DELETE CASCADE,
    owner          UUID        NOT NULL,
    name           VARCHAR(63) NOT NULL,
    match_path     TEXT,
    match_headers  TEXT        NOT NULL,
    match_host     TEXT,
    match_user     TEXT,
    match_labels   TEXT        NOT NULL,
    strategy       VARCHAR(32) NOT NULL,
    targets        TEXT        NOT NULL,
    retries        INTEGER     NOT NULL,
    retry_timeouts BOOLEAN     NOT NULL,
    timeout_nanos  BIGINT,
    created_at     TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    updated_at     TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    CONSTRAINT routes_name_key UNIQUE (owner, name)
);
CREATE INDEX IF NOT EXISTS routes_tenant_idx ON routes (tenant_id);
