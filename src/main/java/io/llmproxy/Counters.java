package io.llmproxy;

import io.llmproxy.adapter.jdbc.Database;
import io.llmproxy.adapter.memory.LeasedCounterStore;
import io.llmproxy.adapter.memory.MemoryCounterStore;
import io.llmproxy.adapter.redis.RedisAddress;
import io.llmproxy.adapter.redis.RedisCounterStore;
import io.llmproxy.adapter.redis.RedisCounterStore.Standing;
import io.llmproxy.adapter.telemetry.HelidonTelemetry;
import io.llmproxy.admin.ApplianceStatus;
import io.llmproxy.admin.LiveLimits;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ApplianceConfig.RedisConfig;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.gateway.PassedLimits;
import io.llmproxy.gateway.limit.LimitHistory;
import io.llmproxy.gateway.limit.PassedLimitLog;
import io.llmproxy.gateway.proof.LimitProof;
import io.llmproxy.port.CounterStore;
import io.llmproxy.port.UsageStore;
import io.llmproxy.runtime.Snapshots;
import io.llmproxy.runtime.TenantView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.UUID;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Where limits are counted, as the configuration wants it: in this process's memory, in Redis, or by leases from PostgreSQL. */
final class Counters implements AutoCloseable {
    /** How long what a process holds is its own without the database; after that others count it as lost. */
    private static final Duration LEASE = Duration.ofMinutes(1);

    private final MemoryCounterStore memory;
    private final @Nullable RedisCounterStore redis;
    private final @Nullable LeasedCounterStore leased;
    /** Of the windows; another one where processes share them. */
    private final InstantSource windows;

    private final InstantSource clock;
    private final boolean refuse;
    private final Instant startedAt;

    private Counters(
            MemoryCounterStore memory,
            @Nullable RedisCounterStore redis,
            @Nullable LeasedCounterStore leased,
            boolean refuse,
            InstantSource clock) {
        this.memory = memory;
        this.redis = redis;
        this.leased = leased;
        this.windows = leased == null ? clock : leased.clock();
        this.clock = clock;
        this.refuse = refuse;
        this.startedAt = clock.instant();
    }

    /** Connects where it is to; a Redis that is away does not prevent the start. */
    static Counters open(ApplianceConfig config, Database database, DataDirectory directory, InstantSource clock)
            throws IOException {
        String tenant = config.tenant() == null ? "*" : config.tenant();
        if (config.redis().url() == null && config.database().url() != null) {
            LeasedCounterStore leased =
                    LeasedCounterStore.join(database.leases(directory.identity(clock.instant()), tenant, LEASE));
            return new Counters(leased.memory(), null, leased, false, clock);
        }
        MemoryCounterStore memory = new MemoryCounterStore(clock);
        RedisConfig wanted = config.redis();
        String url = wanted.url();
        if (url == null) {
            return new Counters(memory, null, null, false, clock);
        }
        Path passwordFile = wanted.passwordFile();
        Secret password = passwordFile == null
                ? null
                : new Secret(Files.readString(passwordFile).strip());
        boolean refuse = wanted.onFailure().equals("refuse");
        RedisCounterStore redis = new RedisCounterStore(
                new RedisCounterStore.Settings(RedisAddress.of(url, password, wanted.caFile()), refuse, tenant),
                memory,
                clock);
        redis.start();
        return new Counters(memory, redis, null, refuse, clock);
    }

    CounterStore store() {
        return leased != null ? leased : redis != null ? redis : memory;
    }

    /** What is counted now, with the names of the tenants and keys that it is counted for. */
    LiveLimits live(Snapshots snapshots, PassedLimits passed) {
        return new LiveLimits(
                () -> snapshots.current().limits().byId(),
                store(),
                id -> named(snapshots, id, clock.instant()),
                () -> snapshots.current().users().collect(Collectors.toMap(User::id, User::email, (a, b) -> a)),
                () -> snapshots.current().tenants().values().stream()
                        .map(t -> t.tenant().settings().limits().zone())
                        .collect(Collectors.toSet()),
                passed::of);
    }

    private @Nullable String name(Snapshots snapshots, UUID id) {
        LiveLimits.Named named = named(snapshots, id, clock.instant());
        return named != null
                ? named.name()
                : snapshots
                        .current()
                        .users()
                        .filter(u -> u.id().equals(id))
                        .map(User::email)
                        .findFirst()
                        .orElse(null);
    }

    private static LiveLimits.@Nullable Named named(Snapshots snapshots, UUID id, Instant now) {
        ApiKey key = snapshots.current().keysById().get(id);
        if (key != null) {
            return new LiveLimits.Named(key.tenantId(), key.name(), key.revoked() || key.expired(now));
        }
        TenantView tenant = snapshots.current().tenants().get(id);
        return tenant == null ? null : new LiveLimits.Named(id, tenant.tenant().slug(), false);
    }

    /** Drops what counts nothing any more. */
    void sweep(Map<String, Limit> limits) {
        if (leased == null) {
            memory.sweep(limits);
        } else {
            leased.sweep(limits);
        }
    }

    /** Goes on from what the ledger knows; from now on what passed soft limits is told, and what counts nothing more is dropped. */
    void keep(UsageStore usage, Snapshots snapshots, PassedLimits passed, LimitProof proof, Parts parts) {
        LimitHistory history = new LimitHistory(usage, store(), windows);
        history.restore(snapshots.current());
        snapshots.onPublish(history::restore);
        Supplier<Map<String, Limit>> limits = () -> snapshots.current().limits().byId();
        parts.opened(new PassedLimitLog(passed, limits, id -> name(snapshots, id), clock))
                .start();
        remember(history, snapshots);
        parts.opened(new LimitSweeper(this, () -> proof.with(limits.get())));
    }

    /** A Redis that lost its counters is told again what the ledger knows. */
    private void remember(LimitHistory history, Snapshots snapshots) {
        if (redis != null) {
            redis.onForgotten(() -> Thread.ofVirtual().start(() -> history.again(snapshots.current())));
        }
    }

    void measure(HelidonTelemetry telemetry) {
        telemetry.gauge("llmproxy_limit_counters", "Counters of limits that are kept in memory", memory::size);
        if (redis != null) {
            telemetry.gauge(
                    "llmproxy_redis_up",
                    "1: limits are counted in Redis; 0: it is away",
                    () -> redis.standing().fault() == null ? 1 : 0);
            telemetry.gauge(
                    "llmproxy_redis_processes",
                    "Processes that share the counters, as far as was last known",
                    () -> redis.standing().processes());
        }
    }

    ApplianceStatus.Counters status() {
        if (leased != null) {
            String state = leased.fault() == null ? "up" : "away";
            return new ApplianceStatus.Counters("postgresql", state, leased.since(), leased.processes());
        }
        if (redis == null) {
            return new ApplianceStatus.Counters("memory", "up", startedAt, 1);
        }
        Standing standing = redis.standing();
        String state = standing.fault() == null ? "up" : "away";
        return new ApplianceStatus.Counters("redis", state, standing.since(), standing.processes());
    }

    /** What is wrong and what is done about it; null: nothing. */
    @Nullable
    String fault() {
        if (leased != null) {
            return leased.fault();
        }
        Standing standing = redis == null ? null : redis.standing();
        if (standing == null || standing.fault() == null) {
            return null;
        }
        String then = refuse
                ? "requests are refused (redis.on-failure)"
                : "limits are counted in this process, divided by the " + standing.processes()
                        + " that were last known (redis.on-failure)";
        return "Redis is away: " + standing.fault() + "; " + then
                + "; look at Redis, `llmproxyctl log search --event 6101 --since 1h`";
    }

    @Override
    public void close() {
        if (leased != null) {
            leased.close();
        }
        if (redis != null) {
            redis.close();
        }
    }
}
