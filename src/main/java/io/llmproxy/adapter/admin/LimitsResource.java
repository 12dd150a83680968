package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.AdminCommand;
import io.llmproxy.admin.AdminCommand.DeleteLimit;
import io.llmproxy.admin.AdminCommand.ResetLimit;
import io.llmproxy.admin.AdminCommand.SetLimit;
import io.llmproxy.admin.AdminQueries;
import io.llmproxy.admin.CommandExecutor;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.wire.admin.PageJson;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code /api/v1/limits}, of the installation, and {@code /api/v1/tenants/SLUG/limits}. */
final class LimitsResource {
    private final CommandExecutor executor;
    private final AdminQueries queries;
    private final Shapes shapes;

    LimitsResource(CommandExecutor executor, AdminQueries queries, Shapes shapes) {
        this.executor = executor;
        this.queries = queries;
        this.shapes = shapes;
    }

    List<AdminRoute> routes() {
        List<AdminRoute> routes = new ArrayList<>(below("/api/v1"));
        routes.addAll(AdminRoute.forTenantAdmins(below("/api/v1/tenants/{tenant}")));
        return routes;
    }

    private List<AdminRoute> below(String owner) {
        String one = owner + "/limits/{limit}";
        return List.of(
                route("GET", owner + "/limits", this::list).paged(),
                route("POST", owner + "/limits", this::set),
                route("GET", one, this::show),
                route("DELETE", one, this::delete),
                route("POST", one + "/reset", this::reset),
                route("GET", owner + "/limit-usage", this::usage).paged());
    }

    private Answer list(AdminRequest r) {
        return page(
                r,
                queries.limits(r.actor(), r.optional("tenant")).stream()
                        .map(LimitShapes::limit)
                        .toList());
    }

    private Answer usage(AdminRequest r) {
        return page(
                r,
                queries.limitUsage(r.actor(), r.optional("tenant")).stream()
                        .map(LimitShapes::usage)
                        .toList());
    }

    /** The limits are in memory: the cursor is a place in the list. */
    private static <T> Answer page(AdminRequest r, List<T> all) {
        String after = r.page().after();
        int from = after == null ? 0 : Math.min(place(after), all.size());
        int to = Math.min(all.size(), from + r.page().limit());
        return Answer.ok(
                new PageJson<>(all.subList(from, to), to < all.size() ? Cursors.encode(Integer.toString(to)) : null));
    }

    private static int place(String cursor) {
        try {
            return Math.max(0, Integer.parseInt(cursor));
        } catch (NumberFormatException e) {
            throw Problem.invalid("cursor: is not one that this list gave");
        }
    }

    private Answer show(AdminRequest r) {
        return Answer.ok(LimitShapes.limit(queries.limit(r.actor(), r.optional("tenant"), r.variable("limit"))));
    }

    private Answer set(AdminRequest r) {
        Body body = r.body().only("scope", "metric", "amount", "per", "algorithm", "segments", "mode");
        return execute(200, r, command(r.optional("tenant"), body));
    }

    static SetLimit command(@Nullable String tenant, Body body) {
        String scope = body.required("scope", Body::text);
        int equals = scope.indexOf('=');
        LimitMetric metric = body.required("metric", (f, n) -> LimitMetric.parse(f, Body.text(f, n)));
        return new SetLimit(
                tenant,
                LimitScope.parse("scope", equals < 0 ? scope : scope.substring(0, equals)),
                subject(scope, equals),
                metric,
                body.required("amount", (f, n) -> LimitShapes.amount(metric, n)),
                body.value("per", (f, n) -> LimitPeriod.parse(f, Body.text(f, n))),
                body.value("algorithm", (f, n) -> LimitAlgorithm.parse(f, Body.text(f, n))),
                body.value("segments", LimitsResource::integer, Limit.DEFAULT_SEGMENTS),
                body.value("mode", (f, n) -> LimitMode.parse(f, Body.text(f, n)), LimitMode.HARD));
    }

    private static int integer(String field, JsonNode node) {
        return Body.integer(field, node);
    }

    private static @Nullable String subject(String scope, int equals) {
        if (equals < 0) {
            return null;
        }
        if (equals == scope.length() - 1) {
            throw new InvalidValueException("scope", "has nothing behind its `=`");
        }
        return scope.substring(equals + 1);
    }

    private Answer reset(AdminRequest r) {
        r.body().only();
        return execute(200, r, new ResetLimit(r.optional("tenant"), r.variable("limit")));
    }

    private Answer delete(AdminRequest r) {
        return execute(204, r, new DeleteLimit(r.optional("tenant"), r.variable("limit")));
    }

    private Answer execute(int status, AdminRequest r, AdminCommand command) {
        return shapes.answer(status, executor.execute(r.actor(), command));
    }
}
