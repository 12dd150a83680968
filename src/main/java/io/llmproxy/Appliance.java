package io.llmproxy;

import io.llmproxy.adapter.admin.AddressTakenException;
import io.llmproxy.adapter.admin.AdminServer;
import io.llmproxy.adapter.admin.ModelIds;
import io.llmproxy.adapter.backup.BackupException;
import io.llmproxy.adapter.http.GatewayServer;
import io.llmproxy.adapter.http.PortTakenException;
import io.llmproxy.adapter.http.tls.CertificateFault;
import io.llmproxy.adapter.http.tls.CertificateFiles;
import io.llmproxy.adapter.jdbc.Database;
import io.llmproxy.adapter.jdbc.DatabaseException;
import io.llmproxy.adapter.jdbc.SchemaState;
import io.llmproxy.adapter.journal.FileUsageJournal;
import io.llmproxy.adapter.journal.JournalFormat;
import io.llmproxy.adapter.log.Logging;
import io.llmproxy.adapter.log.RunningLog;
import io.llmproxy.adapter.memory.MemoryIdempotencyStore;
import io.llmproxy.adapter.provider.Providers;
import io.llmproxy.adapter.secret.AesGcmSealer;
import io.llmproxy.adapter.secret.Ed25519AuditSigner;
import io.llmproxy.adapter.secret.LocalSecretSource;
import io.llmproxy.adapter.secret.MasterKey;
import io.llmproxy.adapter.secret.MasterKeyException;
import io.llmproxy.adapter.systemd.SdNotify;
import io.llmproxy.adapter.telemetry.HelidonTelemetry;
import io.llmproxy.adapter.telemetry.OtlpTracing;
import io.llmproxy.adapter.tokenizer.JtokkitTokenizer;
import io.llmproxy.admin.AdminCommand;
import io.llmproxy.admin.AdminQueries;
import io.llmproxy.admin.AdminStores;
import io.llmproxy.admin.ApplianceStatus;
import io.llmproxy.admin.AuditQueries;
import io.llmproxy.admin.CommandExecutor;
import io.llmproxy.admin.LiveLimits;
import io.llmproxy.admin.PriceQueries;
import io.llmproxy.admin.ProviderTester;
import io.llmproxy.admin.RequestAudit;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ApplianceConfig.AlertsConfig.Webhook;
import io.llmproxy.config.ApplianceConfig.Listen;
import io.llmproxy.config.ApplianceConfig.LogConfig;
import io.llmproxy.config.ConfigLoader;
import io.llmproxy.domain.Durations;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.usage.PriceCatalogue;
import io.llmproxy.gateway.BodyMemory;
import io.llmproxy.gateway.BodyRoom;
import io.llmproxy.gateway.Gateway;
import io.llmproxy.gateway.GatewaySettings;
import io.llmproxy.gateway.InFlight;
import io.llmproxy.gateway.Ledger;
import io.llmproxy.gateway.Spool;
import io.llmproxy.gateway.alert.AlertRules;
import io.llmproxy.gateway.alert.AlertSender;
import io.llmproxy.gateway.alert.BudgetAlerts;
import io.llmproxy.gateway.alert.BudgetRefusals;
import io.llmproxy.gateway.alert.BudgetWatch;
import io.llmproxy.gateway.audit.AuditKeeper;
import io.llmproxy.gateway.audit.Transcripts;
import io.llmproxy.gateway.idempotency.IdempotentRuns;
import io.llmproxy.gateway.limit.LimitHistory;
import io.llmproxy.gateway.limit.PassedLimitLog;
import io.llmproxy.gateway.proof.LimitProof;
import io.llmproxy.gateway.resilience.ActiveChecks;
import io.llmproxy.gateway.stage.Stages;
import io.llmproxy.gateway.usage.KeyUseFlusher;
import io.llmproxy.gateway.usage.LedgerRetry;
import io.llmproxy.gateway.usage.Retention;
import io.llmproxy.gateway.usage.UsageFlusher;
import io.llmproxy.port.AlertStore;
import io.llmproxy.port.AuditSigner;
import io.llmproxy.port.CounterStore;
import io.llmproxy.port.IdempotencyStore;
import io.llmproxy.port.ObjectStore;
import io.llmproxy.port.ProcessControl;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.Telemetry;
import io.llmproxy.port.Tokenizer;
import io.llmproxy.port.Tracing;
import io.llmproxy.port.TranscriptStore;
import io.llmproxy.port.UsageJournal;
import io.llmproxy.port.UsageStore;
import io.llmproxy.runtime.SnapshotRefresher;
import io.llmproxy.runtime.Snapshots;
import io.llmproxy.runtime.TenantView;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The composition root: the only place that knows every part. It starts them in order and stops them in reverse; a part that
 * fails to start takes down what was started before it.
 */
public final class Appliance implements AutoCloseable, ProcessControl {
    private static final Logger LOG = System.getLogger(Appliance.class.getName());

    /** How soon changes made by other processes are seen; the contract says two seconds. */
    private static final Duration REFRESH = Duration.ofSeconds(1);

    /** How long the keys of a killed process stay claimed where several processes share a database. */
    private static final Duration IDEMPOTENCY_LEASE = Duration.ofSeconds(20);

    /** How many answers of the admin API that show a key's secret can be repeated. */
    private static final int SECRET_ANSWERS = 1000;

    private static final Duration CUTTING = Duration.ofSeconds(3);

    /**
     * What the appliance is started with.
     *
     * @param environment where references {@code env:NAME} are looked up
     * @param clock of the ledger, of expiry and of everything else that an operator sees
     */
    public record Setup(
            ConfigLoader.Loaded loaded, Places places, Map<String, String> environment, InstantSource clock) {
        ApplianceConfig config() {
            return loaded.config();
        }
    }

    private final Setup setup;
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private final List<InetSocketAddress> ownListeners = new CopyOnWriteArrayList<>();
    private final SdNotify systemd;
    private final @Nullable Predecessor predecessor;
    private final Reload reload;
    private final Succession succession;
    private final CommandExecutor executor;
    private final StatusBoard status;
    private final InFlight inFlight;
    private final GatewayServer gatewayServer;
    private final AdminServer adminServer;
    private final BackupDesk backups;
    private final SelfTest selfTest;

    /** Starts everything; when it returns, requests are served. */
    public static Appliance start(Setup setup) throws StartException {
        try {
            return new Appliance(setup);
        } catch (DatabaseException e) {
            throw new StartException(exitCode(e), e.getMessage() + wayBack(setup, e), e);
        } catch (BackupException e) {
            throw new StartException(
                    StartException.FAILURE,
                    "the backup before the change of the schema was not made, and nothing was changed: "
                            + e.getMessage(),
                    e);
        } catch (MasterKeyException | CertificateFault e) {
            throw new StartException(StartException.USAGE, String.valueOf(e.getMessage()), e);
        } catch (AddressTakenException | PortTakenException e) {
            throw new StartException(StartException.TAKEN, String.valueOf(e.getMessage()), e);
        } catch (IOException | StoreException e) {
            throw new StartException(StartException.FAILURE, String.valueOf(e.getMessage()), e);
        }
    }

    private static int exitCode(DatabaseException e) {
        return switch (e.reason()) {
            case SETTINGS, NEWER -> StartException.USAGE;
            case IN_USE -> StartException.TAKEN;
            case AWAY, SCHEMA -> StartException.FAILURE;
        };
    }

    private static String wayBack(Setup setup, DatabaseException e) {
        if (e.reason() != DatabaseException.Reason.NEWER) {
            return "";
        }
        int known = Integer.parseInt(SchemaState.newest());
        return new BackupPlace(setup.config(), setup.places().data(), setup.clock())
                .wayBack(known)
                .map(file -> ": " + file + " is one, for llmproxyctl backup restore --replace of the newer program")
                .orElse(" (llmproxyctl backup list)");
    }

    private Appliance(Setup setup) throws StartException, IOException, CertificateFault {
        this.setup = setup;
        ApplianceConfig config = setup.config();
        this.predecessor = Predecessor.of(setup.environment());
        this.systemd = new SdNotify(setup.environment());
        this.reload = new Reload(setup.loaded(), systemd);
        RunningLog log = opened(log(setup));
        setup.loaded().warnings().forEach(w -> LOG.log(Level.WARNING, w));
        try {
            DataDirectory directory = opened(
                    predecessor == null
                            ? DataDirectory.take(setup.places().data())
                            : DataDirectory.join(setup.places().data()));
            TlsListeners tls = opened(TlsListeners.open(config, setup.clock()));
            // beside the opening of the database: each takes an eighth of a second
            CompletableFuture<HelidonTelemetry> measuring =
                    CompletableFuture.supplyAsync(HelidonTelemetry::new, Thread::startVirtualThread);
            opened(() -> measuring.join().close());
            BackupPlace backupPlace = new BackupPlace(config, directory.path(), setup.clock());
            Database database =
                    opened(PartSettings.database(config, directory.path(), backupPlace.upgrade(), predecessor != null));
            LocalSecretSource secrets = secrets(directory.path());
            MasterKey masterKey = masterKey(database, directory.path());
            AesGcmSealer sealer = new AesGcmSealer(masterKey);
            Ed25519AuditSigner auditSigner = new Ed25519AuditSigner(masterKey);
            Tokenizer tokenizer = new JtokkitTokenizer();
            Path spool = spool(directory.own("spool"));
            BodyMemory bodyMemory = new BodyMemory(config.gateway().bodyMemory());
            BodyRoom room = new BodyRoom(spool, bodyMemory);
            Providers providers = new Providers(
                    secrets,
                    sealer,
                    config.egress().allow(),
                    () -> ownListeners,
                    PartSettings.upstreamDefaults(config.upstream()),
                    PartSettings.translations(config.translation(), room, tokenizer, setup.clock()),
                    setup.clock());
            HelidonTelemetry telemetry = measuring.join();
            OtlpTracing tracing = tracing();
            FileUsageJournal journal = opened(FileUsageJournal.open(
                    directory.own("journal"), config.journal().sync()));
            LeftRecords leftRecords = opened(new LeftRecords(journal, directory.others("journal")));
            leftRecords.takeIn();
            JournalFormat format = new JournalFormat();
            UsageStore usage = database.usage(format);
            UsageFlusher flusher = opened(new UsageFlusher(journal, usage, format));

            PriceCatalogue catalogue = BundledPrices.read();
            Snapshots snapshots = new Snapshots();
            SnapshotRefresher refresher = opened(new SnapshotRefresher(
                    database.state(),
                    snapshots,
                    providers,
                    catalogue,
                    config.tenant(),
                    config.limits().limits()));
            Counters counters = opened(Counters.open(config, database, directory, setup.clock()));
            IdempotencyStore idempotency = database.idempotency(sealer, IDEMPOTENCY_LEASE);
            IdempotentRuns runs = opened(
                    new IdempotentRuns(idempotency, PartSettings.idempotency(config.idempotency()), setup.clock()));
            Ledger ledger = new Ledger(journal, PartSettings.onFull(config.journal()), setup.clock());
            LedgerRetry retry = opened(new LedgerRetry(ledger));
            BudgetRefusals refusals = new BudgetRefusals(counters.store());
            ObjectStore objects = database.objects();
            GatewaySettings settings = PartSettings.gateway(config, spool);
            TranscriptStore bodies = database.transcripts(sealer);
            Transcripts transcripts = opened(new Transcripts(bodies));
            transcripts.start();
            Gateway gateway = Stages.gateway(
                    settings,
                    bodyMemory,
                    snapshots,
                    ledger,
                    objects,
                    telemetry,
                    tracing == null ? Tracing.OFF : tracing,
                    refusals,
                    tokenizer,
                    runs,
                    transcripts,
                    setup.clock());
            LimitProof proof =
                    new LimitProof(settings, providers, objects, counters.store(), tokenizer, runs, setup.clock());
            AdminStores stores = stores(database, auditSigner, live(snapshots, counters.store(), gateway));
            this.executor = new CommandExecutor(
                    stores, providers, secrets, sealer, config.tenant(), refresher::refresh, setup.clock());
            makeOwnTenant(stores);
            refresher.refresh();

            flusher.start();
            leftRecords.start();
            if (journal.backlog() > 0) {
                flusher.flush(); // before the first request: what the journal still holds counts for limits too
            }
            LimitHistory history = new LimitHistory(usage, counters.store(), counters.clock());
            history.restore(snapshots.current());
            snapshots.onPublish(history::restore);
            opened(new PassedLimitLog(
                            gateway.passed(), () -> snapshots.current().limits().byId(), setup.clock()))
                    .start();
            counters.remember(history, snapshots);
            opened(new LimitSweeper(
                    counters, () -> proof.with(snapshots.current().limits().byId())));
            opened(OldGeneration.ofThisProcess());
            runs.start();
            retry.start();
            opened(new KeyUseFlusher(gateway.lastUse()::drain, database.keys())).start();
            opened(new Retention(
                            stores.audit(), usage, database.objects(), bodies, () -> tenants(snapshots), setup.clock()))
                    .start();
            opened(alerts(database.alerts(), usage, snapshots, refusals, telemetry))
                    .start();
            AuditKeeper auditKeeper = opened(new AuditKeeper(database.auditChains(auditSigner), setup.clock()));
            auditKeeper.start();
            refresher.start(REFRESH);

            this.inFlight = gateway.inFlight();
            this.gatewayServer = opened(gatewayServer(gateway, config, tls.gateway()));
            ownListeners.add(new InetSocketAddress(config.gateway().listen().host(), gatewayServer.port()));
            OperatorDesk desk = opened(new OperatorDesk(setup, log, gateway, snapshots, stores));
            this.backups = opened(new BackupDesk(setup, backupPlace, database, masterKey, flusher::flush));
            backups.start();
            startChecks(snapshots, gateway);
            TargetStates targets = new TargetStates(gateway.health(), snapshots);
            this.status = new StatusBoard(
                    setup,
                    snapshots,
                    inFlight::count,
                    journal::backlog,
                    () -> pressure(gateway),
                    desk.concerns(
                            directory.path(),
                            new StatusBoard.Concern(refresher::failing, StatusBoard.DATABASE),
                            new StatusBoard.Concern(flusher::failing, StatusBoard.LEDGER),
                            new StatusBoard.Concern(runs::failing),
                            new StatusBoard.Concern(auditKeeper::fault),
                            new StatusBoard.Concern(transcripts::fault),
                            new StatusBoard.Concern(ledger::fault),
                            new StatusBoard.Concern(counters::fault),
                            new StatusBoard.Concern(backups::fault),
                            new StatusBoard.Concern(targets::problem),
                            new StatusBoard.Concern(tls::gatewayFault),
                            new StatusBoard.Concern(tls::adminFault)),
                    new StatusBoard.Concern(ledger::obstacle),
                    counters::status);
            AdminQueries queries = new AdminQueries(stores, usage, journal::extents, config.tenant());
            PriceQueries prices = new PriceQueries(stores, snapshots, catalogue, config.tenant(), setup.clock());
            ProviderTester tester = new ProviderTester(providers, ModelIds::of);
            ApplianceMetrics metrics = new ApplianceMetrics(telemetry);
            metrics.ledger(journal, ledger, flusher);
            metrics.gateway(gateway, gatewayServer);
            metrics.providers(snapshots, gateway.health());
            metrics.tracing(tracing);
            metrics.bodies(transcripts);
            telemetry.thresholds(config.alerts().thresholds());
            desk.measure(telemetry);
            tls.measure(telemetry);
            counters.measure(telemetry);
            this.adminServer = opened(AdminServer.start(
                    listeners(config, tls),
                    new AdminServer.Application(
                            executor,
                            queries,
                            prices,
                            tester,
                            flusher::flush,
                            status::fault,
                            targets::state,
                            () -> status.status(gatewayUrl(), adminUrl()),
                            status::health,
                            telemetry::prometheus,
                            new AdminServer.Replays(
                                    idempotency,
                                    new MemoryIdempotencyStore(SECRET_ANSWERS),
                                    config.idempotency().retention()),
                            proof::run,
                            gateway.dryRun(),
                            desk.operations(
                                    status,
                                    targets,
                                    database::facts,
                                    () -> ledger(journal, ledger),
                                    tls::certificates,
                                    backups,
                                    this),
                            new AuditQueries(
                                    stores,
                                    database.auditChains(auditSigner),
                                    auditSigner,
                                    auditKeeper::signAll,
                                    executor,
                                    config.tenant(),
                                    setup.clock()),
                            new RequestAudit(stores, database.requests(format), bodies, executor, config.tenant()),
                            transcripts::flush,
                            setup.clock())));
            InetSocketAddress adminAddress = adminServer.tcp();
            if (adminAddress != null) {
                ownListeners.add(adminAddress);
            }
            this.succession = new Succession(reload, systemd, database, leftRecords, shared());
            reload.add((before, next) -> () -> {
                PartSettings.relevel(log, before.log(), next.log());
                desk.access(next.log());
                secrets.allow(next.secrets().directories());
                gatewayServer.reload(
                        next.gateway().trustedProxies(),
                        PartSettings.patience(next.gateway().clients()));
            });
            reload.add((before, next) -> () -> limit(refresher, before, next));
            reload.add((before, next) -> renewed(tls));
            OwnListener own = new OwnListener(
                    config.gateway().listen().host(),
                    gatewayServer.port(),
                    config.gateway().proxyProtocol());
            opened(new Watchdog(systemd, own, () -> flusher.running() && journal.backlog() >= 0))
                    .start();
            this.selfTest = new SelfTest(
                    own,
                    setup.places().socket(),
                    () -> stores.transactor()
                            .inTransaction(() -> stores.tenants().find(Actor.SYSTEM.name())),
                    directory.own("journal"));
            opened(new StatusLine(systemd, this::statusLine)).start();
            // first to go: the admin socket answers while requests finish
            opened(this::drain);
        } catch (StartException | IOException | CertificateFault | RuntimeException e) {
            close();
            throw e;
        }
        status.started();
        status.problems().forEach(problem -> LOG.log(Level.WARNING, problem));
    }

    private static RunningLog log(Setup setup) throws StartException {
        LogConfig config = setup.config().log();
        try {
            return Logging.install(PartSettings.logging(config, setup.environment()));
        } catch (IOException e) {
            throw new StartException(
                    StartException.FAILURE,
                    "log.file.path: `"
                            + (config.file() == null ? "" : config.file().path())
                            + "` cannot be written: " + e + "; give the directory to the user that the process runs as,"
                            + " or name another",
                    e);
        }
    }

    /** New files are taken without a reload too, so that nothing is left to do where they can be used. */
    private static Runnable renewed(TlsListeners tls) {
        List<String> faults = tls.reload();
        if (!faults.isEmpty()) {
            throw new FaultyConfiguration(String.join("\n", faults));
        }
        return () -> {};
    }

    private <T extends AutoCloseable> T opened(T part) {
        parts.push(part);
        return part;
    }

    private LocalSecretSource secrets(Path directory) {
        return new LocalSecretSource(setup.config().secrets().directories(), MasterKey.file(directory), this::variable);
    }

    private MasterKey masterKey(Database database, Path directory) {
        return MasterKey.load(this::variable, directory, database.providers().sealed());
    }

    private @Nullable String variable(String name) {
        return setup.environment().get(name);
    }

    private static AdminStores stores(Database database, AuditSigner signer, LiveLimits live) {
        return new AdminStores(
                database.transactor(),
                database.tenants(),
                database.users(),
                database.keys(),
                database.providers(),
                database.prices(),
                database.audit(signer),
                database.state(),
                database.limits(),
                database.routes(),
                live);
    }

    private static LiveLimits live(Snapshots snapshots, CounterStore counters, Gateway gateway) {
        return new LiveLimits(
                () -> snapshots.current().limits().byId(), counters, id -> named(snapshots, id), gateway.passed()::of);
    }

    private @Nullable OtlpTracing tracing() throws StartException {
        OtlpTracing.Settings wanted = PartSettings.tracing(setup.config().tracing());
        return wanted == null ? null : opened(new OtlpTracing(wanted, setup.clock()));
    }

    /** Where the journals stand. */
    private static String ledger(UsageJournal journal, Ledger ledger) {
        StringBuilder text = new StringBuilder();
        text.append("records not yet in the database: ").append(journal.backlog());
        text.append("\nrecords that wait in memory: ").append(ledger.waiting());
        text.append("\nrecords dropped since the start: ")
                .append(ledger.dropped())
                .append('\n');
        journal.extents()
                .forEach((id, extent) -> text.append("journal ")
                        .append(id)
                        .append(": ")
                        .append(extent)
                        .append('\n'));
        return text.toString();
    }

    private static ApplianceStatus.Pressure pressure(Gateway gateway) {
        return new ApplianceStatus.Pressure(
                gateway.bodyMemory().used(),
                gateway.passed().soft(),
                gateway.passed().shadow());
    }

    private static LiveLimits.@Nullable Named named(Snapshots snapshots, UUID id) {
        ApiKey key = snapshots.current().keysById().get(id);
        if (key != null) {
            return new LiveLimits.Named(key.tenantId(), key.name());
        }
        TenantView tenant = snapshots.current().tenants().get(id);
        return tenant == null ? null : new LiveLimits.Named(id, tenant.tenant().slug());
    }

    /** Empty: what a former process left there belongs to requests that are over. */
    private static Path spool(Path spool) throws IOException {
        Files.createDirectories(spool);
        Spool.clear(spool);
        return spool;
    }

    private BudgetAlerts alerts(
            AlertStore alerts, UsageStore usage, Snapshots snapshots, BudgetRefusals refusals, Telemetry telemetry)
            throws StartException {
        ApplianceConfig config = setup.config();
        Webhook webhook = config.alerts().webhook();
        AlertRules rules = new AlertRules(
                config.tenant() == null ? "" : config.tenant(),
                config.alerts().thresholds(),
                webhook != null,
                webhook == null ? Duration.ZERO : webhook.retryFor());
        return new BudgetAlerts(
                new BudgetWatch(rules, alerts, usage, snapshots, refusals, telemetry, setup.clock()),
                new AlertSender(rules, alerts, PartSettings.hook(webhook), setup.clock()));
    }

    /** The listener outlives the grace by a moment, in which requests that are cut can be told so. */
    private GatewayServer gatewayServer(Gateway gateway, ApplianceConfig config, @Nullable CertificateFiles certificate)
            throws IOException {
        Listen listen = beside(config.gateway().listen(), predecessor == null ? 0 : predecessor.gatewayPort());
        GatewayServer server = new GatewayServer(
                new GatewayServer.Settings(
                        listen.host(),
                        listen.port(),
                        config.gateway().trustedProxies(),
                        Math.max(config.gateway().maxBody(), config.gateway().maxUpload()),
                        config.shutdown().grace().plus(CUTTING),
                        PartSettings.patience(config.gateway().clients()),
                        config.gateway().proxyProtocol()),
                certificate,
                setup.clock(),
                gateway::serve);
        if (predecessor == null || predecessor.gatewayPort() != listen.port()) {
            server.start();
        } else {
            server.startBeside();
        }
        return server;
    }

    private void startChecks(Snapshots snapshots, Gateway gateway) {
        Duration interval = setup.config().resilience().healthCheck();
        if (!interval.isZero()) {
            opened(new ActiveChecks(snapshots, gateway.health(), interval, setup.clock()))
                    .start();
        }
    }

    private AdminServer.Listeners listeners(ApplianceConfig config, TlsListeners tls) {
        return new AdminServer.Listeners(
                setup.places().socket(),
                config.admin().socketGroup(),
                address(beside(config.admin().listen(), predecessor == null ? 0 : predecessor.adminPort())),
                tls.admin(),
                Duration.ofSeconds(2),
                predecessor != null);
    }

    /** Where any port will do, the predecessor's. */
    private static Listen beside(Listen configured, int port) {
        return configured.port() == 0 ? new Listen(configured.host(), port) : configured;
    }

    private static InetSocketAddress address(Listen listen) {
        return new InetSocketAddress(listen.host(), listen.port());
    }

    /** In a process of one tenant the tenant is made at the first start. */
    private void makeOwnTenant(AdminStores stores) {
        String slug = setup.config().tenant();
        if (slug != null && stores.tenants().find(slug).isEmpty()) {
            try {
                executor.execute(Actor.SYSTEM, new AdminCommand.CreateTenant(slug, null));
            } catch (AdminException e) {
                // another process of this tenant, on the same database, was quicker
                if (stores.tenants().find(slug).isEmpty()) {
                    throw e;
                }
            }
        }
    }

    private static List<Tenant> tenants(Snapshots snapshots) {
        return snapshots.current().tenants().values().stream()
                .map(TenantView::tenant)
                .toList();
    }

    /** Limits of the configuration; with the database away they wait for it. */
    private static void limit(SnapshotRefresher refresher, ApplianceConfig before, ApplianceConfig next) {
        if (before.limits().equals(next.limits())) {
            return;
        }
        try {
            refresher.configured(next.limits().limits());
        } catch (StoreException e) {
            LOG.log(Level.WARNING, "the new limits of the configuration hold as soon as the database answers again", e);
        }
    }

    @Override
    public List<Setting> settings() {
        return reload.settings();
    }

    @Override
    public Outcome check() {
        return reload.check();
    }

    @Override
    public Outcome reload() {
        return reload.run();
    }

    @Override
    public long restart() {
        return succession.start();
    }

    private Succession.Listeners shared() {
        return new Succession.Listeners() {
            @Override
            public Predecessor here() {
                InetSocketAddress admin = adminServer.tcp();
                return new Predecessor(
                        ProcessHandle.current().pid(), gatewayServer.port(), admin == null ? 0 : admin.getPort());
            }

            @Override
            public void awaitAlone() throws InterruptedException {
                gatewayServer.awaitAlone();
            }

            @Override
            public void share() {
                adminServer.keepSocket();
            }

            @Override
            public void takeBack() {
                adminServer.takeSocketBack();
            }
        };
    }

    /**
     * @param leave is run, on a thread of its own, when a successor serves
     * @param alone is run should that die before this process has ended
     */
    void onSucceeded(Runnable leave, Runnable alone) {
        succession.onSucceeded(leave, alone);
    }

    /**
     * Leaves the field to the successor: its requests finish within {@code shutdown.leave}, then they are cut. Returns when there is
     * none left; {@link #close} follows, or hastens it.
     */
    void leave() {
        Duration leave = reload.config().shutdown().leave();
        adminServer.close();
        Thread cutter = Thread.ofVirtual().name("leave-cutter").start(() -> cutAfter(leave));
        gatewayServer.leave(leave.plus(CUTTING));
        cutter.interrupt();
    }

    /** The grace of a shutdown that is under way is over. */
    void hasten() {
        try {
            cutRunning();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    public CommandExecutor executor() {
        return executor;
    }

    BackupDesk backups() {
        return backups;
    }

    public String gatewayUrl() {
        return gatewayServer.scheme() + "://" + gatewayServer.address();
    }

    public @Nullable String adminUrl() {
        InetSocketAddress address = adminServer.tcp();
        return address == null ? null : url(setup.config().admin().tls() == null ? "http" : "https", address);
    }

    public Path socket() {
        return adminServer.socket();
    }

    private static String url(String scheme, InetSocketAddress address) {
        return scheme + "://" + new Listen(address.getHostString(), address.getPort());
    }

    /** The line of standard output that scripts wait for; contract, section 2. */
    public String readyLine() {
        String tenant = setup.config().tenant();
        return "llmproxy ready gateway=" + gatewayUrl() + " admin=" + adminUrl() + " socket=" + socket() + " tenant="
                + (tenant == null ? "*" : tenant);
    }

    /**
     * Asks the running parts whether they do what they are for. New connections come to this process from now on, where another
     * had them.
     *
     * @throws StartException naming the one that does not
     */
    void test() throws StartException {
        selfTest.run(gatewayServer::takeOver);
    }

    /** Tells systemd. */
    void announceReady() {
        gatewayServer.settled();
        if (predecessor != null) {
            LOG.log(Level.INFO, "event 6827: took over from process " + predecessor.pid());
        }
        systemd.ready(statusLine());
    }

    /** What {@code systemctl status} shows. */
    private String statusLine() {
        return StatusLine.of(status.health(), status.status(gatewayUrl(), adminUrl()), gatewayServer.address());
    }

    /**
     * Stops: no new requests, those that run may finish within {@code shutdown.grace}, then they are cut; the ledger is written;
     * the rest goes down in reverse order. Idempotent.
     */
    @Override
    public void close() {
        while (!parts.isEmpty()) {
            AutoCloseable part = parts.pop();
            try {
                part.close();
            } catch (Exception e) {
                LOG.log(Level.WARNING, "stopping " + part.getClass().getSimpleName() + " failed", e);
            }
        }
    }

    /** What still comes on open connections is served, running requests finish; what still runs after the grace is cut. */
    private void drain() {
        succession.stop();
        systemd.stopping();
        status.stopping();
        Duration grace = setup.config().shutdown().grace();
        Thread cutter = Thread.ofVirtual().name("shutdown-cutter").start(() -> cutAfter(grace));
        gatewayServer.close();
        cutter.interrupt();
    }

    private void cutAfter(Duration grace) {
        try {
            // not only until nothing runs: requests may still arrive on connections that are open
            Thread.sleep(grace);
            if (inFlight.count() > 0) {
                LOG.log(
                        Level.WARNING,
                        "requests in flight after " + Durations.format(grace) + ", which are cut: " + inFlight.count());
                cutRunning();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void cutRunning() throws InterruptedException {
        inFlight.drain();
        inFlight.cutAll(ProxyError.Upstream.unavailable("The gateway is shutting down."));
    }
}
