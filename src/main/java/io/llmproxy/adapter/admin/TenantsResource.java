package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.AdminCommand;
import io.llmproxy.admin.AdminCommand.ActivateTenant;
import io.llmproxy.admin.AdminCommand.CreateTenant;
import io.llmproxy.admin.AdminCommand.DeleteTenant;
import io.llmproxy.admin.AdminCommand.RedactionChanges;
import io.llmproxy.admin.AdminCommand.SuspendTenant;
import io.llmproxy.admin.AdminCommand.UpdateTenant;
import io.llmproxy.admin.AdminCommand.UsageLimitChanges;
import io.llmproxy.admin.AdminQueries;
import io.llmproxy.admin.CommandExecutor;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.AuditMode;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.privacy.CustomPattern;
import io.llmproxy.domain.privacy.PrivateKind;
import io.llmproxy.domain.privacy.Redaction;
import io.llmproxy.wire.admin.PageJson;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;

/** {@code /api/v1/tenants}. */
final class TenantsResource {
    private static final String ALL = "/api/v1/tenants";
    private static final String ONE = ALL + "/{tenant}";
    private final CommandExecutor executor;
    private final AdminQueries queries;
    private final Shapes shapes;

    TenantsResource(CommandExecutor executor, AdminQueries queries, Shapes shapes) {
        this.executor = executor;
        this.queries = queries;
        this.shapes = shapes;
    }

    List<AdminRoute> routes() {
        return List.of(
                route("GET", ALL, this::list).paged().forTenantAdmins(),
                route("POST", ALL, this::create),
                route("GET", ONE, this::show).forTenantAdmins(),
                route("PATCH", ONE, this::update).forTenantAdmins(),
                route("DELETE", ONE, this::delete).taking("cascade"),
                route("POST", ONE + "/activate", this::activate),
                route("POST", ONE + "/suspend", this::suspend));
    }

    private Answer list(AdminRequest r) {
        Page<Tenant> page = queries.tenants(r.actor(), r.page());
        return Answer.ok(new PageJson<>(page.map(shapes::tenant).items(), Cursors.encode(page.next())));
    }

    private Answer create(AdminRequest r) {
        Body body = r.body().only("slug", "name");
        return execute(201, r, new CreateTenant(body.required("slug", Body::text), body.value("name", Body::text)));
    }

    private Answer show(AdminRequest r) {
        return Answer.ok(shapes.tenant(queries.tenant(r.actor(), r.variable("tenant"))));
    }

    private Answer update(AdminRequest r) {
        Body body = r.body()
                .only(
                        "name",
                        "defaultProvider",
                        "allowedProviders",
                        "allowedModels",
                        "maxUsers",
                        "maxApiKeys",
                        "auditMode",
                        "auditRetentionDays",
                        "usageRetentionDays",
                        "bodyRetentionDays",
                        "maxRequestsPerMinute",
                        "maxRequestsPerDay",
                        "maxTokensPerDay",
                        "maxOutputTokens",
                        "timeZone",
                        "redact",
                        "redactKinds",
                        "redactPatterns",
                        "redactProviders",
                        "redactStrict");
        return execute(200, r, command(r.variable("tenant"), body));
    }

    static UpdateTenant command(String tenant, Body body) {
        return new UpdateTenant(
                tenant,
                body.change("name", Body::text),
                body.change("defaultProvider", Body::text),
                body.change("allowedProviders", Readers::names),
                body.change("allowedModels", Readers::globs),
                body.change("maxUsers", Body::integer),
                body.change("maxApiKeys", Body::integer),
                body.change("auditRetentionDays", Body::integer),
                body.change("usageRetentionDays", Body::integer),
                body.change("bodyRetentionDays", Body::integer),
                new UsageLimitChanges(
                        body.change("maxRequestsPerMinute", Body::wholeNumber),
                        body.change("maxRequestsPerDay", Body::wholeNumber),
                        body.change("maxTokensPerDay", Body::wholeNumber),
                        body.change("maxOutputTokens", Body::integer),
                        body.change("timeZone", Body::text)),
                new RedactionChanges(
                        body.change("redact", (f, n) -> Redaction.Mode.of(f, Body.text(f, n))),
                        body.change("redactKinds", TenantsResource::kinds),
                        body.change("redactPatterns", TenantsResource::patterns),
                        body.change("redactProviders", Readers::names),
                        body.change("redactStrict", Body::bool)),
                body.change("auditMode", (field, value) -> AuditMode.parse(Body.text(field, value))));
    }

    private static Set<PrivateKind> kinds(String field, JsonNode node) {
        return Body.texts(field, node).stream()
                .map(w -> PrivateKind.of(field, w))
                .collect(Collectors.toSet());
    }

    private static List<CustomPattern> patterns(String field, JsonNode node) {
        return Body.texts(field, node).stream().map(CustomPattern::parse).toList();
    }

    private Answer delete(AdminRequest r) {
        return execute(204, r, new DeleteTenant(r.variable("tenant"), r.flag("cascade")));
    }

    private Answer activate(AdminRequest r) {
        r.body().only();
        return execute(200, r, new ActivateTenant(r.variable("tenant")));
    }

    private Answer suspend(AdminRequest r) {
        boolean now = r.body().only("now").value("now", Body::bool, false);
        return execute(200, r, new SuspendTenant(r.variable("tenant"), now));
    }

    private Answer execute(int status, AdminRequest r, AdminCommand command) {
        return shapes.answer(status, executor.execute(r.actor(), command));
    }
}
