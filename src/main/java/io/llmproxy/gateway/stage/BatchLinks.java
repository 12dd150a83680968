package io.llmproxy.gateway.stage;

import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Stage;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * In answers about Anthropic's batches the results lie here, and not with the provider: some of Anthropic's SDKs go to the address that
 * stands there, with the key that they have for us.
 */
public final class BatchLinks implements Stage {
    private static final String BATCHES = "/messages/batches";

    /** One, all of them, or what is done with one; the results themselves are of any size, and no JSON. */
    private static final Pattern ABOUT = Pattern.compile("(.*" + BATCHES + ")(?:/[^/]+(?:/cancel)?)?/?");

    @Override
    public void handle(Exchange x, Next next) {
        String batches = batches(x);
        if (batches == null) {
            next.handle(x);
            return;
        }
        x.wantPlain();
        new BatchLinkSink(x.sink(), batches).between(x, next);
    }

    /** The client's path that has the batches below it; null: the request is about none. */
    private static @Nullable String batches(Exchange x) {
        String path = x.request().path();
        if (!path.contains(BATCHES)) {
            return null;
        }
        String method = x.request().method();
        Matcher about = ABOUT.matcher(path);
        boolean tells = method.equals("GET") || method.equals("POST");
        return tells && about.matches() ? about.group(1) : null;
    }
}
