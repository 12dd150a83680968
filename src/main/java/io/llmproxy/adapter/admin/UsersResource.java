package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.AdminCommand;
import io.llmproxy.admin.AdminCommand.CreateUser;
import io.llmproxy.admin.AdminCommand.DeleteUser;
import io.llmproxy.admin.AdminCommand.UpdateUser;
import io.llmproxy.admin.AdminQueries;
import io.llmproxy.admin.CommandExecutor;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.wire.admin.PageJson;
import java.util.List;

/** {@code /api/v1/tenants/SLUG/users}. */
final class UsersResource {
    private static final String ALL = "/api/v1/tenants/{tenant}/users";
    private static final String ONE = ALL + "/{user}";
    private final CommandExecutor executor;
    private final AdminQueries queries;
    private final Shapes shapes;

    UsersResource(CommandExecutor executor, AdminQueries queries, Shapes shapes) {
        this.executor = executor;
        this.queries = queries;
        this.shapes = shapes;
    }

    List<AdminRoute> routes() {
        return List.of(
                route("GET", ALL, this::list).paged().forTenantAdmins(),
                route("POST", ALL, this::create).forTenantAdmins(),
                route("GET", ONE, this::show).forTenantAdmins(),
                route("PATCH", ONE, this::update).forTenantAdmins(),
                route("DELETE", ONE, this::delete).taking("cascade").forTenantAdmins());
    }

    private Answer list(AdminRequest r) {
        Tenant tenant = queries.tenant(r.actor(), r.variable("tenant"));
        Page<User> page = queries.users(r.actor(), tenant.slug(), r.page());
        return Answer.ok(new PageJson<>(page.map(u -> shapes.user(tenant, u)).items(), Cursors.encode(page.next())));
    }

    private Answer create(AdminRequest r) {
        Body body = r.body().only("email", "name", "role");
        return execute(
                201,
                r,
                new CreateUser(
                        r.variable("tenant"),
                        body.required("email", Body::text),
                        body.value("name", Body::text),
                        body.value("role", Readers::role, Role.USER)));
    }

    private Answer show(AdminRequest r) {
        Tenant tenant = queries.tenant(r.actor(), r.variable("tenant"));
        return Answer.ok(shapes.user(tenant, queries.user(r.actor(), tenant.slug(), r.variable("user"))));
    }

    private Answer update(AdminRequest r) {
        Body body = r.body().only("name", "role", "status");
        return execute(
                200,
                r,
                new UpdateUser(
                        r.variable("tenant"),
                        r.variable("user"),
                        body.change("name", Body::text),
                        body.change("role", Readers::role),
                        body.change("status", Readers::enabled)));
    }

    private Answer delete(AdminRequest r) {
        return execute(204, r, new DeleteUser(r.variable("tenant"), r.variable("user"), r.flag("cascade")));
    }

    private Answer execute(int status, AdminRequest r, AdminCommand command) {
        return shapes.answer(status, executor.execute(r.actor(), command));
    }
}
