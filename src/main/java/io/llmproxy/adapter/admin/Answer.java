package io.llmproxy.adapter.admin;

/** What goes back to a caller. */
final class Answer {
    static final String JSON = "application/json";
    static final String PROBLEM = "application/problem+json";
    private static final byte[] NOTHING = {};
    private final int status;
    private final String contentType;
    private final byte[] body;
    private final boolean replayed;

    /** @param body given away: the caller does not change it any more */
    Answer(int status, String contentType, byte[] body) {
        this(status, contentType, body, false);
    }

    private Answer(int status, String contentType, byte[] body, boolean replayed) {
        this.status = status;
        this.contentType = contentType;
        this.body = body;
        this.replayed = replayed;
    }

    /** The same, marked as given before. */
    Answer again() {
        return new Answer(status, contentType, body, true);
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
