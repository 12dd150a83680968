package io.llmproxy.domain.limit;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Whether a request may go on. */
public sealed interface LimitDecision {
    /** All limits gave what was asked. */
    record Granted(Reservation reservation) implements LimitDecision {}

    /**
     * A limit that has no room for a request.
     *
     * @param asked what the request would have taken
     * @param remaining what is left for smaller ones
     * @param waitSeconds when it is worth another try, at least 1; 0: time alone does not help
     */
    record Refusal(Limit limit, long asked, long remaining, long waitSeconds) {
        /** Whether it refuses when the other has room again. */
        boolean outlasts(Refusal other) {
            return other.waitSeconds != 0 && (waitSeconds == 0 || waitSeconds > other.waitSeconds);
        }
    }

    /**
     * One did not, or several, and nothing was taken of any.
     *
     * @param longest the one that refuses for the longest time: before it has room no other try is worth it. Of several the first
     * @param all that are known to refuse, in the order in which they are charged
     */
    record Denied(Refusal longest, List<Refusal> all) implements LimitDecision {
        /** By one limit. */
        public Denied(Refusal only) {
            this(only, List.of(only));
        }

        /** @param known what refuses as well, and is charged before it; null: nothing */
        public static Denied with(@Nullable Denied known, Refusal another) {
            if (known == null) {
                return new Denied(another);
            }
            List<Refusal> both = new ArrayList<>(known.all);
            both.add(another);
            return new Denied(another.outlasts(known.longest) ? another : known.longest, both);
        }

        /** By what the other one says as well. */
        public Denied and(@Nullable Denied other) {
            Denied both = this;
            if (other != null) {
                for (Refusal one : other.all) {
                    both = with(both, one);
                }
            }
            return both;
        }

        /** By those of its limits alone, as long as there is one; else by all of them. */
        public Denied of(Predicate<Limit> which) {
            Denied some = null;
            for (Refusal one : all) {
                if (which.test(one.limit)) {
                    some = with(some, one);
                }
            }
            return some == null ? this : some;
        }

        /** The one that refuses for the longest time of those that count such; null: none does. */
        public @Nullable Refusal longest(Predicate<LimitMetric> which) {
            Denied such = of(limit -> which.test(limit.metric()));
            return which.test(such.limit().metric()) ? such.longest : null;
        }

        /** Whether it is over while the other still refuses. */
        public boolean endsBefore(Denied other) {
            return other.longest.outlasts(longest);
        }

        /** The limit that is charged first of those that refuse. */
        public Limit first() {
            return all.getFirst().limit;
        }

        /** The one that refuses for the longest time. */
        public Limit limit() {
            return longest.limit;
        }

        /** What the request would have taken of that. */
        public long asked() {
            return longest.asked;
        }

        /** What is left of it for smaller ones. */
        public long remaining() {
            return longest.remaining;
        }

        /** When it is worth another try, at least 1; 0: time alone does not help. */
        public long waitSeconds() {
            return longest.waitSeconds;
        }
    }

    Granted FREE = new Granted(Reservation.NONE);
}
