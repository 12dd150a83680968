package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.AdminCommand;
import io.llmproxy.admin.AdminCommand.CreateKey;
import io.llmproxy.admin.AdminCommand.DeleteKey;
import io.llmproxy.admin.AdminCommand.RevokeAllKeys;
import io.llmproxy.admin.AdminCommand.RevokeKey;
import io.llmproxy.admin.AdminCommand.RotateKey;
import io.llmproxy.admin.AdminCommand.UpdateKey;
import io.llmproxy.admin.AdminQueries;
import io.llmproxy.admin.Change;
import io.llmproxy.admin.CommandExecutor;
import io.llmproxy.admin.KeyView;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.KeyCertificates;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.wire.admin.PageJson;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** {@code /api/v1/tenants/SLUG/keys}. */
final class KeysResource {
    private static final String ALL = "/api/v1/tenants/{tenant}/keys";
    private static final String ONE = ALL + "/{key}";
    private final CommandExecutor executor;
    private final AdminQueries queries;
    private final Shapes shapes;

    KeysResource(CommandExecutor executor, AdminQueries queries, Shapes shapes) {
        this.executor = executor;
        this.queries = queries;
        this.shapes = shapes;
    }

    List<AdminRoute> routes() {
        return List.of(
                route("GET", ALL, this::list).taking("limit", "cursor", "user").forUsers(),
                route("POST", ALL, this::create).showingSecret().forUsers(),
                route("POST", ALL + "/revoke-all", this::revokeAll).forUsers(),
                route("GET", ONE, this::show).forUsers(),
                route("PATCH", ONE, this::update).forUsers(),
                route("DELETE", ONE, this::delete).forUsers(),
                route("POST", ONE + "/revoke", this::revoke).forUsers(),
                route("POST", ONE + "/rotate", this::rotate).showingSecret().forUsers());
    }

    private Answer list(AdminRequest r) {
        Page<KeyView> page = queries.keys(r.actor(), r.variable("tenant"), r.query("user"), r.page());
        return Answer.ok(new PageJson<>(page.map(shapes::key).items(), Cursors.encode(page.next())));
    }

    private Answer create(AdminRequest r) {
        Body body = r.body()
                .only(
                        "name",
                        "user",
                        "expires",
                        "models",
                        "providers",
                        "cidrs",
                        "passthrough",
                        "labels",
                        "maxRequests",
                        "certificates",
                        "certificateOnly");
        return execute(
                201,
                r,
                new CreateKey(
                        r.variable("tenant"),
                        body.required("name", Body::text),
                        body.value("user", Body::text),
                        body.value("expires", Body::text),
                        scope(body)));
    }

    static KeyScope scope(Body body) {
        return new KeyScope(
                body.value("models", Readers::globs, List.of()),
                body.value("providers", Readers::names, Set.of()),
                body.value("cidrs", Readers::cidrs, List.of()),
                body.value("passthrough", Body::bool, false),
                body.value("labels", Body::entries, Map.of()),
                body.value("maxRequests", Body::wholeNumber),
                new KeyCertificates(
                        body.value("certificates", Readers::certificates, List.of()),
                        body.value("certificateOnly", Body::bool, false)));
    }

    private Answer show(AdminRequest r) {
        return Answer.ok(shapes.key(queries.key(r.actor(), r.variable("tenant"), r.variable("key"))));
    }

    private Answer update(AdminRequest r) {
        Body body = r.body()
                .only(
                        "expires",
                        "expiresAt",
                        "models",
                        "providers",
                        "cidrs",
                        "passthrough",
                        "labels",
                        "maxRequests",
                        "certificates",
                        "certificateOnly");
        return execute(200, r, command(r.variable("tenant"), r.variable("key"), body));
    }

    static UpdateKey command(String tenant, String key, Body body) {
        return new UpdateKey(
                tenant,
                key,
                expires(body),
                body.change("models", Readers::globs),
                body.change("providers", Readers::names),
                body.change("cidrs", Readers::cidrs),
                body.change("passthrough", Body::bool),
                body.mapChange("labels"),
                body.change("maxRequests", Body::wholeNumber),
                body.change("certificates", Readers::certificates),
                body.change("certificateOnly", Body::bool));
    }

    /** {@code expiresAt} is the field that a key shows, {@code expires} the one that it is made with. */
    private static Change<String> expires(Body body) {
        Change<String> at = body.change("expiresAt", Body::text);
        Change<String> expires = body.change("expires", Body::text);
        if (at.named() && expires.named()) {
            throw Problem.invalid("give expires or expiresAt, not both");
        }
        return at.named() ? at : expires;
    }

    private Answer delete(AdminRequest r) {
        return execute(204, r, new DeleteKey(r.variable("tenant"), r.variable("key")));
    }

    private Answer revoke(AdminRequest r) {
        boolean now = r.body().only("now").value("now", Body::bool, false);
        return execute(200, r, new RevokeKey(r.variable("tenant"), r.variable("key"), now));
    }

    private Answer revokeAll(AdminRequest r) {
        Body body = r.body().only("now", "user");
        boolean now = body.value("now", Body::bool, false);
        return execute(200, r, new RevokeAllKeys(r.variable("tenant"), body.value("user", Body::text), now));
    }

    private Answer rotate(AdminRequest r) {
        Body body = r.body().only("grace");
        return execute(200, r, new RotateKey(r.variable("tenant"), r.variable("key"), body.value("grace", Body::text)));
    }

    private Answer execute(int status, AdminRequest r, AdminCommand command) {
        return shapes.answer(status, executor.execute(r.actor(), command));
    }
}
