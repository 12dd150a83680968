package io.llmproxy.gateway.stage;

import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.route.RouteMatch;
import io.llmproxy.gateway.Exchange;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What a request says of itself to routes that match. */
record RouteFacts(Exchange x) implements RouteMatch.Facts {
    @Override
    public String path() {
        return x.request().path();
    }

    @Override
    public @Nullable String header(String name) {
        return x.request().headers().first(name).orElse(null);
    }

    /** In lower case, without the port. */
    @Override
    public @Nullable String host() {
        String host = header("host");
        if (host == null) {
            return null;
        }
        int port = host.lastIndexOf(':');
        boolean inAddress = port < host.lastIndexOf(']');
        return (port < 0 || inAddress ? host : host.substring(0, port)).toLowerCase(Locale.ROOT);
    }

    @Override
    public @Nullable String userEmail() {
        User user = x.principal().user();
        return user == null ? null : user.email();
    }

    @Override
    public @Nullable String userId() {
        User user = x.principal().user();
        return user == null ? null : user.id().toString();
    }

    @Override
    public @Nullable String label(String name) {
        return x.principal().key().scope().labels().get(name);
    }
}
