package io.llmproxy;

import io.llmproxy.admin.ApplianceStatus;
import io.llmproxy.admin.Health;
import io.llmproxy.admin.NearLimits;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.gateway.Gateway;
import io.llmproxy.port.Provider;
import io.llmproxy.runtime.RuntimeSnapshot;
import io.llmproxy.runtime.Snapshots;
import io.llmproxy.runtime.TenantView;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.function.BooleanSupplier;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What an operator is told about the running appliance: figures, and what is wrong with what to do about it. */
final class StatusBoard {
    static final String DATABASE =
            "the database does not answer: requests are served from memory, administration fails;"
                    + " look at the database; `llmproxyctl log search --level warn --since 1h` tells what it says";
    static final String LEDGER =
            "usage records cannot be written to the database: they are kept in the local journal and"
                    + " written when it is back; look at the database, `llmproxyctl log search --event 6401`";

    static final String RETENTION =
            "what is older than its tenant keeps it could not be deleted, which is tried again each hour: look at the"
                    + " database; `llmproxyctl log search --event 6717` tells what it says";

    /** The share of a budget from which on it is told. */
    private static final double NEARLY = 0.9;

    /** So many budgets are named. */
    private static final int NAMED = 5;

    private final Appliance.Setup setup;
    private final Snapshots snapshots;
    private final Gateway gateway;
    private final LongSupplier backlog;
    private final List<Concern> concerns;
    private final Concern obstacle;
    private final Supplier<ApplianceStatus.Counters> counters;
    private final Instant startedAt;
    private volatile boolean started;
    private volatile boolean stopping;

    /** What may be wrong; each is a value of a metric's label, so none is ever renamed. */
    enum Kind {
        DATABASE,
        LEDGER,
        JOURNAL,
        IDEMPOTENCY,
        AUDIT,
        BODIES,
        COUNTERS,
        BACKUP,
        RETENTION,
        TRACING,
        ALERTS,
        CERTIFICATE,
        ADMIN_AUTH,
        DISK,
        LOG,
        ACCESS_LINES,
        CLOCK,
        TARGETS,
        BUDGETS;

        String word() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        /** Whether a scrape may ask: targets and budgets have metrics of their own, and to look at them all takes time. */
        boolean quick() {
            return this != TARGETS && this != BUDGETS;
        }
    }

    /** Something that may be wrong: the sentence that says so; null: it is right. */
    record Concern(Kind kind, Supplier<@Nullable String> fault) {
        Concern(Kind kind, BooleanSupplier present, String sentence) {
            this(kind, () -> present.getAsBoolean() ? sentence : null);
        }
    }

    /**
     * @param obstacle why requests cannot be served
     * @param counters where limits are counted
     */
    StatusBoard(
            Appliance.Setup setup,
            Snapshots snapshots,
            Gateway gateway,
            LongSupplier backlog,
            List<Concern> concerns,
            Concern obstacle,
            Supplier<ApplianceStatus.Counters> counters) {
        this.setup = setup;
        this.snapshots = snapshots;
        this.gateway = gateway;
        this.backlog = backlog;
        this.concerns = concerns;
        this.obstacle = obstacle;
        this.counters = counters;
        this.startedAt = setup.clock().instant();
    }

    void started() {
        started = true;
    }

    /** From now on a load balancer is to send its requests elsewhere, while those that run finish. */
    void stopping() {
        stopping = true;
    }

    /** Readiness is about serving requests, which a database that is away does not prevent, but a full disk may. */
    Health health() {
        List<Health.Obstacle> obstacles = new ArrayList<>();
        if (stopping) {
            obstacles.add(Health.Obstacle.STOPPING);
        }
        if (obstacle.fault.get() != null) {
            obstacles.add(Health.Obstacle.JOURNAL);
        }
        return new Health(started, obstacles);
    }

    ApplianceStatus status(String gatewayUrl, @Nullable String adminUrl) {
        ApplianceConfig config = setup.config();
        RuntimeSnapshot snapshot = snapshots.current();
        return new ApplianceStatus(
                Version.current(),
                config.tenant() == null ? "*" : config.tenant(),
                startedAt,
                Duration.between(startedAt, setup.clock().instant()).toSeconds(),
                gatewayUrl,
                adminUrl,
                config.database().url() == null ? "h2" : "postgresql",
                counters.get(),
                gateway.inFlight().count(),
                backlog.getAsLong(),
                pressure(),
                snapshot.tenants().size(),
                snapshot.keysById().size(),
                (int) live(snapshot).count(),
                problems(snapshot));
    }

    private ApplianceStatus.Pressure pressure() {
        return new ApplianceStatus.Pressure(
                gateway.bodyMemory().used(),
                gateway.passed().soft(),
                gateway.passed().shadow());
    }

    /** Whether something of that kind is wrong. */
    boolean wrong(Kind kind) {
        return concerns.stream().anyMatch(c -> c.kind == kind && c.fault.get() != null);
    }

    /** What is wrong and what to do, one sentence each; empty: all is well. */
    List<String> problems() {
        return problems(snapshots.current());
    }

    private List<String> problems(RuntimeSnapshot snapshot) {
        List<String> problems = new ArrayList<>();
        for (Concern concern : concerns) {
            String fault = concern.fault.get();
            if (fault != null) {
                problems.add(fault);
            }
        }
        live(snapshot)
                .filter(p -> p.fault() != null)
                .map(p -> name(snapshot, p.account()) + " cannot be called: " + p.fault()
                        + "; `llmproxyctl provider show " + p.account().name() + "` tells more")
                .forEach(problems::add);
        return problems;
    }

    /** That budgets are nearly used up; null: none is. */
    static @Nullable String budgets(List<NearLimits.Near> nearest) {
        List<NearLimits.Near> ending = nearest.stream()
                .filter(n -> n.share() >= NEARLY && budget(n.limit()))
                .toList();
        if (ending.isEmpty()) {
            return null;
        }
        String count = ending.size() == 1
                ? "1 budget is"
                : (ending.size() == NearLimits.MOST ? "at least " : "") + ending.size() + " budgets are";
        String raising = ending.stream()
                .map(n -> "`" + raising(n.limit()) + "`")
                .distinct()
                .collect(Collectors.joining(", "));
        return count + " nearly or wholly used up: "
                + ending.stream().limit(NAMED).map(StatusBoard::text).collect(Collectors.joining(", "))
                + (ending.size() > NAMED ? " and others" : "")
                + "; `llmproxyctl limit usage` shows them, " + raising + " raises them";
    }

    private static String text(NearLimits.Near near) {
        Limit l = near.limit();
        return l.metric().text(near.used()) + " of " + l.metric().text(l.amount()) + " "
                + l.metric().word()
                + " per " + l.period().word() + " of " + l.scope().word()
                + (near.subject() == null ? "" : " `" + near.subject() + "`");
    }

    /** What a setting of a key or tenant amounts to is changed there: another limit beside it would not raise it. */
    private static String raising(Limit limit) {
        if (limit.origin() != LimitOrigin.SETTING) {
            return "llmproxyctl limit set";
        }
        return limit.scope() == LimitScope.KEY ? "llmproxyctl key update --max-requests" : "llmproxyctl tenant update";
    }

    private static boolean budget(Limit limit) {
        boolean lasting = switch (limit.period()) {
            case DAY, MONTH, TOTAL -> true;
            default -> false;
        };
        return lasting && limit.mode() != LimitMode.SHADOW;
    }

    /** With its tenant where the process has several: two of them may call theirs the same. */
    private String name(RuntimeSnapshot snapshot, ProviderAccount account) {
        String name = "provider `" + account.name() + "`";
        TenantView owner =
                account.tenantId() == null ? null : snapshot.tenants().get(account.tenantId());
        if (owner == null) {
            return "shared " + name;
        }
        return setup.config().tenant() == null
                ? name + " of tenant " + owner.tenant().slug()
                : name;
    }

    /** Why a live provider cannot be called; null: it can, or no such provider is live. */
    @Nullable
    String fault(UUID provider) {
        return live(snapshots.current())
                .filter(p -> p.account().id().equals(provider))
                .findFirst()
                .map(Provider::fault)
                .orElse(null);
    }

    private static Stream<Provider> live(RuntimeSnapshot snapshot) {
        return snapshot.tenants().values().stream()
                .flatMap(t -> t.providers().values().stream())
                .distinct();
    }
}
