package io.llmproxy.adapter.http;

import io.helidon.webserver.Router;
import io.helidon.webserver.Routing;
import io.helidon.webserver.http.HttpRouting;
import java.util.List;

/** A router with the gateway's routing alone: the server's builder would put Helidon's own in its place. */
record OneRouting(HttpRouting routing) implements Router {
    @Override
    public <T extends Routing> T routing(Class<T> type, T otherwise) {
        return type.isInstance(routing) ? type.cast(routing) : otherwise;
    }

    @Override
    public List<? extends Routing> routings() {
        return List.of(routing);
    }

    @Override
    public void beforeStart() {}

    @Override
    public void afterStop() {}
}
