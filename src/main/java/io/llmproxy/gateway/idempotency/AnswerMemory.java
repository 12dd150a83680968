package io.llmproxy.gateway.idempotency;

import java.util.concurrent.atomic.AtomicLong;

/** The heap that answers take while they run and until they are stored. Thread-safe. */
final class AnswerMemory {
    private final AtomicLong left;

    AnswerMemory(long bytes) {
        this.left = new AtomicLong(bytes);
    }

    /** False where there is not so much; then nothing is taken. */
    boolean take(long bytes) {
        if (left.addAndGet(-bytes) >= 0) {
            return true;
        }
        left.addAndGet(bytes);
        return false;
    }

    void giveBack(long bytes) {
        left.addAndGet(bytes);
    }

    long left() {
        return left.get();
    }
}
