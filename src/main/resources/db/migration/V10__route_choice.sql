-- how routes choose: what keeps requests with one target (user, or header:NAME), what targets must be able to do (a list of words);
-- what an operator says of a provider's models, by name or glob
ALTER TABLE routes ADD COLUMN IF NOT EXISTS sticky VARCHAR(160);
ALTER TABLE routes ADD COLUMN IF NOT EXISTS requires TEXT DEFAULT '[]' NOT NULL;
ALTER TABLE providers ADD COLUMN IF NOT EXISTS abilities TEXT DEFAULT '{}' NOT NULL;
