package io.llmproxy.gateway;

import io.llmproxy.domain.HeaderFields;
import org.jspecify.annotations.Nullable;

/** The field of a request that says which trace it belongs to (W3C Trace Context, section 3.2), where nobody here traces. */
public final class TraceParent {
    /** {@code 00-} the trace {@code -} the span {@code -01}; later versions may say more behind that. */
    private static final int LENGTH = 55;

    private static final int FROM = 3;
    private static final int TO = 35;

    private TraceParent() {}

    /** Null where it has no such field, or one that makes no sense. */
    public static @Nullable String traceId(HeaderFields client) {
        String field = client.first("traceparent").orElse("");
        boolean formed = field.length() >= LENGTH && field.charAt(FROM - 1) == '-' && field.charAt(TO) == '-';
        return formed ? id(field) : null;
    }

    private static @Nullable String id(String field) {
        boolean zero = true;
        for (int i = FROM; i < TO; i++) {
            char c = field.charAt(i);
            if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
                return null;
            }
            zero &= c == '0';
        }
        return zero ? null : field.substring(FROM, TO);
    }
}
