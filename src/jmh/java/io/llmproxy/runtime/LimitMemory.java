package io.llmproxy.runtime;

import io.llmproxy.adapter.memory.MemoryCounterStore;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ConfigException;
import io.llmproxy.config.ConfigLoader;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.KeyHash;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Dues;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.usage.PriceCatalogue;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderFactory;
import io.llmproxy.port.StateSource.ManagedState;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Random;

/**
 * The heap that keys and users take that are known, and the counters of those that are active: what is left after a full
 * collection. Arguments: how many are known, each a key with a user of its own, and how many of them are active.
 */
public final class LimitMemory {
    private static final Instant NOW = Instant.parse("2026-11-20T10:00:00Z");
    private static final Random RANDOM = new Random(1);

    private LimitMemory() {}

    public static void main(String[] args) throws ConfigException {
        int known = Integer.parseInt(args[0]);
        int active = Integer.parseInt(args[1]);
        List<Limit> limits = limits();
        long before = heap();
        long began = System.nanoTime();
        RuntimeSnapshot snapshot = new SnapshotBuilder(new None(), PriceCatalogue.EMPTY, limits).build(state(known));
        System.out.printf("%,d keys and users: built in %d ms%n", known, (System.nanoTime() - began) / 1_000_000);
        long after = heap();
        report("known", after - before, known);

        MemoryCounterStore counters = new MemoryCounterStore(InstantSource.system());
        snapshot.keys().values().stream().limit(active).forEach(k -> request(snapshot, counters, k));
        long used = heap();
        report("active, each with " + limits.size() + " limits", used - after, active);
        System.out.printf("%,d counters%n", counters.size());
        began = System.nanoTime();
        counters.sweep(snapshot.limits().byId());
        System.out.printf("one sweep of them: %d ms%n", (System.nanoTime() - began) / 1_000_000);
        System.out.printf(
                "in all: %,d MB; kept: %d%n",
                used / 1_000_000, snapshot.keysById().size());
    }

    /** Those that every installation starts with, but so wide that nobody is refused, and two more for each user. */
    private static List<Limit> limits() throws ConfigException {
        List<String> wide = List.of("limits.global.requests=1000000000", "limits.tenant.requests=1000000000");
        ApplianceConfig config = ConfigLoader.load(new ConfigLoader.Sources(List.of(), Map.of(), wide, Map.of()))
                .config();
        List<Limit> limits = new ArrayList<>(config.limits().limits());
        limits.add(user("tokens per day", LimitMetric.TOKENS, LimitPeriod.DAY));
        limits.add(user("tokens per month", LimitMetric.TOKENS, LimitPeriod.MONTH));
        return limits;
    }

    private static Limit user(String id, LimitMetric metric, LimitPeriod period) {
        return Limit.of(id, LimitScope.USER, metric, 1_000_000, period, LimitAlgorithm.FIXED_WINDOW, LimitOrigin.ADMIN);
    }

    private static ManagedState state(int known) {
        List<Tenant> tenants = new ArrayList<>();
        for (int i = 0; i < 100; i++) {
            tenants.add(new Tenant(
                    Ids.next(NOW),
                    "tenant-" + i,
                    "Tenant " + i,
                    Tenant.Status.ACTIVE,
                    TenantSettings.DEFAULT,
                    NOW,
                    NOW));
        }
        List<User> users = new ArrayList<>(known);
        List<ApiKey> keys = new ArrayList<>(known);
        for (int i = 0; i < known; i++) {
            Tenant tenant = tenants.get(i % tenants.size());
            User user =
                    new User(Ids.next(NOW), tenant.id(), "user-" + i + "@example.com", null, Role.USER, true, NOW, NOW);
            users.add(user);
            keys.add(key(tenant, user, i));
        }
        return new ManagedState(1, tenants, users, keys, List.of());
    }

    private static ApiKey key(Tenant tenant, User user, int i) {
        byte[] hash = new byte[KeyHash.BYTES];
        RANDOM.nextBytes(hash);
        return new ApiKey(
                Ids.next(NOW),
                tenant.id(),
                user.id(),
                "key-" + i,
                KeyHash.of(hash),
                String.format("llmp_%07d", i),
                null,
                null,
                KeyScope.ANY,
                null,
                null,
                false,
                null,
                NOW,
                NOW);
    }

    private static final Dues.Need ONE_EACH = metric -> 1;

    private static void request(RuntimeSnapshot snapshot, MemoryCounterStore counters, RuntimeSnapshot.KeyEntry key) {
        byte[] address = ByteBuffer.allocate(4)
                .putInt(key.principal().key().id().hashCode())
                .array();
        Tenant tenant = key.principal().tenant();
        LimitTable.Facts facts = new LimitTable.Facts(
                tenant.id(),
                Objects.requireNonNull(key.principal().user()).id(),
                key.principal().key().id(),
                new LimitTable.Place(address),
                "gpt-4o",
                "gpt-4o",
                "/v1/chat/completions",
                null,
                tenant.id(),
                "openai");
        List<Charge> charges = new ArrayList<>();
        Limits limits = snapshot.limits();
        charges.addAll(limits.early(new LimitTable.Place(address)).charges(ONE_EACH));
        charges.addAll(limits.due(limits.of(tenant.id()), facts).charges(ONE_EACH));
        if (!(counters.reserve(charges) instanceof Granted(var reservation))) {
            throw new IllegalStateException("refused, so that not all counters are there");
        }
        reservation.settle(new ActualUse(1, 1, ActualUse.UNKNOWN));
    }

    private static void report(String what, long bytes, int of) {
        System.out.printf("%,d %s: %,d MB, %d B each%n", of, what, bytes / 1_000_000, bytes / of);
    }

    private static long heap() {
        for (int i = 0; i < 4; i++) {
            System.gc();
        }
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    private static final class None implements ProviderFactory {
        @Override
        public Provider open(io.llmproxy.domain.model.ProviderAccount account) {
            throw new IllegalStateException("there are no providers");
        }

        @Override
        public void check(io.llmproxy.domain.model.ProviderAccount account) {}
    }
}
