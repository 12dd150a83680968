package io.llmproxy.gateway.stage;

import io.llmproxy.domain.FieldNames;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.gateway.ClientGoneException;
import io.llmproxy.gateway.ContentCoding;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.idempotency.Run;
import java.io.IOException;
import java.io.InputStream;
import java.util.Locale;
import java.util.UUID;

/**
 * An answer that another request got, as it goes to this one.
 *
 * @param answer decoded where this client does not take the coding that the other one took
 */
record Replay(int status, Answer answer) {
    private static final String REPLAYED = "idempotency-replayed";
    private static final String ORIGINAL = "x-llmproxy-replay-of";
    private static final FieldNames OF_ONE_EXCHANGE =
            FieldNames.of("x-request-id", "date", "connection", "transfer-encoding", "content-length", "retry-after");
    private static final FieldNames OF_THE_ROUTE = FieldNames.of("x-llmproxy-provider", "x-llmproxy-model");

    /** The fields that will be true of a later answer too; the others are told anew, or are of limits at that moment. */
    static HeaderFields kept(HeaderFields sent, UUID requestId) {
        HeaderFields kept = new HeaderFields();
        sent.forEach((name, value) -> {
            boolean ours = startsWith(name, "x-llmproxy-") && !OF_THE_ROUTE.contains(name);
            if (!ours && !OF_ONE_EXCHANGE.contains(name) && !ofLimits(name)) {
                kept.add(name, value);
            }
        });
        return kept.add(ORIGINAL, requestId.toString());
    }

    /** Ours, and the provider's. */
    private static boolean ofLimits(String name) {
        return startsWith(name, "x-ratelimit-") || startsWith(name, "x-upstream-ratelimit-");
    }

    private static boolean startsWith(String name, String prefix) {
        return name.regionMatches(true, 0, prefix, 0, prefix.length());
    }

    static Replay of(Exchange x, Run.Head head) {
        HeaderFields headers = AnswerHeaders.own(x, copy(head.headers()));
        head.headers().forEach((name, value) -> {
            if (OF_THE_ROUTE.contains(name)) {
                headers.set(name, value);
            }
        });
        headers.set(REPLAYED, "true");
        String coding =
                String.join(",", headers.all("content-encoding")).strip().toLowerCase(Locale.ROOT);
        boolean decode = ContentCoding.known(coding)
                && !ContentCoding.accepted(x.request().headers(), coding);
        if (decode) {
            headers.remove("content-encoding");
        }
        long length = decode ? -1 : head.contentLength();
        boolean hasBody = head.status() != 204 && head.status() != 304;
        boolean events = headers.first("content-type")
                .filter(t -> t.toLowerCase(Locale.ROOT).startsWith("text/event-stream"))
                .isPresent();
        return new Replay(
                head.status(), new Answer(headers, length, hasBody, decode ? coding : "", length < 0 || events));
    }

    private static HeaderFields copy(HeaderFields fields) {
        HeaderFields copy = new HeaderFields();
        fields.forEach(copy::add);
        return copy;
    }

    /** Sends it, as it comes. */
    void send(Exchange x, InputStream body) {
        x.tally().replayed();
        try {
            x.sink().head(status, answer.headers(), answer.length());
            x.tally().status(status);
            if (answer.hasBody() && answer.streaming()) {
                x.sink().flush();
            }
        } catch (IOException e) {
            throw new ClientGoneException();
        }
        try {
            if (answer.hasBody()) {
                answer.copy(answer.opened(body), x.sink());
            }
        } catch (IOException e) {
            throw new ProxyException(ProxyError.Upstream.unreachable("The recorded answer cannot be decoded."));
        }
    }
}
