-- How long bodies of requests are kept, where that is not as long as audit events.
ALTER TABLE tenants ADD COLUMN IF NOT EXISTS body_retention_days INTEGER;

-- Of tenants some of whose records were deleted for their age, and the sums by hour kept: when the newest of them began. Sums of hours up to
-- then may say more than the records that are left, and later ones may not.
CREATE TABLE IF NOT EXISTS usage_purges (
    tenant_id UUID PRIMARY KEY,
    last_at   TIMESTAMP(6) WITH TIME ZONE NOT NULL
);
