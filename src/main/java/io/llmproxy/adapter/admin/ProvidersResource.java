package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.AdminCommand;
import io.llmproxy.admin.AdminCommand.CreateProvider;
import io.llmproxy.admin.AdminCommand.CredentialChanges;
import io.llmproxy.admin.AdminCommand.DeleteProvider;
import io.llmproxy.admin.AdminCommand.DisableProvider;
import io.llmproxy.admin.AdminCommand.EgressChanges;
import io.llmproxy.admin.AdminCommand.EnableProvider;
import io.llmproxy.admin.AdminCommand.ProviderChanges;
import io.llmproxy.admin.AdminCommand.UpdateProvider;
import io.llmproxy.admin.AdminQueries;
import io.llmproxy.admin.CommandExecutor;
import io.llmproxy.admin.ProviderTester;
import io.llmproxy.admin.ProviderView;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.wire.admin.PageJson;
import java.util.ArrayList;
import java.util.List;

/** {@code /api/v1/tenants/SLUG/providers}, and {@code /api/v1/providers} for the shared ones. */
final class ProvidersResource {
    private final CommandExecutor executor;
    private final AdminQueries queries;
    private final ProviderTester tester;
    private final Shapes shapes;

    ProvidersResource(CommandExecutor executor, AdminQueries queries, ProviderTester tester, Shapes shapes) {
        this.executor = executor;
        this.queries = queries;
        this.tester = tester;
        this.shapes = shapes;
    }

    List<AdminRoute> routes() {
        List<AdminRoute> routes =
                new ArrayList<>(AdminRoute.forTenantAdmins(routes("/api/v1/tenants/{tenant}/providers")));
        routes.addAll(routes("/api/v1/providers"));
        return routes;
    }

    private List<AdminRoute> routes(String all) {
        String one = all + "/{provider}";
        return List.of(
                route("GET", all, this::list).paged(),
                route("POST", all, this::create),
                route("GET", one, this::show),
                route("PATCH", one, this::update),
                route("DELETE", one, this::delete),
                route("POST", one + "/enable", this::enable),
                route("POST", one + "/disable", this::disable),
                route("POST", one + "/test", this::test));
    }

    private Answer list(AdminRequest r) {
        Page<ProviderView> page = queries.providers(r.actor(), r.optional("tenant"), r.page());
        return Answer.ok(new PageJson<>(page.map(shapes::provider).items(), Cursors.encode(page.next())));
    }

    private Answer create(AdminRequest r) {
        Body body = known(r.body(), "name", "type");
        return execute(
                201,
                r,
                new CreateProvider(
                        r.optional("tenant"),
                        body.required("name", Body::text),
                        ProviderKind.parse(body.required("type", Body::text)),
                        changes(body)));
    }

    private Answer show(AdminRequest r) {
        return Answer.ok(shapes.provider(found(r)));
    }

    private Answer update(AdminRequest r) {
        return execute(
                200, r, new UpdateProvider(r.optional("tenant"), r.variable("provider"), changes(known(r.body()))));
    }

    private Answer delete(AdminRequest r) {
        return execute(204, r, new DeleteProvider(r.optional("tenant"), r.variable("provider")));
    }

    private Answer enable(AdminRequest r) {
        r.body().only();
        return execute(200, r, new EnableProvider(r.optional("tenant"), r.variable("provider")));
    }

    private Answer disable(AdminRequest r) {
        r.body().only();
        return execute(200, r, new DisableProvider(r.optional("tenant"), r.variable("provider")));
    }

    private Answer test(AdminRequest r) {
        r.body().only();
        ProviderView found = found(r);
        if (found.account().shared() && !r.actor().admin()) {
            // the answer may tell where it is and what its account has
            throw AdminException.forbidden("shared providers are tested by an admin of the installation");
        }
        return Answer.ok(Shapes.test(tester.test(found.account())));
    }

    private ProviderView found(AdminRequest r) {
        return queries.provider(r.actor(), r.optional("tenant"), r.variable("provider"));
    }

    private static Body known(Body body, String... more) {
        List<String> fields = new ArrayList<>(List.of(more));
        fields.addAll(List.of(
                "baseUrl",
                "credentialRef",
                "apiKey",
                "models",
                "priority",
                "weight",
                "headers",
                "apiVersion",
                "connectTimeout",
                "firstByteTimeout",
                "idleTimeout",
                "timeout",
                "caFile",
                "clientCertificateFile",
                "clientKeyFile",
                "proxy",
                "streamUsage",
                "abilities",
                "options",
                "addCredentialRef",
                "addApiKey",
                "removeCredentials"));
        return body.only(fields.toArray(String[]::new));
    }

    static ProviderChanges changes(Body body) {
        return new ProviderChanges(
                body.change("baseUrl", Readers::url),
                body.change("credentialRef", Readers::ref),
                body.change("apiKey", Readers::secret),
                body.change("models", Readers::globs),
                body.change("priority", Body::integer),
                body.change("weight", Body::integer),
                body.mapChange("headers"),
                body.change("apiVersion", Readers::apiVersion),
                body.change("connectTimeout", Readers::duration),
                body.change("firstByteTimeout", Readers::duration),
                body.change("idleTimeout", Readers::duration),
                body.change("timeout", Readers::duration),
                new EgressChanges(
                        body.change("caFile", Readers::file),
                        body.change("clientCertificateFile", Readers::file),
                        body.change("clientKeyFile", Readers::file),
                        body.change("proxy", Readers::proxy)),
                body.change("streamUsage", Readers::streamUsage),
                new CredentialChanges(
                        body.value("addCredentialRef", Readers::ref),
                        body.value("addApiKey", Readers::secret),
                        body.value("removeCredentials", Body::texts, List.of())),
                body.mapChange("abilities"),
                body.mapChange("options"));
    }

    private Answer execute(int status, AdminRequest r, AdminCommand command) {
        return shapes.answer(status, executor.execute(r.actor(), command));
    }
}
