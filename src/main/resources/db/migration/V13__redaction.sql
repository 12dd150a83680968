-- what is done about private text in a tenant's requests; the lists are arrays of texts
ALTER TABLE tenants ADD COLUMN IF NOT EXISTS redact_mode VARCHAR(8) DEFAULT 'OFF' NOT NULL;
ALTER TABLE tenants ADD COLUMN IF NOT EXISTS redact_kinds TEXT DEFAULT '[]' NOT NULL;
ALTER TABLE tenants ADD COLUMN IF NOT EXISTS redact_patterns TEXT DEFAULT '[]' NOT NULL;
ALTER TABLE tenants ADD COLUMN IF NOT EXISTS redact_providers TEXT DEFAULT '[]' NOT NULL;
ALTER TABLE tenants ADD COLUMN IF NOT EXISTS redact_strict BOOLEAN DEFAULT TRUE NOT NULL;
