-- several processes on one database share limits: each holds a share of a counter, and uses no more. sure is what it may have used
-- of that without having said so, which counts as used where it died. Times are the database's.
CREATE TABLE IF NOT EXISTS limit_processes (
    id           UUID PRIMARY KEY,
    tenant       VARCHAR(63) NOT NULL,
    lease_until  TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    stopped      BOOLEAN     NOT NULL
);

-- known is what was used before anybody counted here; lasting: its period never ends; wanted_until: somebody lacks something that others may hold unused
CREATE TABLE IF NOT EXISTS limit_counters (
    limit_id     VARCHAR(100) NOT NULL,
    subject      VARCHAR(300) NOT NULL,
    known        BIGINT       NOT NULL,
    known_at     TIMESTAMP(6) WITH TIME ZONE NOT NULL,
    lasting      BOOLEAN      NOT NULL,
    wanted_until TIMESTAMP(6) WITH TIME ZONE,
    PRIMARY KEY (limit_id, subject)
);
CREATE INDEX IF NOT EXISTS limit_counters_wanted_idx ON limit_counters (wanted_until);

CREATE TABLE IF NOT EXISTS limit_shares (
    limit_id     VARCHAR(100) NOT NULL,
    subject      VARCHAR(300) NOT NULL,
    process      UUID         NOT NULL,
    share        BIGINT       NOT NULL,
    sure         BIGINT       NOT NULL,
    used         BIGINT       NOT NULL,
    PRIMARY KEY (limit_id, subject, process)
);
CREATE INDEX IF NOT EXISTS limit_shares_process_idx ON limit_shares (process);

CREATE TABLE IF NOT EXISTS limit_resets (
    limit_id     VARCHAR(100) PRIMARY KEY,
    resets       BIGINT       NOT NULL
);
