package io.llmproxy.gateway;

import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.gateway.scan.AnswerEnds;
import io.llmproxy.gateway.scan.DeliveredText;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What stages count of one exchange for its account; times in nanoseconds since it began. */
public final class Tally {
    private int status;
    private @Nullable Target target;
    private @Nullable String upstreamRequestId;
    private int attempts;
    private List<Attempt> failed = List.of();
    private long requestBytes;
    private long readingNanos;
    private long overheadNanos = -1;
    private long firstByteNanos = -1;
    private TokenUsage tokens = TokenUsage.NONE;
    private @Nullable DeliveredText delivered;
    private boolean wholeAnswerSeen;
    private boolean unanswered;
    private boolean replayed;
    private @Nullable AnswerEnds answer;

    /** The status that went out to the client; 0: none did. */
    public int status() {
        return status;
    }

    public void status(int sent) {
        status = sent;
    }

    /** The target of the last attempt, or of the plan before any. */
    public @Nullable Target target() {
        return target;
    }

    public void target(Target chosen) {
        target = chosen;
    }

    public @Nullable String upstreamRequestId() {
        return upstreamRequestId;
    }

    public void upstreamRequestId(@Nullable String id) {
        upstreamRequestId = id;
    }

    public int attempts() {
        return attempts;
    }

    /** An upstream call begins; what was spent before the first one, but for waiting for the client, is overhead. */
    public void attempt(long nanos) {
        if (attempts++ == 0) {
            overheadNanos = Math.max(0, nanos - readingNanos);
        }
    }

    /** The calls that failed and were followed by another, and the targets that were passed over. */
    public List<Attempt> failed() {
        return failed;
    }

    /** A call failed, and another follows; or a target is passed over. */
    public void failed(Attempt attempt) {
        failed = failed.isEmpty() ? new ArrayList<>() : failed;
        if (failed.size() < Attempt.MOST) {
            failed.add(attempt);
        }
    }

    public long requestBytes() {
        return requestBytes;
    }

    public void received(long bytes, long nanos) {
        requestBytes = bytes;
        readingNanos = nanos;
    }

    public long overheadNanos(long elapsed) {
        return overheadNanos >= 0 ? overheadNanos : Math.max(0, elapsed - readingNanos);
    }

    public long firstByteNanos() {
        return firstByteNanos;
    }

    public void firstByte(long nanos) {
        if (firstByteNanos < 0) {
            firstByteNanos = nanos;
        }
    }

    public TokenUsage tokens() {
        return tokens;
    }

    public void tokens(TokenUsage used) {
        tokens = used;
    }

    /** The text of an answer that something may have been generated for; null where none came. */
    public @Nullable DeliveredText delivered() {
        return delivered;
    }

    public void delivered(DeliveredText text) {
        delivered = text;
    }

    /** Whether the request was given up when a provider had it and had not answered. */
    public boolean unanswered() {
        return unanswered;
    }

    public void givenUpUnanswered() {
        unanswered = true;
    }

    /** Whether the provider's answer came to its end, so that a client that leaves now leaves with all of it. */
    public boolean wholeAnswerSeen() {
        return wholeAnswerSeen;
    }

    public void wholeAnswer() {
        wholeAnswerSeen = true;
    }

    /** Whether the answer was another request's: nothing was called or charged. */
    public boolean isReplayed() {
        return replayed;
    }

    public void replayed() {
        replayed = true;
    }

    /** The beginning and the end of an answer that a collector of traces hears of; null: nobody listens. */
    public @Nullable AnswerEnds answer() {
        return answer;
    }

    public void answer(AnswerEnds ends) {
        answer = ends;
    }
}
