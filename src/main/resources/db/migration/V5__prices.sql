-- Prices that operators set over the catalogue. Amounts are pico-USD for one token or one request, NULL where nobody told.
-- owner is the tenant, or the nil UUID for rows of the whole installation; provider and provider_type are '' where a row is for
-- all of them, since a unique key takes every NULL for another value
CREATE TABLE IF NOT EXISTS prices (
    id                 UUID PRIMARY KEY,
    tenant_id          UUID         REFERENCES tenants (id) ON DELETE CASCADE,
    owner              UUID         NOT NULL,
    own_only           BOOLEAN      NOT NULL,
    provider           VARCHAR(63)  NOT NULL,
    provider_type      VARCHAR(63)  NOT NULL,
    model              VARCHAR(256) NOT NULL,
    valid_from         TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    input_picos        BIGINT,
    output_picos       BIGINT,
    cache_read_picos   BIGINT,
    cache_write_picos  BIGINT,
    reasoning_picos    BIGINT,
    audio_input_picos  BIGINT,
    audio_output_picos BIGINT,
    per_request_picos  BIGINT,
    context_tokens     BIGINT       NOT NULL,
    max_output_tokens  BIGINT       NOT NULL,
    created_at         TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    CONSTRAINT prices_scope_key UNIQUE (owner, provider, provider_type, model, valid_from)
);
CREATE INDEX IF NOT EXISTS prices_tenant_idx ON prices (tenant_id);
