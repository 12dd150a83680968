package io.llmproxy.adapter.admin;

import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One operation of the admin API. It is for admins of the installation alone unless it says otherwise: one that nobody thought about
 * shows nobody's things to anybody.
 *
 * @param path with variables, as {@code /api/v1/tenants/{tenant}}
 * @param query the parameters that it takes; others are refused
 * @param access who may call it, which is checked before anything is read of the body; what of it they reach is decided behind it
 * @param secret whether its answer shows a key's secret
 * @param streams whether its answer is written as it is made, and so can be given once alone, whatever its Idempotency-Key
 * @param maxBody how many bytes it takes
 */
record AdminRoute(
        String method,
        String path,
        Set<String> query,
        Access access,
        boolean secret,
        boolean streams,
        int maxBody,
        Endpoint endpoint) {
    /** Who may call. */
    enum Access {
        /** Without being known, on TCP too. */
        ANYBODY,
        USERS,
        TENANT_ADMINS,
        ADMINS
    }

    /** What answers. */
    @FunctionalInterface
    interface Endpoint {
        Answer answer(AdminRequest request);
    }

    static AdminRoute route(String method, String path, Endpoint endpoint) {
        return new AdminRoute(method, path, Set.of(), Access.ADMINS, false, false, AdminHandler.MAX_BODY, endpoint);
    }

    static AdminRoute open(String path, Endpoint endpoint) {
        return new AdminRoute("GET", path, Set.of(), Access.ANYBODY, false, false, AdminHandler.MAX_BODY, endpoint);
    }

    AdminRoute taking(String... parameters) {
        return new AdminRoute(method, path, Set.of(parameters), access, secret, streams, maxBody, endpoint);
    }

    AdminRoute showingSecret() {
        return new AdminRoute(method, path, query, access, true, streams, maxBody, endpoint);
    }

    AdminRoute streamed() {
        return new AdminRoute(method, path, query, access, secret, true, maxBody, endpoint);
    }

    /** For what a tenant's administrators may do to their tenant too. */
    AdminRoute forTenantAdmins() {
        return with(Access.TENANT_ADMINS);
    }

    /** For what users may do to what is their own, too. */
    AdminRoute forUsers() {
        return with(Access.USERS);
    }

    /** The same of several. */
    static List<AdminRoute> forTenantAdmins(List<AdminRoute> routes) {
        return routes.stream().map(AdminRoute::forTenantAdmins).toList();
    }

    private AdminRoute with(Access wider) {
        return new AdminRoute(method, path, query, wider, secret, streams, maxBody, endpoint);
    }

    /** Whether it is answered to callers whom nobody knows. */
    boolean open() {
        return access == Access.ANYBODY;
    }

    /** @throws AdminException where that role may not do it */
    void check(Actor caller) {
        boolean permitted = switch (caller.role()) {
            case ADMIN -> true;
            case TENANT_ADMIN -> access != Access.ADMINS;
            case USER -> access == Access.USERS || access == Access.ANYBODY;
        };
        if (!permitted) {
            throw AdminException.forbidden("the role " + caller.role().word() + " may not do that");
        }
    }

    /** For what is larger than a thing of its own. */
    AdminRoute upTo(int bytes) {
        return new AdminRoute(method, path, query, access, secret, streams, bytes, endpoint);
    }

    AdminRoute paged() {
        return taking("limit", "cursor");
    }

    /** The variables of the path; null where it is another path. */
    @Nullable
    Map<String, String> match(List<String> segments) {
        String[] pattern = path.substring(1).split("/");
        if (pattern.length != segments.size()) {
            return null;
        }
        Map<String, String> variables = new HashMap<>();
        for (int i = 0; i < pattern.length; i++) {
            if (pattern[i].startsWith("{")) {
                variables.put(pattern[i].substring(1, pattern[i].length() - 1), segments.get(i));
            } else if (!pattern[i].equals(segments.get(i))) {
                return null;
            }
        }
        return variables;
    }
}
