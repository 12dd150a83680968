-- the certificates of clients that a key has to do with: an array of texts as dns:app.example.com
ALTER TABLE api_keys ADD COLUMN IF NOT EXISTS certificates TEXT DEFAULT '[]' NOT NULL;
ALTER TABLE api_keys ADD COLUMN IF NOT EXISTS certificate_only BOOLEAN DEFAULT FALSE NOT NULL;
