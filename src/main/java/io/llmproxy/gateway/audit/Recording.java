package io.llmproxy.gateway.audit;

import io.llmproxy.domain.audit.Transcript;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.gateway.privacy.Redactor;
import io.llmproxy.gateway.scan.Splice;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What is kept of one request while it runs: bounded, and of the room that all share. One thread at a time. */
public final class Recording {
    private static final int FIRST = 4096;
    private static final byte[] NOTHING = {};
    private final Transcripts transcripts;
    private final UUID tenantId;
    private final UUID requestId;
    private final @Nullable Redactor redactor;
    private String requestType = "";
    private byte[] request = NOTHING;
    private boolean requestCut;
    private String answerType = "";
    private String answerCoding = "";
    private byte[] answer = NOTHING;
    private int size;
    private boolean answerCut;
    private long reserved;
    private @Nullable Transcript made;

    Recording(Transcripts transcripts, UUID tenantId, UUID requestId, @Nullable Redactor redactor) {
        this.transcripts = transcripts;
        this.tenantId = tenantId;
        this.requestId = requestId;
        this.redactor = redactor;
    }

    /**
     * @param bytes of its beginning; given away
     * @param cut whether there was more
     */
    public void request(String contentType, byte[] bytes, boolean cut) {
        requestType = contentType;
        boolean room = reserve(bytes.length);
        request = room ? bytes : NOTHING;
        requestCut = cut || !room;
    }

    /** The head of the answer. */
    public void head(String contentType, String contentCoding) {
        answerType = contentType;
        answerCoding = contentCoding;
    }

    /** Some of the answer, as the client gets it; copied. */
    public void write(byte[] bytes, int offset, int length) {
        int count = Math.min(length, Transcript.MAX_BODY - size);
        if (size + count > answer.length) {
            int wanted = Math.min(Transcript.MAX_BODY, Math.max(FIRST, 2 * (size + count)));
            if (!reserve(wanted - answer.length)) {
                answerCut = true;
                return;
            }
            answer = Arrays.copyOf(answer, wanted);
        }
        if (!answerCut) {
            System.arraycopy(bytes, offset, answer, size, count);
            size += count;
        }
        answerCut |= count < length;
    }

    /**
     * The gateway itself refused, and nothing went to the client yet: in the place of an answer it is kept what was refused and
     * why, in OpenAI's form whatever the client's is.
     */
    public void refused(ProxyError error) {
        String param = error.param();
        byte[] said = ("{\"error\":{\"message\":" + Splice.quoted(error.message())
                        + ",\"type\":" + Splice.quoted(error.type())
                        + ",\"param\":" + (param == null ? "null" : Splice.quoted(param))
                        + ",\"code\":" + Splice.quoted(error.code()) + "}}")
                .getBytes(StandardCharsets.UTF_8);
        size = 0;
        answerCut = false;
        head("application/json", "");
        write(said, 0, said.length);
    }

    private boolean reserve(int bytes) {
        boolean room = transcripts.reserve(bytes);
        reserved += room ? bytes : 0;
        return room;
    }

    UUID tenantId() {
        return tenantId;
    }

    UUID requestId() {
        return requestId;
    }

    /** What it holds of the room that all share. */
    long reserved() {
        return reserved;
    }

    /**
     * What is to be stored: decoded, and redacted where the tenant wants that. Made once, where there is room for it in the place
     * of what it was made from: a trace may ask before the store does, and the store again while its database is away.
     */
    public Transcript transcript() {
        if (made != null) {
            return made;
        }
        byte[] answered = Arrays.copyOf(answer, size);
        Transcript transcript = new Transcript(
                tenantId,
                requestId,
                redactor != null,
                Bodies.kept(requestType, "", request, requestCut, redactor),
                Bodies.kept(answerType, answerCoding, answered, answerCut, redactor));
        int now = transcript.request().bytes().length + transcript.answer().bytes().length;
        if (reserve(now - request.length - answer.length)) {
            made = transcript;
            request = NOTHING;
            answer = NOTHING;
        }
        return transcript;
    }
}
