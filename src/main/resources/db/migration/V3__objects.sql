-- whose the objects are that providers store; they go with their tenant and with their provider
CREATE TABLE IF NOT EXISTS stored_objects (
    provider_id UUID         NOT NULL REFERENCES providers (id) ON DELETE CASCADE,
    kind        VARCHAR(32)  NOT NULL,
    object_id   VARCHAR(512) NOT NULL,
    tenant_id   UUID         NOT NULL REFERENCES tenants (id) ON DELETE CASCADE,
    created_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    expires_at  TIMESTAMP(6) WITH TIME ZONE,
    PRIMARY KEY (provider_id, kind, object_id)
);
CREATE INDEX IF NOT EXISTS stored_objects_tenant_idx ON stored_objects (tenant_id, kind, object_id);
CREATE INDEX IF NOT EXISTS stored_objects_expiry_idx ON stored_objects (tenant_id, expires_at);
