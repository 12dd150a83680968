package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.ProcessAdmin;
import io.llmproxy.port.ProcessControl;
import io.llmproxy.wire.admin.ConfigJson;
import java.util.List;

/** {@code /api/v1/config} and {@code /api/v1/restart}. */
final class ProcessResource {
    private final ProcessAdmin process;

    ProcessResource(ProcessAdmin process) {
        this.process = process;
    }

    List<AdminRoute> routes() {
        // answers of the moment, kept in memory for a repetition: the database may be away, or be the successor's
        return List.of(
                route("GET", "/api/v1/config", this::settings),
                route("POST", "/api/v1/config/check", this::check).showingSecret(),
                route("POST", "/api/v1/config/reload", this::reload).showingSecret(),
                route("POST", "/api/v1/restart", this::restart).showingSecret());
    }

    private Answer settings(AdminRequest r) {
        return Answer.ok(new ConfigJson.Settings(process.settings(r.actor()).stream()
                .map(s -> new ConfigJson.Setting(s.key(), s.value(), s.origin(), s.reloads() ? "yes" : "restart"))
                .toList()));
    }

    private Answer check(AdminRequest r) {
        r.body().only();
        return Answer.ok(json(process.checkConfiguration(r.actor())));
    }

    private Answer reload(AdminRequest r) {
        r.body().only();
        return Answer.ok(json(process.reload(r.actor())));
    }

    private Answer restart(AdminRequest r) {
        r.body().only();
        return Answer.ok(new ConfigJson.Restarted(process.restart(r.actor())));
    }

    private static ConfigJson.Outcome json(ProcessControl.Outcome outcome) {
        return new ConfigJson.Outcome(outcome.applied(), outcome.waiting());
    }
}
