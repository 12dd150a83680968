package io.llmproxy.adapter.admin;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.Actor;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A request of the admin API, its path taken apart.
 *
 * @param caller empty where anybody may call, as for health
 * @param content reads the body; once
 */
record AdminRequest(
        Optional<Actor> caller, Map<String, String> variables, Map<String, String> query, Supplier<byte[]> content) {
    private static final int DEFAULT_LIMIT = 100;

    Actor actor() {
        return caller.orElseThrow(() -> new Problem(403, "forbidden", "the caller is not known"));
    }

    /** The value of {@code {name}} in the path. */
    String variable(String name) {
        String value = variables.get(name);
        if (value == null) {
            throw new IllegalStateException("the route has no variable " + name);
        }
        return value;
    }

    /** The value of {@code {name}} in the path, where the route has it. */
    @Nullable
    String optional(String name) {
        return variables.get(name);
    }

    @Nullable
    String query(String name) {
        return query.get(name);
    }

    /** {@code ?name}, {@code ?name=true} or {@code ?name=false}. */
    boolean flag(String name) {
        String value = query.getOrDefault(name, "false");
        return switch (value) {
            case "", "true" -> true;
            case "false" -> false;
            default -> throw Problem.invalid(name + ": must be true or false");
        };
    }

    Page.Request page() {
        return new Page.Request(limit(), Cursors.decode(query("cursor")));
    }

    int limit() {
        String text = query("limit");
        if (text == null) {
            return DEFAULT_LIMIT;
        }
        try {
            return Integer.parseInt(text);
        } catch (NumberFormatException e) {
            throw Problem.invalid("limit: must be a whole number from 1 to " + Page.Request.MAX);
        }
    }

    Body body() {
        return Body.parse(content.get());
    }
}
