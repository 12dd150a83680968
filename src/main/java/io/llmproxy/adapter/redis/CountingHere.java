package io.llmproxy.adapter.redis;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitDecision.Refusal;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.PastUse;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.port.CounterStore;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What becomes of requests while Redis is away: they are refused, or counted in this process by its part of each limit, of which Redis
 * is told when it is back. Thread-safe.
 */
final class CountingHere {
    /** Redis hears within ms of what was granted here, once it answers. */
    private static final long TOLD = Duration.ofSeconds(1).toNanos();

    private final CounterStore local;
    private final boolean refuse;
    private final Corrections corrections;
    private final RedisLine line;
    private final ServerTime time;
    /** When something was granted here, which Redis may not have heard of; of {@link System#nanoTime}. */
    private volatile long grantedAt = System.nanoTime() - TOLD;

    private volatile Beat.Answer others = new Beat.Answer(true, 1, 1);

    /** @param refuse whether requests are refused */
    CountingHere(CounterStore local, boolean refuse, Corrections corrections, RedisLine line, ServerTime time) {
        this.local = local;
        this.refuse = refuse;
        this.corrections = corrections;
        this.line = line;
        this.time = time;
    }

    /** So many processes share limits, as Redis knows. */
    void shared(Beat.Answer answer) {
        others = answer;
    }

    /** How many processes share limits, this one included, as far as was last known. */
    int processes() {
        return others.all();
    }

    /** @throws ProxyException where requests are refused */
    LimitDecision reserve(List<Charge> charges) {
        if (refuse) {
            throw new ProxyException(ProxyError.Upstream.unavailable(
                    "The gateway cannot check its limits at the moment; try again later."));
        }
        if (charges.isEmpty()) {
            return LimitDecision.FREE;
        }
        return switch (local.reserve(parts(charges))) {
            case Granted(var here) -> {
                grantedAt = System.nanoTime();
                yield new Granted(new Counted(charges, here, corrections, line, time.now()));
            }
            case Denied denied -> denied;
        };
    }

    /** Limits that Redis granted something of, and this process alone has passed by what it granted here a moment ago; null: none. */
    @Nullable
    Denied passed(List<Charge> charges) {
        if (refuse || System.nanoTime() - grantedAt > TOLD) {
            return null;
        }
        Denied passed = null;
        for (Charge charge : charges) {
            Charge nothing = new Charge(charge.limit(), charge.key(), 0);
            Denied denied = charge.amount() > 0 ? local.refusal(List.of(nothing)) : null;
            if (denied != null) {
                passed = Denied.with(
                        passed, new Refusal(charge.limit(), charge.amount(), denied.remaining(), denied.waitSeconds()));
            }
        }
        return passed;
    }

    /**
     * With what the request was admitted with and has not taken yet.
     *
     * @param early of {@code admitted}; its slots are taken here already
     */
    LimitDecision reserve(List<Charge> charges, List<Charge> early, Reservation admitted) {
        LimitDecision decision = reserve(charges);
        if (early.isEmpty() || !(admitted instanceof Pending pending)) {
            return decision;
        }
        return switch (decision) {
            case Granted(var held) ->
                switch (reserve(withoutSlots(early))) {
                    case Granted(var reservation) -> {
                        pending.took(reservation);
                        yield decision;
                    }
                    case Denied denied -> {
                        held.release();
                        yield denied;
                    }
                };
            case Denied denied -> denied.and(local.refusal(parts(withoutSlots(early))));
        };
    }

    /** Counts what Redis granted: none of it is granted once more when Redis goes. */
    Reservation besides(List<Charge> charges) {
        return refuse || charges.isEmpty() ? Reservation.NONE : local.tally(charges);
    }

    static List<Charge> withoutSlots(List<Charge> charges) {
        return charges.stream()
                .filter(c -> c.limit().metric() != LimitMetric.CONCURRENCY)
                .toList();
    }

    private List<Charge> parts(List<Charge> charges) {
        return charges.stream().map(this::part).toList();
    }

    /** This process's part of a limit: at least one, so that no process is shut for a small limit's sake. */
    private Charge part(Charge charge) {
        int among = among(charge.limit());
        Limit limit = charge.limit();
        return among <= 1
                ? charge
                : new Charge(limit.amount(Math.max(1, limit.amount() / among)), charge.key(), charge.amount());
    }

    private int among(Limit limit) {
        boolean everybodys = limit.tenantId() == null && !limit.zoned();
        return everybodys ? others.all() : others.tenants();
    }

    /** What the ledger knows, of all processes: this one's part of it. */
    void seed(PastUse past) {
        local.seed(past.part(among(past.limit())));
    }
}
