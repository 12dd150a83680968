package io.llmproxy.adapter.admin;

import java.io.IOException;
import java.io.OutputStream;
import org.jspecify.annotations.Nullable;

/** What goes back to a caller. */
final class Answer {
    static final String JSON = "application/json";
    static final String PROBLEM = "application/problem+json";
    private static final byte[] NOTHING = {};
    private final int status;
    private final String contentType;
    private final byte[] body;
    private final boolean replayed;
    private final @Nullable Content content;

    /** A body that is written as it is made. */
    @FunctionalInterface
    interface Content {
        void write(OutputStream out) throws IOException;
    }

    /** @param body given away: the caller does not change it any more */
    Answer(int status, String contentType, byte[] body) {
        this(status, contentType, body, false, null);
    }

    private Answer(int status, String contentType, byte[] body, boolean replayed, @Nullable Content content) {
        this.status = status;
        this.contentType = contentType;
        this.body = body;
        this.replayed = replayed;
        this.content = content;
    }

    /** The same, marked as given before. */
    Answer again() {
        return new Answer(status, contentType, body, true, content);
    }

    boolean replayed() {
        return replayed;
    }

    static Answer ok(Object json) {
        return of(200, json);
    }

    static Answer of(int status, Object json) {
        return new Answer(status, JSON, Json.bytes(json));
    }

    /** A file. */
    static Answer streamed(Content content) {
        return new Answer(200, "application/octet-stream", NOTHING, false, content);
    }

    /** What writes the body, where it is written as it is made. */
    @Nullable
    Content content() {
        return content;
    }

    static Answer none() {
        return new Answer(204, JSON, NOTHING);
    }

    int status() {
        return status;
    }

    String contentType() {
        return contentType;
    }

    byte[] body() {
        return body;
    }
}
