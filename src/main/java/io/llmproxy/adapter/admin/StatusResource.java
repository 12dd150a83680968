package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.open;
import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.ApplianceStatus;
import io.llmproxy.admin.Health;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** How the appliance does: for operators, for load balancers, for Prometheus; and the description of the API. */
final class StatusResource {
    private static final String PROMETHEUS = "text/plain; version=0.0.4; charset=utf-8";
    private final Supplier<ApplianceStatus> status;
    private final Supplier<Health> health;
    private final Supplier<String> metrics;

    StatusResource(Supplier<ApplianceStatus> status, Supplier<Health> health, Supplier<String> metrics) {
        this.status = status;
        this.health = health;
        this.metrics = metrics;
    }

    List<AdminRoute> routes() {
        return List.of(
                open("/health/live", r -> health(true, List.of())),
                open("/health/ready", r -> ready(health.get())),
                open("/health/started", r -> started(health.get())),
                open("/metrics", r -> metrics()),
                route("GET", "/api/v1/status", this::status),
                route("GET", "/api/v1/version", r -> version()).forUsers(),
                route("GET", "/openapi", r -> new Answer(200, Answer.JSON, description()))
                        .forUsers());
    }

    private static Answer ready(Health now) {
        return health(now.ready(), now.reasons());
    }

    private static Answer started(Health now) {
        return health(now.started(), now.started() ? List.of() : List.of(Health.Obstacle.STARTING.sentence()));
    }

    /** @param reasons of a closed list that names nothing, as anybody may ask; the details are in the status */
    private static Answer health(boolean up, List<String> reasons) {
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("status", up ? "up" : "down");
        if (!reasons.isEmpty()) {
            body.put("reasons", reasons);
        }
        return Answer.of(up ? 200 : 503, body);
    }

    private Answer metrics() {
        return new Answer(200, PROMETHEUS, metrics.get().getBytes(StandardCharsets.UTF_8));
    }

    private Answer status(AdminRequest r) {
        if (!r.actor().admin()) {
            throw new Problem(403, "forbidden", "the status of the installation is shown to its admins");
        }
        return Answer.ok(Shapes.status(status.get()));
    }

    private Answer version() {
        return Answer.ok(Map.of("version", status.get().version()));
    }

    static byte[] description() {
        try (InputStream in = StatusResource.class.getResourceAsStream("/openapi.json")) {
            if (in == null) {
                throw new IllegalStateException("openapi.json is missing from the class path");
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException("reading openapi.json from the class path failed", e);
        }
    }
}
