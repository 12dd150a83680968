package io.llmproxy.testing;

import io.llmproxy.adapter.admin.AdminServer;
import io.llmproxy.adapter.admin.ModelIds;
import io.llmproxy.adapter.admin.auth.AdminAuth;
import io.llmproxy.adapter.admin.auth.AuthFault;
import io.llmproxy.adapter.admin.auth.AuthSettings;
import io.llmproxy.adapter.memory.MemoryCounterStore;
import io.llmproxy.adapter.memory.MemoryIdempotencyStore;
import io.llmproxy.admin.AdminCommand;
import io.llmproxy.admin.AdminQueries;
import io.llmproxy.admin.AdminStores;
import io.llmproxy.admin.ApplianceStatus;
import io.llmproxy.admin.AuditQueries;
import io.llmproxy.admin.BackupAdmin;
import io.llmproxy.admin.CommandExecutor;
import io.llmproxy.admin.CommandResult;
import io.llmproxy.admin.Health;
import io.llmproxy.admin.LiveLimits;
import io.llmproxy.admin.LiveView;
import io.llmproxy.admin.LogAdmin;
import io.llmproxy.admin.PriceQueries;
import io.llmproxy.admin.ProcessAdmin;
import io.llmproxy.admin.ProviderState;
import io.llmproxy.admin.ProviderTester;
import io.llmproxy.admin.RemoteCallers;
import io.llmproxy.admin.RequestAudit;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.domain.usage.PriceCatalogue;
import io.llmproxy.gateway.Explanation;
import io.llmproxy.gateway.proof.LimitProofReport;
import io.llmproxy.port.CounterStore;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.ProviderFactory;
import io.llmproxy.port.SecretSealer;
import io.llmproxy.port.SecretSource;
import io.llmproxy.runtime.Snapshots;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/** The use case of administration over stores in memory, with a clock that tests set. */
public final class AdminFixture {
    public static final Actor ADMIN = new Actor("unix:root", 0, Role.ADMIN, null, null, "socket");

    public final InMemoryStores memory = new InMemoryStores();
    public final MemoryCounterStore counters = new MemoryCounterStore(InstantSource.system());
    public final AdminStores stores = stores(counters);
    public final AtomicInteger published = new AtomicInteger();
    public final FakeProviders providers = new FakeProviders();
    public volatile Instant now = Instant.parse("2026-11-20T12:00:00Z");
    public final InstantSource clock = () -> now;
    public final Snapshots snapshots = new Snapshots();
    public final CommandExecutor executor;
    public final AdminQueries queries;

    private AdminStores stores(CounterStore counters) {
        return new AdminStores(
                memory.transactor(),
                memory.tenants(),
                memory.users(),
                memory.keys(),
                memory.providers(),
                memory.prices(),
                memory.audit(),
                memory.state(),
                memory.limits(),
                memory.routes(),
                new LiveLimits(this::inForce, counters, id -> null));
    }

    private Map<String, Limit> inForce() {
        return memory.state().load(null).limits().stream().collect(Collectors.toMap(Limit::id, l -> l));
    }

    public AdminFixture() {
        this(null);
    }

    public AdminFixture(@Nullable String onlyTenant) {
        executor = executor(onlyTenant);
        queries = queries(onlyTenant);
    }

    /** Another process on the same stores. */
    public CommandExecutor executor(@Nullable String onlyTenant) {
        return executor(onlyTenant, stores);
    }

    /** One that counts elsewhere. */
    public CommandExecutor counting(CounterStore elsewhere) {
        return executor(null, stores(elsewhere));
    }

    private CommandExecutor executor(@Nullable String onlyTenant, AdminStores stores) {
        return new CommandExecutor(
                stores, providers, new FakeSecrets(), new FakeSealer(), onlyTenant, published::incrementAndGet, clock);
    }

    public PriceQueries prices(@Nullable String onlyTenant) {
        return new PriceQueries(stores, snapshots, PriceCatalogue.EMPTY, onlyTenant, clock);
    }

    public AdminQueries queries(@Nullable String onlyTenant) {
        return new AdminQueries(stores, memory.usage(), onlyTenant);
    }

    public RequestAudit requests() {
        return new RequestAudit(
                stores,
                (query, page) -> new Page<>(List.of(), null),
                new FakeAudit.Bodies(),
                memory.usage(),
                executor,
                null);
    }

    public AuditQueries audit() {
        return new AuditQueries(
                stores, new FakeAudit.Chains(), new FakeAudit.Signer(), () -> {}, executor, null, clock);
    }

    /** The admin API over this, as the listeners have it. */
    public AdminServer.Application application() {
        ApplianceStatus status = new ApplianceStatus(
                "1",
                "*",
                Instant.EPOCH,
                0,
                "",
                null,
                "",
                new ApplianceStatus.Counters("memory", "up", Instant.EPOCH, 1),
                0,
                0,
                ApplianceStatus.Pressure.NONE,
                0,
                0,
                0,
                List.of());
        return new AdminServer.Application(
                executor,
                queries,
                prices(null),
                new ProviderTester(providers, ModelIds::of),
                () -> {},
                id -> null,
                id -> ProviderState.UNKNOWN,
                () -> status,
                () -> new Health(true, List.of()),
                () -> "",
                new AdminServer.Replays(
                        new MemoryIdempotencyStore(100), new MemoryIdempotencyStore(100), Duration.ofHours(24)),
                (requests, parallel, only) -> new LimitProofReport(0, 0, 0, 0, List.of()),
                request -> new Explanation(List.of()),
                new AdminServer.Operations(
                        new LogAdmin(stores, log, clock),
                        () -> LIVE,
                        () -> Map.of("process.txt", "llmproxy\n"),
                        List::of,
                        new BackupAdmin(stores, null, wish -> out -> {}, clock),
                        new ProcessAdmin(stores, new FakeProcess(), clock)),
                audit(),
                requests(),
                () -> {},
                remote(),
                clock);
    }

    /** Nobody is known over TCP. */
    public AdminServer.Remote remote() {
        try {
            return new AdminServer.Remote(
                    AdminAuth.open(
                            new AuthSettings(null, null),
                            () -> (SSLSocketFactory) SSLSocketFactory.getDefault(),
                            clock),
                    new RemoteCallers(stores, null));
        } catch (AuthFault e) {
            throw new AssertionError(e);
        }
    }

    private static final LiveView.Line NOTHING = new LiveView.Line("all", 0, 0, 0, 0, 0, 0, -1, -1, -1, -1, null);
    private static final LiveView LIVE =
            new LiveView(Instant.EPOCH, 0, NOTHING, List.of(), List.of(), List.of(), List.of(), List.of());

    public final FakeLog log = new FakeLog();

    public CommandResult admin(AdminCommand command) {
        return executor.execute(ADMIN, command);
    }

    public Tenant tenant(String slug) {
        return ((CommandResult.OfTenant) admin(new AdminCommand.CreateTenant(slug, null))).tenant();
    }

    public User user(String tenant, String email, Role role) {
        return ((CommandResult.OfUser) admin(new AdminCommand.CreateUser(tenant, email, null, role))).user();
    }

    public static Actor tenantAdmin(Tenant tenant) {
        return new Actor("jwt:boss", null, Role.TENANT_ADMIN, tenant.id(), UUID.randomUUID(), "192.0.2.1");
    }

    public static Actor user(User user) {
        return new Actor("jwt:" + user.email(), null, Role.USER, user.tenantId(), user.id(), "192.0.2.1");
    }

    /** Refuses references to {@code file:/forbidden}. */
    private static final class FakeSecrets implements SecretSource {
        @Override
        public void check(SecretRef ref) {
            if (ref.name().startsWith("/forbidden")) {
                throw new InvalidValueException("credential", "is not below secrets.directories");
            }
        }

        @Override
        public Optional<Secret> resolve(SecretRef ref) {
            return Optional.empty();
        }
    }

    /** Seals visibly, so that tests see the context. */
    private static final class FakeSealer implements SecretSealer {
        @Override
        public Credential.Sealed seal(Secret secret, String context) {
            return new Credential.Sealed(
                    "v1.test." + context + "." + secret.reveal().length());
        }

        @Override
        public Secret open(Credential.Sealed sealed, String context) {
            return new Secret("opened");
        }
    }

    /** Providers whose model list is {@link #body}; private addresses are refused as the port promises. */
    public static final class FakeProviders implements ProviderFactory {
        public volatile String body = "{\"data\":[{\"id\":\"gpt-4o\"},{\"id\":\"o3\"}]}";
        public volatile int status = 200;
        public volatile @Nullable String fault;
        public final AtomicInteger open = new AtomicInteger();

        @Override
        public Provider open(ProviderAccount account) {
            open.incrementAndGet();
            return new Provider() {
                @Override
                public ProviderAccount account() {
                    return account;
                }

                @Override
                public @Nullable String fault() {
                    return fault;
                }

                @Override
                public ProviderCall call(UpstreamRequest request) {
                    return answer();
                }

                @Override
                public void retire() {
                    open.decrementAndGet();
                }
            };
        }

        @Override
        public void check(ProviderAccount account) {
            String host = String.valueOf(account.baseUrl().getHost());
            if (host.equals("169.254.169.254") || host.startsWith("127.") && !account.privateAllowed()) {
                throw new InvalidValueException("baseUrl", "that address is not permitted");
            }
        }

        private ProviderCall answer() {
            return new ProviderCall() {
                @Override
                public Head execute() {
                    return new Head(status, new HeaderFields(), -1);
                }

                @Override
                public InputStream body() {
                    return new ByteArrayInputStream(body.getBytes(StandardCharsets.UTF_8));
                }

                @Override
                public void cancel() {}

                @Override
                public void close() {}
            };
        }
    }
}
