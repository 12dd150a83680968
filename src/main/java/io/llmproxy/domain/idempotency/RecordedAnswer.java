package io.llmproxy.domain.idempotency;

import io.llmproxy.domain.HeaderFields;

/** An answer that was given once and is given again, byte for byte. Not to be changed by anyone who holds it. */
public final class RecordedAnswer {
    private final int status;
    private final HeaderFields headers;
    private final long contentLength;
    private final byte[] body;
    private final HeaderFields trailers;

    /**
     * @param headers without those that are of one exchange alone
     * @param contentLength as it was declared; -1: it was not
     * @param body given away: the caller does not change it any more
     */
    public RecordedAnswer(int status, HeaderFields headers, long contentLength, byte[] body, HeaderFields trailers) {
        this.status = status;
        this.headers = headers;
        this.contentLength = contentLength;
        this.body = body;
        this.trailers = trailers;
    }

    /**
     * Whether an answer of that status is kept, since the same request would get it again. Successes, and refusals that lie in the
     * request; not those that lie in a credential or an account (401, 402, 403, 407), in the moment (408, 409, 421, 423, 425,
     * 429), or in the one who answers (5xx).
     */
    public static boolean isFinal(int status) {
        return switch (status) {
            case 401, 402, 403, 407, 408, 409, 421, 423, 425, 429 -> false;
            default -> status >= 200 && status < 300 || status >= 400 && status < 500;
        };
    }

    public int status() {
        return status;
    }

    public HeaderFields headers() {
        return headers;
    }

    public long contentLength() {
        return contentLength;
    }

    /** The bytes themselves, not a copy. */
    public byte[] body() {
        return body;
    }

    public HeaderFields trailers() {
        return trailers;
    }

    /** No body: it may hold what a model said. */
    @Override
    public String toString() {
        return "RecordedAnswer[" + status + ", " + body.length + " bytes]";
    }
}
