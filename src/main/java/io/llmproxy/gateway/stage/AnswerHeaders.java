package io.llmproxy.gateway.stage;

import io.llmproxy.domain.FieldText;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.HeaderPolicy;
import io.llmproxy.gateway.Tally;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.limit.RateHeaders;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The header fields that the gateway itself adds to an answer. */
final class AnswerHeaders {
    private AnswerHeaders() {}

    /**
     * Adds them to what the provider sent.
     *
     * @param headers without any field that is the gateway's own, as {@link HeaderPolicy#toClient} leaves them
     */
    static HeaderFields own(Exchange x, HeaderFields headers) {
        Tally tally = x.tally();
        // known since the first attempt began, where there was one
        long overhead = tally.overheadNanos(tally.attempts() > 0 ? 0 : x.elapsed(System.nanoTime()));
        headers.addPlain("x-request-id", x.requestId().toString());
        Target target = tally.target();
        if (target != null) {
            headers.add("x-llmproxy-provider", target.providerName());
            String model = target.model();
            // a client chose the name
            if (model != null && FieldText.printable(model)) {
                headers.addPlain("x-llmproxy-model", model);
            }
        }
        if (target != null) {
            Map<String, Integer> redacted = x.redactionCounts(target.providerName());
            if (!redacted.isEmpty()) {
                headers.add("x-llmproxy-redacted", counts(redacted));
            }
        }
        headers.addPlain("x-llmproxy-attempts", Integer.toString(tally.attempts()));
        headers.addPlain("x-llmproxy-overhead-us", Long.toString(TimeUnit.NANOSECONDS.toMicros(overhead)));
        headers.addPlain("x-llmproxy-cache", "bypass");
        RateHeaders.add(x.claims(), headers);
        if (!headers.contains("via")) {
            headers.addPlain("via", HeaderPolicy.VIA);
        }
        return headers;
    }

    /** What was found how often, as {@code email=2,phone=1}. */
    private static String counts(Map<String, Integer> redacted) {
        StringBuilder out = new StringBuilder();
        redacted.forEach((label, count) -> out.append(out.isEmpty() ? "" : ",")
                .append(label.toLowerCase(Locale.ROOT).replace('_', '-'))
                .append('=')
                .append(count));
        return out.toString();
    }
}
