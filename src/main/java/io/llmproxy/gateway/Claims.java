package io.llmproxy.gateway;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Grant;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.Reservation;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** What a request holds of its limits: what was taken before its key was known, and what after its target was. One thread. */
public final class Claims {
    private Reservation early = Reservation.NONE;
    private Reservation late = Reservation.NONE;
    private @Nullable Denied denied;

    public void admitted(Reservation held) {
        early = held;
    }

    /** What was admitted before the key was known. */
    public Reservation early() {
        return early;
    }

    public void reserved(Reservation held) {
        late = held;
    }

    /** Some limit said no: what is held of others is given back. */
    public void denied(Denied decision) {
        denied = decision;
        early.release();
        late.release();
    }

    /** The limit that said no; null: none did. */
    public @Nullable Denied denial() {
        return denied;
    }

    /** Every limit that was charged. */
    public void each(Consumer<Grant> reader) {
        early.grants().forEach(reader);
        late.grants().forEach(reader);
    }

    /** The request was refused for another reason, after its limits had been charged: all but what counts attempts is given back. */
    public void release() {
        late.release();
        settle(new ActualUse(0, 0, 0));
    }

    /** The request has ended; the first call alone does something. Returns by how many tokens it passed what it held. */
    public long settle(ActualUse use) {
        return Math.max(early.settle(use), late.settle(use));
    }
}
