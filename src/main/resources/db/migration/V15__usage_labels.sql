-- The labels that a key had when the first record of an hour was added to its sums, for reports by label: they are those of that time,
-- and stay when the key is gone. A JSON object with its names in order; NULL: the key was gone already.
ALTER TABLE usage_rollups ADD COLUMN IF NOT EXISTS labels TEXT;
UPDATE usage_rollups SET labels = (SELECT k.labels FROM api_keys k WHERE k.id = usage_rollups.key_id) WHERE labels IS NULL;
