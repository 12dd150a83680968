package io.llmproxy;

import io.llmproxy.adapter.admin.AdminServer;
import io.llmproxy.adapter.log.RunningLog;
import io.llmproxy.adapter.telemetry.HelidonTelemetry;
import io.llmproxy.adapter.telemetry.Shown;
import io.llmproxy.admin.AdminStores;
import io.llmproxy.admin.BackupAdmin;
import io.llmproxy.admin.ListenerCertificate;
import io.llmproxy.admin.LogAdmin;
import io.llmproxy.admin.NearLimits;
import io.llmproxy.admin.ProcessAdmin;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.gateway.Gateway;
import io.llmproxy.gateway.live.LiveBoard;
import io.llmproxy.gateway.live.RequestFeed;
import io.llmproxy.port.ProcessControl;
import io.llmproxy.runtime.Snapshots;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/** What operators have before them: ended requests as they come, limits near their end, the clock, the disk, the log. */
final class OperatorDesk implements AutoCloseable {
    private final Appliance.Setup setup;
    private final RunningLog log;
    private final Gateway gateway;
    private final Snapshots snapshots;
    private final AdminStores stores;
    private final LiveBoard board = new LiveBoard(System::nanoTime);
    private final RequestFeed feed;
    private final ClockWatch clock = new ClockWatch(InstantSource.system(), System::nanoTime);
    private final NearLimits limits;

    /** The gateway tells of its requests from now on. */
    OperatorDesk(Appliance.Setup setup, RunningLog log, Gateway gateway, Snapshots snapshots, AdminStores stores) {
        this.setup = setup;
        this.log = log;
        this.gateway = gateway;
        this.snapshots = snapshots;
        this.stores = stores;
        this.limits = new NearLimits(stores.live(), System::nanoTime);
        this.feed = new RequestFeed(PartSettings.access(setup.config().log(), log), board);
        feed.start();
        clock.start();
        gateway.audience().set(feed);
    }

    /** How much of what it is told of was lost. */
    void measure(HelidonTelemetry telemetry) {
        telemetry.show(Shown.counter(
                "llmproxy_access_lines_dropped_total",
                "Ended requests of which neither the access log nor a live view was told, as more ended than could be",
                List.of(),
                out -> out.add((double) feed.dropped())));
    }

    /** Other access lines from now on. */
    void access(ApplianceConfig.LogConfig config) {
        feed.access(PartSettings.access(config, log));
    }

    /** With those of others. */
    List<StatusBoard.Concern> concerns(Path data, StatusBoard.Concern... others) {
        List<StatusBoard.Concern> all = new ArrayList<>(List.of(others));
        all.add(new StatusBoard.Concern(StatusBoard.Kind.DISK, () -> DiskWatch.fault("the data directory", data)));
        all.add(new StatusBoard.Concern(StatusBoard.Kind.LOG, log::fault));
        all.add(new StatusBoard.Concern(StatusBoard.Kind.ACCESS_LINES, feed::fault));
        all.add(new StatusBoard.Concern(StatusBoard.Kind.CLOCK, clock::fault));
        all.add(new StatusBoard.Concern(StatusBoard.Kind.BUDGETS, () -> StatusBoard.budgets(limits.nearest())));
        return List.copyOf(all);
    }

    /**
     * @param database its schema and tables, as a text
     * @param ledger where the journals stand, as a text
     * @param certificates of the listeners
     */
    AdminServer.Operations operations(
            StatusBoard status,
            TargetStates targets,
            Supplier<String> database,
            Supplier<String> ledger,
            Supplier<List<ListenerCertificate>> certificates,
            BackupDesk backups,
            ProcessControl process) {
        LiveViews live =
                new LiveViews(board, gateway.inFlight(), snapshots, targets, limits, status::problems, setup.clock());
        return new AdminServer.Operations(
                new LogAdmin(stores, log, setup.clock()),
                live::view,
                new Diagnosis(setup.loaded(), log, database, ledger)::parts,
                certificates,
                new BackupAdmin(stores, setup.config().tenant(), backups::prepared, setup.clock()),
                new ProcessAdmin(stores, process, setup.clock()));
    }

    /** Requests that ended have their lines when it returns. */
    @Override
    public void close() {
        feed.close();
        clock.close();
    }
}
