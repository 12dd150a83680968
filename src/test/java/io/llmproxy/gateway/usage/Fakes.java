package io.llmproxy.gateway.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.journal.JournalFormat;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.audit.AuditQuery;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.usage.LedgerReport;
import io.llmproxy.domain.usage.UsageBlock;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.ApiKeyStore;
import io.llmproxy.port.AuditStore;
import io.llmproxy.port.JournalPosition;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.port.UsageFormat;
import io.llmproxy.port.UsageJournal;
import io.llmproxy.port.UsageStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.Semaphore;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Ports in memory, whose database can be away. */
final class Fakes {
    private Fakes() {}

    static StoreException away() {
        return new StoreException("writing usage: the database is away", new RuntimeException("connection refused"));
    }

    /** A ledger in memory. */
    static class Usage implements UsageStore {
        final Map<UUID, UsageRecord> rows = new LinkedHashMap<>();
        final Map<UUID, JournalPosition> positions = new HashMap<>();
        final List<Integer> batches = new ArrayList<>();
        final Semaphore attempts = new Semaphore(0);
        volatile boolean away;
        volatile Predicate<UsageRecord> poison = r -> false;

        @Override
        public synchronized JournalPosition position(UUID journal) {
            if (away) {
                attempts.release();
                throw away();
            }
            return positions.getOrDefault(journal, JournalPosition.START);
        }

        @Override
        public synchronized boolean append(UsageBatch batch) {
            attempts.release();
            List<UsageRecord> records = records(batch);
            if (away || records.stream().anyMatch(poison)) {
                throw away();
            }
            if (!position(batch.journal()).equals(batch.from())) {
                return false;
            }
            records.forEach(r -> assertThat(rows.put(r.requestId(), r)).isNull());
            positions.put(batch.journal(), batch.to());
            batches.add(records.size());
            return true;
        }

        private static List<UsageRecord> records(UsageBatch batch) {
            List<UsageRecord> records = new ArrayList<>();
            for (UsageBlock block : batch.blocks()) {
                UsageFormat.Records in = new JournalFormat().open(block.frames());
                for (UsageRecord r = in.next(); r != null; r = in.next()) {
                    records.add(r);
                }
            }
            return records;
        }

        @Override
        public LedgerReport check(Map<UUID, UsageJournal.Extent> journals) {
            throw new UnsupportedOperationException();
        }

        synchronized int count() {
            return rows.size();
        }

        @Override
        public List<UsageQuery.Row> report(UsageQuery query, List<UsageQuery.Dimension> by) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Page<UsageRecord> list(UsageQuery query, Page.Request page) {
            throw new UnsupportedOperationException();
        }

        @Override
        public String end() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int purge(UUID tenantId, Instant before, int max) {
            throw new UnsupportedOperationException();
        }
    }

    /** Rows by age, of which retention deletes. */
    static final class Purged extends Usage implements AuditStore {
        final Map<UUID, Integer> old = new HashMap<>();
        final Map<UUID, Instant> before = new HashMap<>();
        final List<Integer> steps = new ArrayList<>();
        final List<AuditEvent> events = new ArrayList<>();

        @Nullable
        UUID failing;

        RuntimeException failure = new StoreException.Broken("a block of the ledger");

        @Override
        public int purge(UUID tenantId, Instant limit, int max) {
            before.put(tenantId, limit);
            if (tenantId.equals(failing)) {
                throw failure;
            }
            steps.add(max);
            int deleted = Math.min(max, old.getOrDefault(tenantId, 0));
            old.merge(tenantId, -deleted, Integer::sum);
            return deleted;
        }

        @Override
        public void append(AuditEvent event) {
            events.add(event);
        }

        @Override
        public Page<AuditEvent> follow(AuditQuery query, Page.Request page) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Page<AuditEvent> list(AuditQuery query, Page.Request page) {
            throw new UnsupportedOperationException();
        }
    }

    /** Keys of which only the last use is known. */
    static final class Keys implements ApiKeyStore {
        final Map<UUID, Instant> uses = new HashMap<>();
        volatile boolean away;

        @Override
        public synchronized void touch(Map<UUID, Instant> lastUses) {
            if (away) {
                throw away();
            }
            uses.putAll(lastUses);
        }

        @Override
        public void insert(ApiKey key) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void update(ApiKey key) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void delete(UUID id) {
            throw new UnsupportedOperationException();
        }

        @Override
        public Optional<ApiKey> find(UUID tenantId, String nameOrId) {
            throw new UnsupportedOperationException();
        }

        @Override
        public int countLive(UUID tenantId) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<ApiKey> all(UUID tenantId, @Nullable UUID userId) {
            throw new UnsupportedOperationException();
        }

        @Override
        public List<ApiKey> certificateOnly() {
            throw new UnsupportedOperationException();
        }

        @Override
        public Page<ApiKey> list(UUID tenantId, @Nullable UUID userId, Page.Request page) {
            throw new UnsupportedOperationException();
        }
    }
}
