package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.AdminCommand;
import io.llmproxy.admin.AdminCommand.CreateRoute;
import io.llmproxy.admin.AdminCommand.DeleteRoute;
import io.llmproxy.admin.AdminCommand.RouteChanges;
import io.llmproxy.admin.AdminCommand.UpdateRoute;
import io.llmproxy.admin.AdminQueries;
import io.llmproxy.admin.CommandExecutor;
import io.llmproxy.admin.RouteView;
import io.llmproxy.domain.Durations;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.domain.route.Requirement;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.route.RouteMatch;
import io.llmproxy.domain.route.Stickiness;
import io.llmproxy.domain.route.Target;
import io.llmproxy.wire.admin.PageJson;
import io.llmproxy.wire.admin.RouteJson;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** {@code /api/v1/tenants/SLUG/routes}, and {@code /api/v1/routes} for those of all tenants. */
final class RoutesResource {
    private final CommandExecutor executor;
    private final AdminQueries queries;
    private final Shapes shapes;

    RoutesResource(CommandExecutor executor, AdminQueries queries, Shapes shapes) {
        this.executor = executor;
        this.queries = queries;
        this.shapes = shapes;
    }

    List<AdminRoute> routes() {
        List<AdminRoute> routes =
                new ArrayList<>(AdminRoute.forTenantAdmins(routes("/api/v1/tenants/{tenant}/routes")));
        routes.addAll(routes("/api/v1/routes"));
        return routes;
    }

    private List<AdminRoute> routes(String all) {
        String one = all + "/{route}";
        return List.of(
                route("GET", all, this::list).paged(),
                route("POST", all, this::create),
                route("GET", one, this::show),
                route("PATCH", one, this::update),
                route("DELETE", one, this::delete));
    }

    private Answer list(AdminRequest r) {
        Page<RouteView> page = queries.routes(r.actor(), r.optional("tenant"), r.page());
        return Answer.ok(new PageJson<>(page.map(RoutesResource::json).items(), Cursors.encode(page.next())));
    }

    private Answer create(AdminRequest r) {
        Body body = known(r.body(), "name");
        return execute(201, r, new CreateRoute(r.optional("tenant"), body.required("name", Body::text), changes(body)));
    }

    private Answer show(AdminRequest r) {
        return Answer.ok(json(queries.route(r.actor(), r.optional("tenant"), r.variable("route"))));
    }

    private Answer update(AdminRequest r) {
        return execute(200, r, new UpdateRoute(r.optional("tenant"), r.variable("route"), changes(known(r.body()))));
    }

    private Answer delete(AdminRequest r) {
        return execute(204, r, new DeleteRoute(r.optional("tenant"), r.variable("route")));
    }

    private static Body known(Body body, String... more) {
        List<String> fields = new ArrayList<>(List.of(more));
        fields.addAll(List.of(
                "targets",
                "strategy",
                "sticky",
                "require",
                "matchPath",
                "matchHeaders",
                "matchHost",
                "matchUser",
                "matchLabels",
                "retries",
                "retryTimeouts",
                "timeout"));
        return body.only(fields.toArray(String[]::new));
    }

    static RouteChanges changes(Body body) {
        return new RouteChanges(
                body.change("matchPath", Readers::glob),
                body.mapChange("matchHeaders"),
                body.change("matchHost", Readers::glob),
                body.change("matchUser", Readers::glob),
                body.mapChange("matchLabels"),
                body.change("strategy", (field, node) -> BalancePolicy.parse(field, Body.text(field, node))),
                body.change("sticky", (field, node) -> Stickiness.parse(field, Body.text(field, node))),
                body.change("require", RoutesResource::requirements),
                body.change("targets", RoutesResource::targets),
                body.change("retries", Body::integer),
                body.change("retryTimeouts", Body::bool),
                body.change("timeout", Readers::duration));
    }

    private static Set<Requirement> requirements(String field, JsonNode node) {
        return Body.texts(field, node).stream()
                .map(text -> Requirement.parse(field, text))
                .collect(Collectors.toSet());
    }

    private static List<Target> targets(String field, JsonNode node) {
        return Body.texts(field, node).stream()
                .map(text -> Target.parse(field, text))
                .toList();
    }

    private Answer execute(int status, AdminRequest r, AdminCommand command) {
        return shapes.answer(status, executor.execute(r.actor(), command));
    }

    static RouteJson json(RouteView view) {
        Route route = view.route();
        RouteMatch match = route.match();
        Stickiness sticky = route.choice().sticky();
        Tenant owner = view.owner();
        return new RouteJson(
                route.id().toString(),
                owner == null ? null : owner.slug(),
                route.shared(),
                route.name(),
                pattern(match.path()),
                patterns(match.headers()),
                pattern(match.host()),
                pattern(match.user()),
                patterns(match.labels()),
                route.choice().strategy().word(),
                sticky == null ? null : sticky.word(),
                route.choice().requires().stream().map(Requirement::word).toList(),
                route.targets().stream().map(Target::toString).toList(),
                route.retries(),
                route.retryTimeouts(),
                route.timeout() == null ? null : Durations.format(route.timeout()),
                Shapes.time(route.createdAt()),
                Shapes.time(route.updatedAt()));
    }

    private static @Nullable String pattern(@Nullable Glob glob) {
        return glob == null ? null : glob.pattern();
    }

    private static Map<String, String> patterns(Map<String, Glob> globs) {
        Map<String, String> out = new TreeMap<>();
        globs.forEach((name, glob) -> out.put(name, glob.pattern()));
        return out;
    }
}
