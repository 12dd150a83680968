package io.llmproxy.gateway.stage;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Persistence;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.resilience.Backoff;
import io.llmproxy.gateway.resilience.HealthBoard;
import io.llmproxy.gateway.resilience.ProviderHealth;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The way of one request through its targets: each in its turn, and all again, after a pause, as often as its persistence says and the
 * budget of retries allows. It ends with an answer, with a failure that no other target can better, or at the deadline. One thread.
 */
final class Course {
    private final Exchange x;
    private final List<Target> targets;
    private final HealthBoard board;
    private final Persistence how;
    private int at;
    private int round;
    private int next;
    private long pauseNanos;
    /** Whose budget of retries the present call uses. */
    private @Nullable ProviderHealth budget;

    private @Nullable ProviderHealth nextBudget;
    private @Nullable Failure last;
    private @Nullable String skipped;

    Course(Exchange x, HealthBoard board) {
        this.x = x;
        this.targets = x.plan();
        this.board = board;
        this.how = x.persistence();
    }

    Target current() {
        return targets.get(at);
    }

    /** The present target and those after it. */
    List<Target> remaining() {
        return targets.subList(at, targets.size());
    }

    /** Whether anything may follow a failure of the present target, as far as can be told before it. */
    boolean mayFollow() {
        return !past() && (available(at + 1) < targets.size() || round < how.retries());
    }

    /** Whether another call follows the failure; then {@link #step} leads there. Asked once for each failure. */
    boolean follows(Failure failure) {
        if (!failure.elsewhere() || past()) {
            return false;
        }
        int other = available(at + 1);
        if (other < targets.size()) {
            next = other;
            pauseNanos = 0;
            return true;
        }
        return retries(failure.retryAfterNanos());
    }

    private boolean retries(long retryAfterNanos) {
        int first = available(0);
        if (round >= how.retries() || first >= targets.size() || retryAfterNanos > Backoff.LONGEST.toNanos()) {
            return false;
        }
        long pause = Math.max(retryAfterNanos, Backoff.nanos(round, ThreadLocalRandom.current()));
        ProviderHealth health = board.of(targets.get(first).provider());
        if (left() <= pause || !health.beginRetry()) {
            return false;
        }
        nextBudget = health;
        next = first;
        pauseNanos = pause;
        round++;
        return true;
    }

    /** The first target from there on that a call would be let through to; as many as there are: none. */
    private int available(int from) {
        long now = board.now();
        for (int i = from; i < targets.size(); i++) {
            Target target = targets.get(i);
            if (target.provider().fault() == null
                    && board.of(target.provider()).of(target.model()).allows(blamed(target), now)) {
                return i;
            }
        }
        return targets.size();
    }

    /** Notes the failure and goes to where {@link #follows} said, after the pause that is due. */
    void step(Failure failure, long beganNanos) {
        Target target = current();
        x.tally()
                .failed(new Attempt(
                        target.providerName(),
                        target.model(),
                        failure.status(),
                        failure.reason(),
                        TimeUnit.NANOSECONDS.toMicros(board.now() - beganNanos)));
        last = failure;
        budget = nextBudget;
        nextBudget = null;
        try {
            if (pauseNanos > 0) {
                Pause.of(x, Duration.ofNanos(pauseNanos));
            }
        } catch (RuntimeException e) {
            called();
            throw e;
        }
        at = next;
    }

    /** The present target cannot be called; false where there is none after it. */
    boolean skip(Obstacle why) {
        Target target = current();
        x.tally().failed(Attempt.passedOver(target.providerName(), target.model(), why.word()));
        skipped = (skipped == null ? "" : skipped + "; ") + why.text();
        at++;
        return at < targets.size();
    }

    /** The present call has ended, or there will be none. */
    void called() {
        if (budget != null) {
            budget.endRetry();
            budget = null;
        }
    }

    /** What the client is told where the last targets could not be called at all. */
    ProxyException noneLeft() {
        String tried = last == null ? "" : " after a call that " + last.text();
        return new ProxyException(new ProxyError.Upstream(
                503,
                "overloaded",
                "No target of this request can be called" + tried + ": " + skipped + ".",
                Duration.ofSeconds(Math.max(1, TimeUnit.NANOSECONDS.toSeconds(soonest()) + 1))));
    }

    private long soonest() {
        long now = board.now();
        long soonest = Long.MAX_VALUE;
        for (Target target : targets) {
            soonest = Math.min(
                    soonest, board.of(target.provider()).of(target.model()).remaining(blamed(target), now));
        }
        return soonest;
    }

    private @Nullable UUID blamed(Target target) {
        return HealthBoard.blamed(target.provider(), x.principal().tenant().id());
    }

    private boolean past() {
        return left() <= 0;
    }

    private long left() {
        Duration deadline = how.deadline();
        return deadline == null ? Long.MAX_VALUE : deadline.toNanos() - x.elapsed(System.nanoTime());
    }
}
