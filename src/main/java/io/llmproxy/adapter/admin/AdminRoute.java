package io.llmproxy.adapter.admin;

import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One operation of the admin API.
 *
 * @param path with variables, as {@code /api/v1/tenants/{tenant}}
 * @param query the parameters that it takes; others are refused
 * @param open whether it is answered to anybody, on TCP too
 * @param secret whether its answer shows a key's secret
 * @param administrators whether the role user is refused, before anything is read of the body
 * @param streams whether its answer is written as it is made, and so can be given once alone
 * @param maxBody how many bytes it takes
 */
record AdminRoute(
        String method,
        String path,
        Set<String> query,
        boolean open,
        boolean secret,
        boolean administrators,
        boolean streams,
        int maxBody,
        Endpoint endpoint) {
    /** What answers. */
    @FunctionalInterface
    interface Endpoint {
        Answer answer(AdminRequest request);
    }

    static AdminRoute route(String method, String path, Endpoint endpoint) {
        return new AdminRoute(method, path, Set.of(), false, false, false, false, AdminHandler.MAX_BODY, endpoint);
    }

    static AdminRoute open(String path, Endpoint endpoint) {
        return new AdminRoute("GET", path, Set.of(), true, false, false, false, AdminHandler.MAX_BODY, endpoint);
    }

    AdminRoute taking(String... parameters) {
        return new AdminRoute(
                method, path, Set.of(parameters), open, secret, administrators, streams, maxBody, endpoint);
    }

    AdminRoute showingSecret() {
        return new AdminRoute(method, path, query, open, true, administrators, streams, maxBody, endpoint);
    }

    AdminRoute streamed() {
        return new AdminRoute(method, path, query, open, secret, administrators, true, maxBody, endpoint);
    }

    /** For what only who administers a tenant may do. */
    AdminRoute notForUsers() {
        return new AdminRoute(method, path, query, open, secret, true, streams, maxBody, endpoint);
    }

    /** @throws AdminException where that role may not do it */
    void check(Actor caller) {
        if (administrators && caller.role() == Role.USER) {
            throw AdminException.forbidden("the role user may not do that");
        }
    }

    /** For what is larger than a thing of its own. */
    AdminRoute upTo(int bytes) {
        return new AdminRoute(method, path, query, open, secret, administrators, streams, bytes, endpoint);
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
