package io.llmproxy.adapter.admin;

import io.llmproxy.domain.Checks;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** All operations of the admin API as data, and the search for the one that a request means. */
final class RouteTable {
    private final List<AdminRoute> routes;

    RouteTable(List<AdminRoute> routes) {
        this.routes = List.copyOf(routes);
    }

    List<AdminRoute> routes() {
        return routes;
    }

    /** A route and the values of its variables. */
    record Match(AdminRoute route, Map<String, String> variables) {}

    /**
     * @param path as it was sent, percent-encoded
     * @throws Problem 404 or 405
     */
    Match find(String method, String path) {
        List<String> segments = segments(path);
        Set<String> others = new TreeSet<>();
        for (AdminRoute route : routes) {
            Map<String, String> variables = route.match(segments);
            if (variables != null && route.method().equals(method.equals("HEAD") ? "GET" : method)) {
                return new Match(route, variables);
            }
            if (variables != null) {
                others.add(route.method());
            }
        }
        if (others.isEmpty()) {
            throw new Problem(404, "not_found", "no such path " + Checks.quoted(path) + "; see /openapi");
        }
        throw new Problem(
                405, "method_not_allowed", "that path takes " + String.join(", ", others) + ", not " + known(method));
    }

    /** @throws Problem naming a parameter that the route does not take, or that is given twice */
    static Map<String, String> query(AdminRoute route, String raw) {
        Map<String, String> out = new HashMap<>();
        for (String pair : raw.isEmpty() ? List.<String>of() : Arrays.asList(raw.split("&"))) {
            int equals = pair.indexOf('=');
            String name = decoded(equals < 0 ? pair : pair.substring(0, equals));
            String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
            if (!route.query().contains(name)) {
                throw Problem.invalid("unknown parameter " + Checks.quoted(name) + "; known here: "
                        + (route.query().isEmpty() ? "none" : String.join(", ", new TreeSet<>(route.query()))));
            }
            if (out.put(name, value) != null) {
                throw Problem.invalid("the parameter " + Checks.quoted(name) + " is given twice");
            }
        }
        return out;
    }

    private static List<String> segments(String path) {
        List<String> segments = new ArrayList<>();
        String trimmed = path.length() > 1 && path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        for (String segment : trimmed.substring(Math.min(1, trimmed.length())).split("/", -1)) {
            // in a path a plus sign is itself
            segments.add(decoded(segment.replace("+", "%2B")));
        }
        return segments;
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw Problem.invalid("the address has a malformed percent-encoding");
        }
    }

    private static String known(String method) {
        return method.length() <= 10 && method.chars().allMatch(c -> c >= 'A' && c <= 'Z') ? method : "that method";
    }
}
