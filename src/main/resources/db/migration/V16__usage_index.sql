-- An index of the ledger for searches, made of its blocks when they have long been written, a segment at a time: the records of one segment
-- are those whose block begins in one stretch of 32,768 numbers. indexed_seq: blocks that begin before it are in the index, others are
-- found by their summaries.
ALTER TABLE usage_head ADD COLUMN IF NOT EXISTS indexed_seq BIGINT DEFAULT 0 NOT NULL;

-- One row a segment with blocks. opaque: some of them could not be read, and are found by their summaries still.
CREATE TABLE IF NOT EXISTS usage_segments (
    number   BIGINT  PRIMARY KEY,
    first_at TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    last_at  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    opaque   BOOLEAN NOT NULL
);

-- The parts of a segment: id is 128 times its number, and which part it is. 0 to 63: hashes of tenants, users, keys, models and statuses whose
-- first six bits are that number, and for each the records that have it; a part without any has no row. 127: the blocks. coding as in usage_blocks.
CREATE TABLE IF NOT EXISTS usage_index (
    id     BIGINT   PRIMARY KEY,
    coding SMALLINT NOT NULL,
    data   BYTEA    NOT NULL
);
