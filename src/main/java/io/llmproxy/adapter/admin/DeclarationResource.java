package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.AdminQueries;
import io.llmproxy.admin.CommandBatch;
import io.llmproxy.admin.CommandExecutor;
import io.llmproxy.wire.admin.DeclarationJson;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.time.InstantSource;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/export} and {@code /api/v1/apply}: all that is administered, as one document. */
final class DeclarationResource {
    private static final Logger LOG = System.getLogger(DeclarationResource.class.getName());
    private final CommandExecutor executor;
    private final AdminQueries queries;
    private final Shapes shapes;
    private final InstantSource clock;

    DeclarationResource(CommandExecutor executor, AdminQueries queries, Shapes shapes, InstantSource clock) {
        this.executor = executor;
        this.queries = queries;
        this.shapes = shapes;
        this.clock = clock;
    }

    List<AdminRoute> routes() {
        return List.of(
                route("GET", "/api/v1/export", this::export)
                        .taking("tenant", "hashes")
                        .forTenantAdmins(),
                route("POST", "/api/v1/apply", this::apply)
                        .showingSecret()
                        .upTo(AdminHandler.LARGEST_BODY)
                        .forTenantAdmins());
    }

    private Answer export(AdminRequest r) {
        DeclaredState state =
                new DeclaredState(queries.declarable(r.actor(), r.query("tenant")), shapes, clock.instant());
        return Answer.ok(new DeclarationJson(state.version(), state.document(r.flag("hashes"))));
    }

    private Answer apply(AdminRequest r) {
        Body body = r.body().only("declaration", "tenant", "dryRun", "prune", "expect", "acceptHashes");
        @Nullable String tenant = body.value("tenant", Body::text);
        // who may not do it has nothing read that may be large
        queries.checkDeclarable(r.actor(), tenant);
        DeclarationReader.Read declared =
                DeclarationReader.read(body.required("declaration", (field, node) -> node), tenant);
        boolean dry = body.value("dryRun", Body::bool, false);
        DeclarationPlan.Allowed allowed = new DeclarationPlan.Allowed(
                body.value("prune", Body::bool, false), body.value("acceptHashes", Body::bool, false));
        @Nullable String expect = body.value("expect", Body::text);
        DeclarationJson.Applied applied =
                executor.together(r.actor(), !dry, batch -> run(batch, tenant, declared, allowed, expect, dry));
        if (!dry && !applied.changes().isEmpty()) {
            LOG.log(
                    Level.INFO,
                    "event 6881: a declaration was applied, with {0} changes",
                    applied.changes().size());
        }
        return Answer.ok(applied);
    }

    private DeclarationJson.Applied run(
            CommandBatch batch,
            @Nullable String tenant,
            DeclarationReader.Read declared,
            DeclarationPlan.Allowed allowed,
            @Nullable String expect,
            boolean dry) {
        DeclaredState current = new DeclaredState(batch.state(tenant), shapes, batch.now());
        String version = current.version();
        if (expect != null && !expect.equals(version)) {
            LOG.log(
                    Level.INFO,
                    "event 6882: a declaration was not applied, since what it was compared with has changed");
            throw new Problem(
                    409,
                    "conflict",
                    "what is administered has changed since it was compared (it is " + version
                            + " now); nothing was changed: look at the difference again");
        }
        return new DeclarationPlan(batch, current.things(), current.spelled(declared), allowed).run(dry, version);
    }
}
