package io.llmproxy.testing;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.domain.object.StoredObject;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.StoreException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What all stores in memory have in common: the rows, transactions that roll back, unique names, and row locks held to the
 * transaction's end. Transactions do run beside each other, so that a missing lock shows.
 */
final class InMemoryRows {
    private static final ScopedValue<Transaction> CURRENT = ScopedValue.newInstance();
    final Map<UUID, Tenant> tenantRows = new ConcurrentHashMap<>();
    final Map<UUID, User> userRows = new ConcurrentHashMap<>();
    final Map<UUID, ApiKey> keyRows = new ConcurrentHashMap<>();
    final Map<UUID, ProviderAccount> providerRows = new ConcurrentHashMap<>();
    final Map<UUID, Route> routeRows = new ConcurrentHashMap<>();
    final Map<UUID, PriceOverlay> priceRows = new ConcurrentHashMap<>();
    final Map<UUID, Limit> limitRows = new ConcurrentHashMap<>();
    final Map<ObjectKey, StoredObject> objectRows = new ConcurrentHashMap<>();
    final List<AuditEvent> auditRows = new CopyOnWriteArrayList<>();
    final List<UsageRecord> usageRows = new CopyOnWriteArrayList<>();
    final AtomicLong revision = new AtomicLong();
    final Map<String, ReentrantLock> rowLocks = new ConcurrentHashMap<>();
    private final ReentrantLock inserting = new ReentrantLock();
    volatile boolean away;

    /** A stored object as its provider knows it. */
    record ObjectKey(UUID providerId, ObjectKind kind, String id) {}

    private static final class Transaction {
        private final Deque<Runnable> undo = new ArrayDeque<>();
        private final List<ReentrantLock> held = new ArrayList<>();
    }

    <T> T transact(Supplier<T> work) {
        checkThere();
        if (CURRENT.isBound()) {
            return work.get();
        }
        Transaction transaction = new Transaction();
        try {
            return ScopedValue.where(CURRENT, transaction).call(work::get);
        } catch (RuntimeException | Error e) {
            transaction.undo.forEach(Runnable::run);
            throw e;
        } finally {
            transaction.held.forEach(ReentrantLock::unlock);
        }
    }

    void checkThere() {
        if (away) {
            throw new StoreException.Away(
                    "connecting to jdbc:fake:secret-host failed", new IllegalStateException("away"));
        }
    }

    void onRollback(Runnable undo) {
        if (CURRENT.isBound()) {
            CURRENT.get().undo.push(undo);
        }
    }

    <T> void insert(Map<UUID, T> rows, UUID id, T row, Predicate<T> sameName) {
        checkThere();
        inserting.lock();
        try {
            if (rows.values().stream().anyMatch(sameName)) {
                throw new StoreException.Duplicate("unique index violated", new IllegalStateException("duplicate"));
            }
            rows.put(id, row);
        } finally {
            inserting.unlock();
        }
        onRollback(() -> rows.remove(id));
    }

    <T> void update(Map<UUID, T> rows, UUID id, T row) {
        checkThere();
        T before = Objects.requireNonNull(rows.put(id, row), "the row is not there");
        onRollback(() -> rows.put(id, before));
    }

    <T> void remove(Map<UUID, T> rows, UUID id) {
        checkThere();
        T before = rows.remove(id);
        if (before != null) {
            onRollback(() -> rows.put(id, before));
        }
    }

    <T> Page<T> page(List<T> sorted, Function<T, String> key, Page.Request request) {
        checkThere();
        String after = request.after();
        List<T> rest = sorted.stream()
                .filter(row -> after == null || key.apply(row).compareTo(after) > 0)
                .toList();
        List<T> items = rest.stream().limit(request.limit()).toList();
        return new Page<>(items, rest.size() > items.size() ? key.apply(items.getLast()) : null);
    }

    static <T> List<T> sorted(Map<UUID, T> rows, Predicate<T> filter, Function<T, String> key) {
        return rows.values().stream()
                .filter(filter)
                .sorted(Comparator.comparing(key))
                .toList();
    }

    /** To the end of the transaction that runs. */
    void hold(ReentrantLock lock) {
        CURRENT.get().held.add(lock);
    }
}
