package io.llmproxy.adapter.provider.support;

import java.util.concurrent.atomic.AtomicReference;

/** Lets any thread end a call once, and never after the call has let go of its connection. */
final class Cancellation {
    private enum State {
        ACTIVE,
        CANCELLED,
        ENDED
    }

    private final AtomicReference<State> state = new AtomicReference<>(State.ACTIVE);
    private volatile Runnable action = () -> {};

    /** What a cancel does from now on, at once where it has come already; may then run twice. */
    void onCancel(Runnable next) {
        action = next;
        if (cancelled()) {
            next.run();
        }
    }

    void cancel() {
        if (state.compareAndSet(State.ACTIVE, State.CANCELLED)) {
            action.run();
        }
    }

    /** Whether the call ended by itself: a cancel that comes later does nothing. */
    boolean end() {
        return state.compareAndSet(State.ACTIVE, State.ENDED);
    }

    boolean cancelled() {
        return state.get() == State.CANCELLED;
    }
}
