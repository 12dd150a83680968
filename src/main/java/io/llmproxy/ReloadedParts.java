package io.llmproxy;

import io.llmproxy.adapter.admin.auth.AdminAuth;
import io.llmproxy.adapter.http.GatewayServer;
import io.llmproxy.adapter.log.RunningLog;
import io.llmproxy.adapter.secret.LocalSecretSource;
import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.port.ProcessControl.FaultyConfiguration;
import io.llmproxy.port.StoreException;
import io.llmproxy.runtime.SnapshotRefresher;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.List;

/** The parts that take up a new configuration while they run. */
record ReloadedParts(
        RunningLog log,
        OperatorDesk desk,
        LocalSecretSource secrets,
        GatewayServer gateway,
        SnapshotRefresher refresher,
        TlsListeners tls,
        AdminAuth auth) {
    private static final Logger LOG = System.getLogger(ReloadedParts.class.getName());

    /** From now on a reload tells them. */
    void join(Reload reload) {
        reload.add((before, next) -> () -> apply(before, next));
        reload.add((before, next) -> () -> limit(before, next));
        reload.add((before, next) -> renewed());
    }

    private void apply(ApplianceConfig before, ApplianceConfig next) {
        PartSettings.relevel(log, before.log(), next.log());
        desk.access(next.log());
        secrets.allow(next.secrets().directories());
        gateway.reload(
                next.gateway().trustedProxies(),
                PartSettings.patience(next.gateway().clients()));
    }

    /** Limits of the configuration; with the database away they wait for it. */
    private void limit(ApplianceConfig before, ApplianceConfig next) {
        if (before.limits().equals(next.limits())) {
            return;
        }
        try {
            refresher.configured(next.limits().limits());
        } catch (StoreException e) {
            LOG.log(Level.WARNING, "the new limits of the configuration hold as soon as the database answers again", e);
        }
    }

    /** New files are taken without a reload too, so that nothing is left to do where they can be used. */
    private Runnable renewed() {
        List<String> faults = new ArrayList<>(tls.reload());
        String tokens = auth.reload();
        if (tokens != null) {
            faults.add(tokens);
        }
        if (!faults.isEmpty()) {
            throw new FaultyConfiguration(String.join("\n", faults));
        }
        return () -> {};
    }
}
