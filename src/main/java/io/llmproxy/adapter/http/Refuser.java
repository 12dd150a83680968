package io.llmproxy.adapter.http;

import io.helidon.common.buffers.DataWriter;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.port.EndedRequest;
import java.time.Instant;
import java.time.InstantSource;
import java.util.UUID;
import java.util.function.Consumer;

/**
 * Answers what never becomes a request of the gateway; the connection ends with it.
 *
 * @param told hears of each before its answer; formats nothing, waits for nothing
 */
record Refuser(ErrorRenderer renderer, InstantSource clock, Consumer<EndedRequest> told) {
    /** As much of a head as is of use. */
    private static final int MOST = 200;
    /** What stands for the parts of a head that could not be read. */
    private static final String UNREAD = "-";

    /**
     * What is known of who is refused.
     *
     * @param method empty where the head was not read so far, as the target
     */
    @SuppressWarnings("ArrayRecordComponent")
    record Refused(String method, String target, byte[] address) {
        /** Nothing but where it comes from. */
        static Refused unread(byte[] address) {
            return new Refused("", "", address);
        }
    }

    void refuse(DataWriter out, Dialect dialect, Refused refused, ProxyError error) {
        HeaderFields headers = headersOfTold(refused, error);
        new Http1Sink(out, renderer, dialect, refused.method().equals("HEAD"), null, () -> true).fail(error, headers);
    }

    /** The fields of an answer of which others have been told. */
    HeaderFields headersOfTold(Refused refused, ProxyError error) {
        Instant now = clock.instant();
        UUID id = Ids.next(now);
        told.accept(EndedRequest.ofStranger(
                id, now, known(refused.method()), path(refused.target()), error.status(), 0, refused.address(), null));
        return own(id);
    }

    /** An answer that no gateway gave has an id of its own all the same. */
    HeaderFields ownHeaders() {
        return own(Ids.next(clock.instant()));
    }

    private static HeaderFields own(UUID id) {
        return HeaderFields.of("x-request-id", id.toString(), "via", "1.1 llmproxy");
    }

    /** Without its query, in which clients put keys. */
    private static String path(String target) {
        int end = target.indexOf('?');
        return known(end < 0 ? target : target.substring(0, end));
    }

    private static String known(String part) {
        String cut = part.length() > MOST ? part.substring(0, MOST) : part;
        return cut.isEmpty() ? UNREAD : cut;
    }
}
