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
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.LedgerFault;
import io.llmproxy.domain.usage.LedgerReport;
import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.ApiKeyStore;
import io.llmproxy.port.AuditStore;
import io.llmproxy.port.JournalPosition;
import io.llmproxy.port.LimitStore;
import io.llmproxy.port.ObjectStore;
import io.llmproxy.port.PriceStore;
import io.llmproxy.port.ProviderStore;
import io.llmproxy.port.RouteStore;
import io.llmproxy.port.StateSource;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.TenantStore;
import io.llmproxy.port.Transactor;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.port.UsageJournal;
import io.llmproxy.port.UsageStore;
import io.llmproxy.port.UserStore;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * All stores in memory, with the promises that commands rely on: transactions that roll back, unique names, and row locks
 * held to the transaction's end. Transactions do run beside each other, so that a missing lock shows.
 */
public final class InMemoryStores {
    private static final ScopedValue<Transaction> CURRENT = ScopedValue.newInstance();
    private final Map<UUID, Tenant> tenantRows = new ConcurrentHashMap<>();
    private final Map<UUID, User> userRows = new ConcurrentHashMap<>();
    private final Map<UUID, ApiKey> keyRows = new ConcurrentHashMap<>();
    private final Map<UUID, ProviderAccount> providerRows = new ConcurrentHashMap<>();
    private final Map<UUID, Route> routeRows = new ConcurrentHashMap<>();
    private final Map<UUID, PriceOverlay> priceRows = new ConcurrentHashMap<>();
    private final Map<UUID, Limit> limitRows = new ConcurrentHashMap<>();
    private final Map<ObjectKey, StoredObject> objectRows = new ConcurrentHashMap<>();
    private final List<AuditEvent> auditRows = new CopyOnWriteArrayList<>();
    private final List<UsageRecord> usageRows = new CopyOnWriteArrayList<>();
    private final AtomicLong revision = new AtomicLong();
    private final Map<String, ReentrantLock> rowLocks = new ConcurrentHashMap<>();
    private final ReentrantLock inserting = new ReentrantLock();
    private volatile boolean away;

    private static final class Transaction {
        private final Deque<Runnable> undo = new ArrayDeque<>();
        private final List<ReentrantLock> held = new ArrayList<>();
    }

    /** From now on every call fails as with a database that is away. */
    public void goAway() {
        away = true;
    }

    public void comeBack() {
        away = false;
    }

    public List<AuditEvent> auditEvents() {
        return List.copyOf(auditRows);
    }

    public long currentRevision() {
        return revision.get();
    }

    public List<ApiKey> allKeys() {
        return List.copyOf(keyRows.values());
    }

    public Transactor transactor() {
        return this::transact;
    }

    private <T> T transact(Supplier<T> work) {
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

    private void checkThere() {
        if (away) {
            throw new StoreException.Away(
                    "connecting to jdbc:fake:secret-host failed", new IllegalStateException("away"));
        }
    }

    private void onRollback(Runnable undo) {
        if (CURRENT.isBound()) {
            CURRENT.get().undo.push(undo);
        }
    }

    private <T> void insert(Map<UUID, T> rows, UUID id, T row, Predicate<T> sameName) {
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

    private <T> void update(Map<UUID, T> rows, UUID id, T row) {
        checkThere();
        T before = Objects.requireNonNull(rows.put(id, row), "the row is not there");
        onRollback(() -> rows.put(id, before));
    }

    private <T> void remove(Map<UUID, T> rows, UUID id) {
        checkThere();
        T before = rows.remove(id);
        if (before != null) {
            onRollback(() -> rows.put(id, before));
        }
    }

    private <T> Page<T> page(List<T> sorted, Function<T, String> key, Page.Request request) {
        checkThere();
        String after = request.after();
        List<T> rest = sorted.stream()
                .filter(row -> after == null || key.apply(row).compareTo(after) > 0)
                .toList();
        List<T> items = rest.stream().limit(request.limit()).toList();
        return new Page<>(items, rest.size() > items.size() ? key.apply(items.getLast()) : null);
    }

    private static <T> List<T> sorted(Map<UUID, T> rows, Predicate<T> filter, Function<T, String> key) {
        return rows.values().stream()
                .filter(filter)
                .sorted(Comparator.comparing(key))
                .toList();
    }

    public TenantStore tenants() {
        return new TenantStore() {
            @Override
            public void insert(Tenant t) {
                InMemoryStores.this.insert(tenantRows, t.id(), t, o -> o.slug().equals(t.slug()));
            }

            @Override
            public void update(Tenant t) {
                InMemoryStores.this.update(tenantRows, t.id(), t);
            }

            @Override
            public void delete(UUID id) {
                keyRows.values().stream().filter(k -> k.tenantId().equals(id)).forEach(k -> remove(keyRows, k.id()));
                userRows.values().stream().filter(u -> u.tenantId().equals(id)).forEach(u -> remove(userRows, u.id()));
                providerRows.values().stream()
                        .filter(p -> id.equals(p.tenantId()))
                        .forEach(p -> remove(providerRows, p.id()));
                priceRows.values().stream()
                        .filter(p -> id.equals(p.tenantId()))
                        .forEach(p -> remove(priceRows, p.id()));
                objectRows.values().removeIf(o -> o.tenantId().equals(id));
                remove(tenantRows, id);
            }

            @Override
            public Optional<Tenant> find(String slug) {
                checkThere();
                return tenantRows.values().stream()
                        .filter(t -> t.slug().equals(slug))
                        .findFirst();
            }

            @Override
            public Optional<Tenant> lock(String slug) {
                ReentrantLock lock = rowLocks.computeIfAbsent(slug, s -> new ReentrantLock());
                lock.lock();
                CURRENT.get().held.add(lock);
                return find(slug);
            }

            @Override
            public Page<Tenant> list(Page.Request request) {
                return page(sorted(tenantRows, t -> true, Tenant::slug), Tenant::slug, request);
            }
        };
    }

    public UserStore users() {
        return new UserStore() {
            @Override
            public void insert(User u) {
                InMemoryStores.this.insert(
                        userRows,
                        u.id(),
                        u,
                        o -> o.tenantId().equals(u.tenantId()) && o.email().equals(u.email()));
            }

            @Override
            public void update(User u) {
                InMemoryStores.this.update(userRows, u.id(), u);
            }

            @Override
            public void delete(UUID id) {
                if (keyRows.values().stream().anyMatch(k -> id.equals(k.userId()))) {
                    throw new StoreException("a key refers to the user", new IllegalStateException());
                }
                remove(userRows, id);
            }

            @Override
            public Optional<User> find(UUID tenantId, String emailOrId) {
                checkThere();
                String email = emailOrId.toLowerCase(Locale.ROOT);
                return userRows.values().stream()
                        .filter(u -> u.tenantId().equals(tenantId))
                        .filter(u ->
                                u.email().equals(email) || u.id().toString().equals(email))
                        .findFirst();
            }

            @Override
            public int count(UUID tenantId) {
                checkThere();
                int count = (int) userRows.values().stream()
                        .filter(u -> u.tenantId().equals(tenantId))
                        .count();
                LockSupport.parkNanos(100_000); // room for another transaction to come between
                return count;
            }

            @Override
            public Page<User> list(UUID tenantId, Page.Request request) {
                return page(sorted(userRows, u -> u.tenantId().equals(tenantId), User::email), User::email, request);
            }
        };
    }

    public ApiKeyStore keys() {
        return new ApiKeyStore() {
            @Override
            public void insert(ApiKey k) {
                InMemoryStores.this.insert(
                        keyRows,
                        k.id(),
                        k,
                        o -> o.tenantId().equals(k.tenantId()) && o.name().equals(k.name()));
            }

            @Override
            public void update(ApiKey k) {
                InMemoryStores.this.update(keyRows, k.id(), k);
            }

            @Override
            public void delete(UUID id) {
                remove(keyRows, id);
            }

            @Override
            public Optional<ApiKey> find(UUID tenantId, String ref) {
                checkThere();
                return keyRows.values().stream()
                        .filter(k -> k.tenantId().equals(tenantId))
                        .filter(k -> k.name().equals(ref)
                                || k.id().toString().equals(ref)
                                || k.prefix().equals(ref))
                        .findFirst();
            }

            @Override
            public int countLive(UUID tenantId) {
                checkThere();
                int count = (int) keyRows.values().stream()
                        .filter(k -> k.tenantId().equals(tenantId) && !k.revoked())
                        .count();
                LockSupport.parkNanos(100_000); // room for another transaction to come between
                return count;
            }

            @Override
            public List<ApiKey> all(UUID tenantId, @Nullable UUID userId) {
                checkThere();
                return sorted(keyRows, k -> ofUser(k, tenantId, userId), ApiKey::name);
            }

            @Override
            public Page<ApiKey> list(UUID tenantId, @Nullable UUID userId, Page.Request request) {
                return page(all(tenantId, userId), ApiKey::name, request);
            }

            @Override
            public void touch(Map<UUID, Instant> lastUses) {}
        };
    }

    private static boolean ofUser(ApiKey key, UUID tenantId, @Nullable UUID userId) {
        return key.tenantId().equals(tenantId) && (userId == null || userId.equals(key.userId()));
    }

    public ProviderStore providers() {
        return new ProviderStore() {
            @Override
            public void insert(ProviderAccount p) {
                InMemoryStores.this.insert(
                        providerRows,
                        p.id(),
                        p,
                        o -> Objects.equals(o.tenantId(), p.tenantId())
                                && o.name().equals(p.name()));
            }

            @Override
            public void update(ProviderAccount p) {
                InMemoryStores.this.update(providerRows, p.id(), p);
            }

            @Override
            public void delete(UUID id) {
                remove(providerRows, id);
            }

            @Override
            public Optional<ProviderAccount> find(@Nullable UUID tenantId, String nameOrId) {
                checkThere();
                return providerRows.values().stream()
                        .filter(p -> Objects.equals(p.tenantId(), tenantId))
                        .filter(p ->
                                p.name().equals(nameOrId) || p.id().toString().equals(nameOrId))
                        .findFirst();
            }

            @Override
            public Page<ProviderAccount> list(@Nullable UUID tenantId, boolean withShared, Page.Request request) {
                Function<ProviderAccount, String> key = p -> p.name() + (p.shared() ? "~1" : "~0");
                return page(
                        sorted(
                                providerRows,
                                p -> Objects.equals(p.tenantId(), tenantId) || withShared && p.shared(),
                                key),
                        key,
                        request);
            }

            @Override
            public List<Credential.Sealed> sealed() {
                return providerRows.values().stream()
                        .map(ProviderAccount::credential)
                        .filter(Credential.Sealed.class::isInstance)
                        .map(Credential.Sealed.class::cast)
                        .toList();
            }
        };
    }

    public RouteStore routes() {
        return new RouteStore() {
            @Override
            public void insert(Route p) {
                InMemoryStores.this.insert(
                        routeRows,
                        p.id(),
                        p,
                        o -> Objects.equals(o.tenantId(), p.tenantId())
                                && o.name().equals(p.name()));
            }

            @Override
            public void update(Route p) {
                InMemoryStores.this.update(routeRows, p.id(), p);
            }

            @Override
            public void delete(UUID id) {
                remove(routeRows, id);
            }

            @Override
            public Optional<Route> find(@Nullable UUID tenantId, String nameOrId) {
                checkThere();
                return routeRows.values().stream()
                        .filter(p -> Objects.equals(p.tenantId(), tenantId))
                        .filter(p ->
                                p.name().equals(nameOrId) || p.id().toString().equals(nameOrId))
                        .findFirst();
            }

            @Override
            public Page<Route> list(@Nullable UUID tenantId, boolean withShared, Page.Request request) {
                Function<Route, String> key = p -> p.name() + (p.shared() ? "~1" : "~0");
                return page(
                        sorted(routeRows, p -> Objects.equals(p.tenantId(), tenantId) || withShared && p.shared(), key),
                        key,
                        request);
            }

            @Override
            public List<Route> all(@Nullable UUID tenantId) {
                checkThere();
                return routeRows.values().stream()
                        .filter(r -> Objects.equals(r.tenantId(), tenantId))
                        .toList();
            }
        };
    }

    public PriceStore prices() {
        return new PriceStore() {
            @Override
            public void insert(List<PriceOverlay> prices) {
                prices.forEach(p -> InMemoryStores.this.insert(
                        priceRows,
                        p.id(),
                        p,
                        o -> Objects.equals(o.tenantId(), p.tenantId())
                                && o.row().scope().equals(p.row().scope())
                                && o.row().validFrom().equals(p.row().validFrom())));
            }

            @Override
            public void delete(Collection<UUID> ids) {
                ids.forEach(id -> remove(priceRows, id));
            }

            @Override
            public List<PriceOverlay> all(@Nullable UUID tenantId) {
                checkThere();
                return priceRows.values().stream()
                        .filter(p -> Objects.equals(p.tenantId(), tenantId))
                        .toList();
            }
        };
    }

    public AuditStore audit() {
        return new AuditStore() {
            @Override
            public void append(AuditEvent event) {
                checkThere();
                auditRows.add(event);
                onRollback(() -> auditRows.remove(event));
            }

            @Override
            public Page<AuditEvent> list(@Nullable UUID tenantId, Page.Request request) {
                List<AuditEvent> events = auditRows.stream()
                        .filter(e -> tenantId == null || tenantId.equals(e.tenantId()))
                        .toList();
                return page(events.reversed(), e -> "", Page.Request.first(request.limit()));
            }

            @Override
            public int purge(UUID tenantId, Instant before, int max) {
                int size = auditRows.size();
                auditRows.removeIf(e -> tenantId.equals(e.tenantId()) && e.at().isBefore(before));
                return size - auditRows.size();
            }
        };
    }

    public LimitStore limits() {
        return new LimitStore() {
            @Override
            public Limit put(Limit limit, Instant now) {
                checkThere();
                UUID id = limitRows.values().stream()
                        .filter(l -> l.identity().equals(limit.identity()))
                        .findFirst()
                        .map(l -> UUID.fromString(l.id()))
                        .orElse(UUID.fromString(limit.id()));
                Limit kept = new Limit(
                        id.toString(),
                        limit.tenantId(),
                        limit.scope(),
                        limit.subject(),
                        limit.metric(),
                        limit.amount(),
                        limit.period(),
                        limit.algorithm(),
                        limit.segments(),
                        limit.mode(),
                        limit.origin(),
                        limit.zone());
                Limit before = limitRows.put(id, kept);
                onRollback(() -> {
                    if (before == null) {
                        limitRows.remove(id);
                    } else {
                        limitRows.put(id, before);
                    }
                });
                return kept;
            }

            @Override
            public Optional<Limit> find(UUID id) {
                checkThere();
                return Optional.ofNullable(limitRows.get(id));
            }

            @Override
            public void delete(UUID id) {
                checkThere();
                Limit before = limitRows.remove(id);
                if (before != null) {
                    onRollback(() -> limitRows.put(id, before));
                }
            }

            @Override
            public List<Limit> list(@Nullable UUID tenantId) {
                checkThere();
                return sorted(limitRows, l -> Objects.equals(l.tenantId(), tenantId), Limit::id);
            }
        };
    }

    private record ObjectKey(UUID providerId, ObjectKind kind, String id) {}

    public ObjectStore objects() {
        return new ObjectStore() {
            @Override
            public boolean keep(StoredObject o) {
                checkThere();
                StoredObject before = objectRows.putIfAbsent(new ObjectKey(o.providerId(), o.kind(), o.id()), o);
                return before == null || before.tenantId().equals(o.tenantId());
            }

            @Override
            public void keepAll(List<StoredObject> objects) {
                objects.forEach(this::keep);
            }

            @Override
            public List<StoredObject> find(UUID tenantId, ObjectKind kind, String id) {
                checkThere();
                return objectRows.values().stream()
                        .filter(o -> o.tenantId().equals(tenantId))
                        .filter(o -> o.kind() == kind && o.id().equals(id))
                        .sorted(Comparator.comparing(StoredObject::createdAt).reversed())
                        .toList();
            }

            @Override
            public Set<String> owned(UUID tenantId, UUID providerId, ObjectKind kind, Collection<String> ids) {
                checkThere();
                return ids.stream()
                        .filter(id -> {
                            StoredObject o = objectRows.get(new ObjectKey(providerId, kind, id));
                            return o != null && o.tenantId().equals(tenantId);
                        })
                        .collect(Collectors.toSet());
            }

            @Override
            public int count(UUID tenantId, UUID providerId, ObjectKind kind) {
                checkThere();
                return (int) objectRows.values().stream()
                        .filter(o ->
                                o.tenantId().equals(tenantId) && o.providerId().equals(providerId) && o.kind() == kind)
                        .count();
            }

            @Override
            public void forget(UUID tenantId, UUID providerId, ObjectKind kind, String id) {
                checkThere();
                objectRows.computeIfPresent(
                        new ObjectKey(providerId, kind, id),
                        (key, o) -> o.tenantId().equals(tenantId) ? null : o);
            }

            @Override
            public int purge(UUID tenantId, Instant now, int max) {
                checkThere();
                List<ObjectKey> expired = objectRows.entrySet().stream()
                        .filter(e -> e.getValue().tenantId().equals(tenantId))
                        .filter(e -> e.getValue().expiresAt() != null
                                && e.getValue().expiresAt().isBefore(now))
                        .map(Map.Entry::getKey)
                        .limit(max)
                        .toList();
                expired.forEach(objectRows::remove);
                return expired.size();
            }

            @Override
            public void check() {
                checkThere();
            }
        };
    }

    public StateSource state() {
        return new StateSource() {
            @Override
            public long revision() {
                checkThere();
                return revision.get();
            }

            @Override
            public void changed() {
                checkThere();
                revision.incrementAndGet();
                onRollback(revision::decrementAndGet);
            }

            @Override
            public ManagedState load(@Nullable String slug) {
                checkThere();
                List<Tenant> tenants =
                        sorted(tenantRows, t -> slug == null || t.slug().equals(slug), Tenant::slug);
                List<UUID> ids = tenants.stream().map(Tenant::id).toList();
                return new ManagedState(
                        revision.get(),
                        tenants,
                        sorted(userRows, u -> ids.contains(u.tenantId()), User::email),
                        sorted(keyRows, k -> ids.contains(k.tenantId()), ApiKey::name),
                        sorted(
                                providerRows,
                                p -> p.tenantId() == null || ids.contains(p.tenantId()),
                                ProviderAccount::name),
                        sorted(
                                priceRows,
                                p -> p.tenantId() == null || ids.contains(p.tenantId()),
                                p -> p.id().toString()),
                        sorted(limitRows, l -> l.tenantId() == null || ids.contains(l.tenantId()), Limit::id),
                        sorted(routeRows, r -> r.tenantId() == null || ids.contains(r.tenantId()), Route::name));
            }
        };
    }

    /** Puts records into the ledger. */
    public void used(List<UsageRecord> records) {
        usageRows.addAll(records);
    }

    public UsageStore usage() {
        return new UsageStore() {
            @Override
            public JournalPosition position(UUID journal) {
                throw new UnsupportedOperationException();
            }

            @Override
            public boolean append(UsageBatch batch) {
                throw new UnsupportedOperationException();
            }

            @Override
            public LedgerReport check(Map<UUID, UsageJournal.Extent> journals) {
                checkThere();
                return new LedgerReport(
                        List.of(new LedgerReport.Checked(LedgerFault.Check.BLOCKS, usageRows.size(), 0)), List.of());
            }

            @Override
            public List<UsageQuery.Row> report(UsageQuery query, List<UsageQuery.Dimension> by) {
                checkThere();
                Map<List<@Nullable String>, List<UsageRecord>> groups = new LinkedHashMap<>();
                usageRows.stream()
                        .filter(r -> matches(query, r))
                        .forEach(r -> groups.computeIfAbsent(group(r, by), g -> new ArrayList<>())
                                .add(r));
                if (by.isEmpty()) {
                    groups.computeIfAbsent(List.of(), g -> new ArrayList<>());
                }
                return groups.entrySet().stream()
                        .map(e -> row(e.getKey(), e.getValue()))
                        .sorted(Comparator.comparing(r -> r.group().toString()))
                        .toList();
            }

            @Override
            public Page<UsageRecord> list(UsageQuery query, Page.Request request) {
                checkThere();
                String after = request.after();
                int i = after == null ? 0 : Integer.parseInt(after);
                List<UsageRecord> items = new ArrayList<>();
                while (i < usageRows.size() && items.size() < request.limit()) {
                    UsageRecord record = usageRows.get(i++);
                    if (matches(query, record)) {
                        items.add(record);
                    }
                }
                boolean more = usageRows.stream().skip(i).anyMatch(r -> matches(query, r));
                return new Page<>(items, more ? String.valueOf(i) : null);
            }

            @Override
            public String end() {
                checkThere();
                return String.valueOf(usageRows.size());
            }

            @Override
            public int purge(UUID tenantId, Instant before, int max) {
                int size = usageRows.size();
                usageRows.removeIf(
                        r -> r.tenantId().equals(tenantId) && r.startedAt().isBefore(before));
                return size - usageRows.size();
            }
        };
    }

    private static boolean matches(UsageQuery q, UsageRecord r) {
        return (q.tenantId() == null || q.tenantId().equals(r.tenantId()))
                && (q.userId() == null || q.userId().equals(r.userId()))
                && (q.from() == null || !r.startedAt().isBefore(q.from()))
                && (q.to() == null || r.startedAt().isBefore(q.to()));
    }

    private static List<@Nullable String> group(UsageRecord r, List<UsageQuery.Dimension> by) {
        List<@Nullable String> group = new ArrayList<>();
        for (UsageQuery.Dimension dimension : by) {
            group.add(
                    switch (dimension) {
                        case TENANT -> r.tenantSlug();
                        case USER -> r.userEmail();
                        case KEY -> r.keyName();
                        case MODEL -> r.requestedModel();
                        case PROVIDER -> r.provider();
                        case DAY -> r.startedAt().toString().substring(0, 10);
                    });
        }
        return group;
    }

    private static UsageQuery.Row row(List<@Nullable String> group, List<UsageRecord> records) {
        long errors = records.stream().filter(r -> r.status() >= 400).count();
        return new UsageQuery.Row(
                group,
                records.size(),
                errors,
                records.stream().mapToLong(r -> r.tokens().input()).sum(),
                records.stream().mapToLong(r -> r.tokens().output()).sum(),
                0,
                0,
                0,
                records.stream().mapToLong(r -> r.cost().nanos()).sum(),
                records.stream()
                        .filter(r -> r.cost().state() != Cost.State.PRICED)
                        .count());
    }
}
