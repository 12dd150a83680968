package io.llmproxy;

import io.llmproxy.adapter.admin.AdminServer;
import io.llmproxy.adapter.admin.ModelIds;
import io.llmproxy.adapter.admin.auth.AdminAuth;
import io.llmproxy.adapter.admin.auth.AuthFault;
import io.llmproxy.adapter.backup.BackupException;
import io.llmproxy.adapter.http.GatewayServer;
import io.llmproxy.adapter.http.tls.CertificateFault;
import io.llmproxy.adapter.jdbc.Database;
import io.llmproxy.adapter.jdbc.DatabaseException;
import io.llmproxy.adapter.log.RunningLog;
import io.llmproxy.adapter.memory.MemoryIdempotencyStore;
import io.llmproxy.adapter.provider.Providers;
import io.llmproxy.adapter.provider.support.UpstreamTrust;
import io.llmproxy.adapter.secret.MasterKeyException;
import io.llmproxy.adapter.systemd.SdNotify;
import io.llmproxy.adapter.telemetry.HelidonTelemetry;
import io.llmproxy.adapter.telemetry.OtlpTracing;
import io.llmproxy.adapter.tokenizer.JtokkitTokenizer;
import io.llmproxy.admin.AdminQueries;
import io.llmproxy.admin.AdminStores;
import io.llmproxy.admin.AuditQueries;
import io.llmproxy.admin.CommandExecutor;
import io.llmproxy.admin.PriceQueries;
import io.llmproxy.admin.ProviderTester;
import io.llmproxy.admin.RemoteCallers;
import io.llmproxy.admin.RequestAudit;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ConfigLoader;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.usage.PriceCatalogue;
import io.llmproxy.gateway.BodyMemory;
import io.llmproxy.gateway.BodyRoom;
import io.llmproxy.gateway.Gateway;
import io.llmproxy.gateway.GatewaySettings;
import io.llmproxy.gateway.Ledger;
import io.llmproxy.gateway.alert.BudgetAlerts;
import io.llmproxy.gateway.alert.BudgetRefusals;
import io.llmproxy.gateway.audit.AuditKeeper;
import io.llmproxy.gateway.audit.Transcripts;
import io.llmproxy.gateway.idempotency.IdempotentRuns;
import io.llmproxy.gateway.proof.LimitProof;
import io.llmproxy.gateway.resilience.ActiveChecks;
import io.llmproxy.gateway.stage.Stages;
import io.llmproxy.gateway.usage.KeyUseFlusher;
import io.llmproxy.gateway.usage.LedgerIndexer;
import io.llmproxy.gateway.usage.LedgerRetry;
import io.llmproxy.gateway.usage.Retention;
import io.llmproxy.gateway.usage.UsageFlusher;
import io.llmproxy.port.IdempotencyStore;
import io.llmproxy.port.ObjectStore;
import io.llmproxy.port.RequestSearch;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.Tokenizer;
import io.llmproxy.port.Tracing;
import io.llmproxy.port.TranscriptStore;
import io.llmproxy.port.UsageStore;
import io.llmproxy.runtime.SnapshotRefresher;
import io.llmproxy.runtime.Snapshots;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The composition root: the only place that knows every part. It starts them in order and stops them in reverse; a part that
 * fails to start takes down what was started before it.
 */
public final class Appliance implements AutoCloseable {
    private static final Logger LOG = System.getLogger(Appliance.class.getName());

    /** How soon changes made by other processes are seen; the contract says two seconds. */
    private static final Duration REFRESH = Duration.ofSeconds(1);

    /** How long the keys of a killed process stay claimed where several processes share a database. */
    private static final Duration IDEMPOTENCY_LEASE = Duration.ofSeconds(20);

    /** How many answers of the admin API that show a key's secret can be repeated. */
    private static final int SECRET_ANSWERS = 1000;

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
    private final Parts parts = new Parts();
    private final SdNotify systemd;
    private final @Nullable Predecessor predecessor;
    private final Reload reload;
    private final Succession succession;
    private final ApplianceControl control;
    private final CommandExecutor executor;
    private final StatusBoard status;
    private final Departure departure;
    private final ApplianceListeners listeners;
    private final BackupDesk backups;
    private final SelfTest selfTest;

    /** Starts everything; when it returns, requests are served. */
    public static Appliance start(Setup setup) throws StartException {
        try {
            return new Appliance(setup);
        } catch (IOException
                | AuthFault
                | CertificateFault
                | BackupException
                | DatabaseException
                | MasterKeyException
                | StoreException e) {
            throw StartFailure.of(e, setup);
        }
    }

    private Appliance(Setup setup) throws StartException, IOException, CertificateFault, AuthFault {
        this.setup = setup;
        ApplianceConfig config = setup.config();
        this.predecessor = Predecessor.of(setup.environment());
        this.systemd = new SdNotify(setup.environment());
        this.reload = new Reload(setup.loaded(), systemd);
        RunningLog log = opened(PartSettings.log(config.log(), setup.environment()));
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
            this.listeners = new ApplianceListeners(setup, predecessor, tls);
            Storage storage = Storage.open(setup, directory, predecessor != null, parts);
            Database database = storage.database();
            Tokenizer tokenizer = new JtokkitTokenizer();
            Path spool = SpoolPlace.cleared(directory, predecessor == null);
            BodyMemory bodyMemory = new BodyMemory(config.gateway().bodyMemory());
            BodyRoom room = new BodyRoom(spool, bodyMemory);
            Providers providers = new Providers(
                    storage.secrets(),
                    storage.sealer(),
                    config.egress().allow(),
                    listeners::own,
                    PartSettings.upstreamDefaults(config.upstream()),
                    PartSettings.translations(config.translation(), room, tokenizer, setup.clock()),
                    setup.clock());
            HelidonTelemetry telemetry = measuring.join();
            UpstreamTrust trust = new UpstreamTrust(PartSettings.upstreamDefaults(config.upstream()));
            OtlpTracing tracing = tracing(trust);
            AdminAuth auth =
                    opened(AdminAuth.open(PartSettings.auth(config.admin().auth()), trust, setup.clock()));
            Bookkeeping books = Bookkeeping.open(config, storage, parts);
            UsageStore usage = books.usage();
            UsageFlusher flusher = books.flusher();

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
            IdempotencyStore idempotency = database.idempotency(storage.sealer(), IDEMPOTENCY_LEASE);
            IdempotentRuns runs = opened(
                    new IdempotentRuns(idempotency, PartSettings.idempotency(config.idempotency()), setup.clock()));
            Ledger ledger = new Ledger(books.journal(), PartSettings.onFull(config.journal()), setup.clock());
            LedgerRetry retry = opened(new LedgerRetry(ledger));
            BudgetRefusals refusals = new BudgetRefusals(counters.store(), setup.clock());
            ObjectStore objects = database.objects();
            GatewaySettings settings = PartSettings.gateway(config, spool);
            TranscriptStore bodies = database.transcripts(storage.sealer());
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
            AdminStores stores = storage.stores(counters.live(snapshots, gateway.passed()));
            this.executor = new CommandExecutor(
                    stores,
                    providers,
                    storage.secrets(),
                    storage.sealer(),
                    config.tenant(),
                    refresher::refresh,
                    setup.clock());
            OwnTenant.make(config.tenant(), stores, executor);
            refresher.refresh();

            books.start();
            counters.keep(usage, snapshots, gateway.passed(), proof, parts);
            opened(OldGeneration.ofThisProcess());
            runs.start();
            retry.start();
            opened(new KeyUseFlusher(gateway.lastUse()::drain, database.keys())).start();
            Retention retention = opened(new Retention(
                    stores.audit(),
                    usage,
                    database.objects(),
                    bodies,
                    () -> snapshots.current().allTenants(),
                    setup.clock()));
            retention.start();
            RequestSearch search = database.requests(books.format());
            opened(new LedgerIndexer(search)).start();
            BudgetAlerts alerts =
                    opened(Alerting.of(setup, database.alerts(), usage, snapshots, refusals, telemetry, trust));
            alerts.start();
            AuditKeeper auditKeeper = opened(new AuditKeeper(storage.auditChains(), setup.clock()));
            auditKeeper.start();
            refresher.start(REFRESH);

            this.departure = new Departure(gateway.inFlight());
            GatewayServer gatewayServer = opened(listeners.openGateway(gateway));
            OperatorDesk desk = opened(new OperatorDesk(setup, log, gateway, snapshots, stores));
            this.backups =
                    opened(new BackupDesk(setup, storage.backups(), database, storage.masterKey(), flusher::flush));
            backups.start();
            startChecks(snapshots, gateway);
            TargetStates targets = new TargetStates(gateway.health(), snapshots);
            this.status = new StatusBoard(
                    setup,
                    snapshots,
                    gateway,
                    books.journal()::backlog,
                    desk.concerns(
                            directory.path(),
                            new StatusBoard.Concern(
                                    StatusBoard.Kind.DATABASE, refresher::failing, StatusBoard.DATABASE),
                            new StatusBoard.Concern(StatusBoard.Kind.LEDGER, flusher::failing, StatusBoard.LEDGER),
                            new StatusBoard.Concern(StatusBoard.Kind.IDEMPOTENCY, runs::failing),
                            new StatusBoard.Concern(StatusBoard.Kind.AUDIT, auditKeeper::fault),
                            new StatusBoard.Concern(StatusBoard.Kind.BODIES, transcripts::fault),
                            new StatusBoard.Concern(StatusBoard.Kind.JOURNAL, ledger::fault),
                            new StatusBoard.Concern(StatusBoard.Kind.COUNTERS, counters::fault),
                            new StatusBoard.Concern(StatusBoard.Kind.BACKUP, backups::fault),
                            new StatusBoard.Concern(StatusBoard.Kind.ALERTS, alerts::fault),
                            new StatusBoard.Concern(
                                    StatusBoard.Kind.RETENTION, retention::failing, StatusBoard.RETENTION),
                            new StatusBoard.Concern(
                                    StatusBoard.Kind.TRACING, () -> tracing == null ? null : tracing.fault()),
                            new StatusBoard.Concern(StatusBoard.Kind.TARGETS, targets::problem),
                            new StatusBoard.Concern(StatusBoard.Kind.CERTIFICATE, tls::gatewayFault),
                            new StatusBoard.Concern(StatusBoard.Kind.CERTIFICATE, tls::adminFault),
                            new StatusBoard.Concern(StatusBoard.Kind.ADMIN_AUTH, auth::fault)),
                    new StatusBoard.Concern(StatusBoard.Kind.JOURNAL, ledger::obstacle),
                    counters::status);
            ApplianceMetrics metrics = new ApplianceMetrics(telemetry);
            metrics.ledger(books.journal(), ledger, flusher);
            metrics.gateway(gateway, gatewayServer);
            metrics.providers(snapshots, gateway.health());
            metrics.tracing(tracing);
            metrics.bodies(transcripts);
            metrics.problems(status);
            telemetry.thresholds(config.alerts().thresholds());
            desk.measure(telemetry);
            tls.measure(telemetry, gatewayServer::handshakes);
            metrics.callers(auth);
            counters.measure(telemetry);
            this.succession = new Succession(systemd, database, books.leftRecords(), listeners, directory);
            this.control = new ApplianceControl(reload, succession);
            opened(listeners.openAdmin(new AdminServer.Application(
                    executor,
                    new AdminQueries(stores, usage, books.journal()::extents, config.tenant()),
                    new PriceQueries(stores, snapshots, catalogue, config.tenant(), setup.clock()),
                    new ProviderTester(providers, ModelIds::of),
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
                            () -> Diagnosis.ledger(books.journal(), ledger),
                            tls::certificates,
                            backups,
                            control),
                    new AuditQueries(
                            stores,
                            storage.auditChains(),
                            storage.signer(),
                            auditKeeper::signAll,
                            executor,
                            config.tenant(),
                            setup.clock()),
                    new RequestAudit(stores, search, bodies, usage, executor, config.tenant()),
                    transcripts::flush,
                    new AdminServer.Remote(auth, new RemoteCallers(stores, config.tenant())),
                    setup.clock())));
            new ReloadedParts(log, desk, storage.secrets(), gatewayServer, refresher, tls, auth).join(reload);
            OwnListener own = listeners.ownGateway();
            opened(new Watchdog(systemd, own, books::alive)).start();
            this.selfTest = new SelfTest(
                    own,
                    setup.places().socket(),
                    () -> stores.transactor()
                            .inTransaction(() -> stores.tenants().find(Actor.SYSTEM.name())),
                    directory.own("journal"));
            opened(new StatusLine(systemd, this::statusLine)).start();
            // first to go: the admin socket answers while requests finish
            opened(this::drain);
        } catch (StartException | IOException | CertificateFault | AuthFault | RuntimeException e) {
            parts.close();
            throw e;
        }
        status.started();
        status.problems().forEach(problem -> LOG.log(Level.WARNING, problem));
    }

    private <T extends AutoCloseable> T opened(T part) {
        return parts.opened(part);
    }

    private @Nullable OtlpTracing tracing(UpstreamTrust trust) throws StartException {
        OtlpTracing.Settings wanted = PartSettings.tracing(setup.config().tracing());
        return wanted == null ? null : opened(new OtlpTracing(wanted, trust, setup.clock()));
    }

    private void startChecks(Snapshots snapshots, Gateway gateway) {
        Duration interval = setup.config().resilience().healthCheck();
        if (!interval.isZero()) {
            opened(new ActiveChecks(snapshots, gateway.health(), interval, setup.clock()))
                    .start();
        }
    }

    /** @throws io.llmproxy.port.ProcessControl.FaultyConfiguration with every fault; the configuration in force stays */
    void reload() {
        control.reload();
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
        backups.close(); // they are the successor's from now on, with its settings
        Duration leave = reload.config().shutdown().leave();
        Thread.ofVirtual().name("leave-admin").start(listeners::leaveAdmin);
        departure.within(leave, "leave-cutter", () -> listeners.gateway().leave(leave.plus(Departure.CUTTING)));
    }

    /** The grace of a shutdown that is under way is over. */
    void hasten() {
        departure.hasten();
    }

    public CommandExecutor executor() {
        return executor;
    }

    BackupDesk backups() {
        return backups;
    }

    public String gatewayUrl() {
        return listeners.gatewayUrl();
    }

    public @Nullable String adminUrl() {
        return listeners.adminUrl();
    }

    public Path socket() {
        return listeners.socket();
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
        selfTest.run(listeners::takeOver);
    }

    /** Tells systemd. */
    void announceReady() {
        listeners.settled();
        if (predecessor != null) {
            LOG.log(Level.INFO, "event 6827: took over from process " + predecessor.pid());
        }
        if (predecessor == null) {
            systemd.ready(statusLine());
        } else {
            systemd.readyAsMain(statusLine());
        }
    }

    /** What {@code systemctl status} shows. */
    private String statusLine() {
        return StatusLine.of(
                status.health(),
                status.status(gatewayUrl(), adminUrl()),
                listeners.gateway().address());
    }

    /**
     * Stops: no new requests, those that run may finish within {@code shutdown.grace}, then they are cut; the ledger is written;
     * the rest goes down in reverse order. Idempotent.
     */
    @Override
    public void close() {
        parts.close();
    }

    /** What still comes on open connections is served, running requests finish; what still runs after the grace is cut. */
    private void drain() {
        succession.stop();
        systemd.stopping();
        status.stopping();
        Duration grace = setup.config().shutdown().grace();
        departure.within(grace, "shutdown-cutter", () -> listeners.gateway().close());
    }
}
