package io.llmproxy.port;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.audit.Transcript;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.usage.AnswerFacts;
import io.llmproxy.domain.usage.UsageRecord;
import org.jspecify.annotations.Nullable;

/**
 * Tells a collector of traces what becomes of requests: a span for each request, and below it one for each call of a provider.
 * Of what they say only where that is asked for. Nothing here blocks or throws. Thread-safe; the spans of one request are of its thread.
 */
public interface Tracing {
    /** Nobody is told anything, and header fields about traces go through as they came. */
    Tracing OFF = client -> null;

    /**
     * A request came; {@link RequestSpan#end} must follow. Null: nobody is told of it and nothing is passed on.
     *
     * @param client its fields, of which {@code traceparent} and {@code tracestate} tell the trace that it belongs to (W3C Trace
     *     Context)
     */
    @Nullable
    RequestSpan begin(HeaderFields client);

    /** One request, from its arrival to the end of its account. */
    interface RequestSpan {
        /** Whether the collector will hear of it, so that it is worth finding out more. */
        boolean recorded();

        /** Of the trace that it belongs to, 32 hexadecimal digits; recorded or not, providers are told it. */
        String traceId();

        /** Whether the collector is to hear what was asked and answered, too. */
        default boolean contentWanted() {
            return false;
        }

        /** What was asked and answered, as far as the tenant has it kept and as it has it kept; before the end, where it is wanted. */
        default void said(Transcript transcript) {}

        /** A call begins; {@link AttemptSpan#end} must follow. */
        AttemptSpan attempt(ProviderAccount account, @Nullable String model);

        /**
         * The request of a known key has ended.
         *
         * @param facts what its answer says of itself; null: it was not looked at
         */
        void end(UsageRecord record, @Nullable AnswerFacts facts);

        /** The request of a stranger was refused with that status. */
        void end(int status);
    }

    /** One call of a provider. */
    interface AttemptSpan {
        /** Puts the trace's fields among those that the provider gets, in the place of the client's. */
        void carry(HeaderFields upstream);

        /**
         * The provider sent its head.
         *
         * @param requestId its own id of the request; null: it told none
         */
        void answered(int status, @Nullable String requestId);

        /** It came to nothing, or broke off; {@code why} is one word of a closed list. */
        void failed(String why);

        void end();
    }
}
