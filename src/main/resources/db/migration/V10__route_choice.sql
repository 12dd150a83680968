-- what keeps requests with one target: user, or header:NAME
ALTER TABLE routes ADD COLUMN IF NOT EXISTS sticky VARCHAR(160);
