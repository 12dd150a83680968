-- how connections to a provider are made, where that is not the installation's own way; the login is a sealed value
ALTER TABLE providers ADD COLUMN IF NOT EXISTS ca_file TEXT;
ALTER TABLE providers ADD COLUMN IF NOT EXISTS client_certificate_file TEXT;
ALTER TABLE providers ADD COLUMN IF NOT EXISTS client_key_file TEXT;
ALTER TABLE providers ADD COLUMN IF NOT EXISTS proxy_host TEXT;
ALTER TABLE providers ADD COLUMN IF NOT EXISTS proxy_port INTEGER;
ALTER TABLE providers ADD COLUMN IF NOT EXISTS proxy_login TEXT;
ALTER TABLE providers ADD COLUMN IF NOT EXISTS stream_usage VARCHAR(32) DEFAULT 'AUTO' NOT NULL;
