package io.llmproxy.testing.openai;

import io.llmproxy.testing.FakeConnection;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Which request is answered by what: method and path below {@code /v1}, a variable segment as {@code {}}. */
public final class Routes {
    /** What a family does for one request. */
    @FunctionalInterface
    public interface Answer {
        void to(Call call) throws IOException, InterruptedException;
    }

    private record Route(String method, List<String> pattern, Answer answer) {
        /** The variable segments; null: another path. */
        @Nullable
        List<String> match(String askedMethod, List<String> segments) {
            if (!method.equals(askedMethod) || pattern.size() != segments.size()) {
                return null;
            }
            List<String> variables = new ArrayList<>();
            for (int i = 0; i < pattern.size(); i++) {
                if (pattern.get(i).equals("{}")) {
                    variables.add(segments.get(i));
                } else if (!pattern.get(i).equals(segments.get(i))) {
                    return null;
                }
            }
            return variables;
        }
    }

    private final List<Route> routes = new ArrayList<>();

    /** @param route for instance {@code GET /files/{}/content} */
    public Routes on(String route, Answer answer) {
        String[] parts = route.split(" ", 2);
        routes.add(new Route(parts[0], List.of(parts[1].split("/", -1)), answer));
        return this;
    }

    /** Always the same JSON. */
    public Routes json(String route, String body) {
        return on(route, call -> call.json(body));
    }

    /** JSON in which {@code %s} stands for the first variable segment. */
    public Routes named(String route, String body) {
        return on(route, call -> call.json(body.formatted(call.id())));
    }

    /** One of a few objects; {@code id} tells them apart. */
    public Routes list(String route, String... items) {
        return on(route, call -> call.page(items));
    }

    /** Answers the connection's request; 404 where nobody else does. */
    public void play(FakeConnection connection) throws IOException, InterruptedException {
        String method = connection.request().method();
        String path = connection.request().path();
        List<String> segments = List.of((path.startsWith("/v1/") ? path.substring(3) : path).split("/", -1));
        for (Route route : routes) {
            List<String> variables = route.match(method.equals("HEAD") ? "GET" : method, segments);
            if (variables != null) {
                route.answer.to(new Call(connection, variables));
                return;
            }
        }
        new Call(connection, List.of()).error(404, "Unknown request URL: " + method + " " + path, null, "unknown_url");
    }
}
