-- what one type of provider is told beside what all have; an object of texts
ALTER TABLE providers ADD COLUMN IF NOT EXISTS options TEXT DEFAULT '{}' NOT NULL;
