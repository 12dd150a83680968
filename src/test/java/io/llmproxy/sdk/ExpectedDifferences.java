package io.llmproxy.sdk;

import io.llmproxy.testing.FakeProvider.Request;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** All that may differ between a provider and the gateway before it, and nothing else; {@code docs/design-decisions.md} says why. */
final class ExpectedDifferences {
    /** Fields of answers that the gateway adds, replaces, or keeps from clients; also for the JavaScript client's run. */
    static final String ANSWER_FIELDS =
            "x-request-id|x-upstream-request-id|via|set-cookie|alt-svc|x-llmproxy-.*|x-ratelimit-.*|x-upstream-ratelimit-.*";

    /** How a message travels is agreed anew on each hop; also for the JavaScript client's run. */
    static final String HOP_BY_HOP = "transfer-encoding|connection|keep-alive|content-length";

    private static final Pattern LEFT_OUT_OF_ANSWERS = Pattern.compile(ANSWER_FIELDS + "|" + HOP_BY_HOP);

    /** Fields of requests that the gateway adds, replaces, or keeps from providers. */
    private static final Pattern LEFT_OUT_OF_REQUESTS = Pattern.compile(
            "authorization|x-api-key|host|via|openai-organization|openai-project|accept-encoding|cookie|" + HOP_BY_HOP);

    /** Added to streams of completions where the client did not ask, for the account; its effect is taken out again. */
    private static final Pattern USAGE_ASKED =
            Pattern.compile("\"stream_options\":\\{\"include_usage\":true},?|\"include_usage\":true,");

    private static final Pattern BOUNDARY = Pattern.compile("boundary=\"?([^\";]+)");

    private ExpectedDifferences() {}

    /** An answer's fields as a client may rely on them, sorted by lower-case name. */
    static Map<String, List<String>> answer(Map<String, List<String>> fields) {
        return fields(fields, LEFT_OUT_OF_ANSWERS);
    }

    /** A request as a provider may rely on it. */
    static String request(Request request) {
        Map<String, List<String>> fields = fields(request.headers(), LEFT_OUT_OF_REQUESTS);
        // one that the client makes up is another in each run
        fields.computeIfPresent("idempotency-key", (_, _) -> List.of("made up"));
        String body = new String(request.body(), StandardCharsets.ISO_8859_1);
        String whole = request.method() + " " + request.target() + "\n" + fields + "\n" + body;
        var boundary = BOUNDARY.matcher(String.valueOf(request.header("content-type")));
        String same = boundary.find() ? whole.replace(boundary.group(1), "BOUNDARY") : whole;
        return USAGE_ASKED.matcher(same).replaceAll("");
    }

    /** The gateway lists models itself, from what it has asked its providers for on its own behalf. */
    static boolean gatewaysOwn(String path) {
        return path.equals("/v1/models");
    }

    /**
     * Whether that request is left out: how often a run asks whether a stream was closed is a matter of time, one that its client
     * gave up may not have arrived, and one that died on a used connection comes once more.
     */
    static boolean mayDiffer(Request request) {
        return gatewaysOwn(request.path())
                || request.path().equals("/v1/hung-up")
                || request.text().contains("fail-silent")
                || request.text().contains("fail-close");
    }

    private static Map<String, List<String>> fields(Map<String, List<String>> all, Pattern leftOut) {
        Map<String, List<String>> out = new TreeMap<>();
        all.forEach((name, values) -> {
            String lower = name.toLowerCase(Locale.ROOT);
            if (!leftOut.matcher(lower).matches()) {
                out.put(lower, values);
            }
        });
        return out;
    }
}
