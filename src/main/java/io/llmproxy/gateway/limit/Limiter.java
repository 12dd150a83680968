package io.llmproxy.gateway.limit;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Charges;
import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Grant;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitDecision;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.limit.Reservation;
import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.gateway.ClientRequest;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.PassedLimits;
import io.llmproxy.gateway.PricingRules;
import io.llmproxy.gateway.Target;
import io.llmproxy.port.CounterStore;
import io.llmproxy.port.Telemetry;
import io.llmproxy.runtime.LimitTable;
import io.llmproxy.runtime.Limits;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Charges requests to their limits: in two steps, since some limits hold before a key is looked at and a body is read. Where the
 * second step refuses, the first is taken back, so that nobody uses up what all share by being refused.
 */
public final class Limiter {
    /** What is sent together with its head, or right after it, more or less. */
    private static final long SMALL_BODY = 64 * 1024;

    private final CounterStore store;
    private final Telemetry telemetry;
    private final PassedLimits passed;

    private final CostBounds bounds;

    public Limiter(CounterStore store, Telemetry telemetry, PassedLimits passed, PricingRules pricing) {
        this.store = store;
        this.telemetry = telemetry;
        this.passed = passed;
        this.bounds = new CostBounds(pricing);
    }

    /** What needs neither key nor body. @throws ProxyException where a limit refuses */
    public void admit(Exchange x, Limits limits) {
        if (limits.early().isEmpty()) {
            return;
        }
        LimitTable.Place place = limits.early().placed() ? ClientPlace.of(x.request()) : null;
        Charges charges = limits.early(place).charges(Need.NOTHING);
        x.claims().admitted(granted(x, charges, store.admit(charges, soon(x.request()), x.claims())));
    }

    /**
     * What the head alone tells of the tenant's own limits; takes nothing, so that {@link #reserve} decides all limits in one step.
     *
     * @throws ProxyException where a limit has no room
     */
    public void foresee(Exchange x, Limits limits) {
        LimitTable table = limits.of(x.principal().tenant().id());
        if (!table.foreseen()) {
            return;
        }
        List<Charge> charges = least(x, table, Limit::foreseen);
        Denied denied = store.refusal(charges, x.claims());
        if (denied != null) {
            // it is refused: the others that it would meet tell how long that lasts, as far as they are known without a
            // question
            granted(x, charges, denied.and(store.refusal(least(x, table, Limiter::metBesides))));
        }
    }

    /** What a request takes at least of those limits while its body is not read. */
    private static List<Charge> least(Exchange x, LimitTable table, Predicate<Limit> which) {
        Need need = Needs.least(x);
        List<Charge> charges = new ArrayList<>(1);
        table.collect(facts(x, table, null, null), due -> {
            long amount = which.test(due.limit()) ? need.of(due.limit().metric()) : 0;
            if (amount > 0) {
                charges.add(new Charge(due.limit(), due.key(), amount));
            }
        });
        return charges;
    }

    /** Whether a request without its body is known to be under that limit, which is not foreseen, and what it takes of it. */
    private static boolean metBesides(Limit limit) {
        boolean known = limit.scope() != LimitScope.MODEL && limit.scope() != LimitScope.PROVIDER;
        return known && limit.hard() && limit.metric() == LimitMetric.REQUESTS && !limit.foreseen();
    }

    /** Whether the whole request is here or will be in a moment. */
    private static boolean soon(ClientRequest request) {
        long length = request.contentLength();
        return length >= 0
                && length <= SMALL_BODY
                && request.headers().first("expect").isEmpty();
    }

    /**
     * All other limits, at the first target that has room; those before it are passed over.
     *
     * @param targets where it may go; empty: nowhere but here
     * @throws ProxyException where a limit refuses
     */
    public void reserve(Exchange x, Limits limits, List<Target> targets) {
        LimitTable table = limits.of(x.principal().tenant().id());
        if (table.isEmpty() && x.claims().early().taken()) {
            telemetry.limitsGranted();
            return;
        }
        Need need = table.budgets() ? Needs.of(x, targets) : Need.NOTHING;
        int last = Math.max(0, targets.size() - 1);
        Denied passedOver = null;
        for (int i = 0; i <= last; i++) {
            // another target may follow where this one fails: the dearest of them is what it may come to cost
            long micros = table.costs()
                    ? bounds.micros(x, need, targets.subList(Math.min(i, targets.size()), targets.size()))
                    : 0;
            Target target = targets.isEmpty() ? null : targets.get(i);
            Charges charges = charges(x, limits, table, target, need.costing(micros));
            LimitDecision decision = store.reserve(charges, x.claims().early(), x.claims());
            if (decision instanceof Denied denied && i < last && denied.first().scope() == LimitScope.PROVIDER) {
                passedOver = sooner(denied, passedOver);
                telemetry.limitRefused(denied.first());
                x.tally()
                        .failed(Attempt.passedOver(
                                targets.get(i).providerName(), targets.get(i).model(), Attempt.LIMIT));
                continue;
            }
            LimitDecision told =
                    decision instanceof Denied denied ? sooner(known(denied, i < last), passedOver) : decision;
            x.claims().reserved(granted(x, charges, told), target);
            if (charges.dues().costs()) {
                x.claims().reservedMoney(micros);
            }
            x.claims().standing(); // gathered now, while all of it is in the processor's caches
            telemetry.limitsGranted();
            x.passOver(i);
            return;
        }
    }

    /** A provider's own limit keeps nobody from the targets that follow, once all others have room. */
    private static Denied known(Denied denied, boolean followed) {
        return followed ? denied.of(limit -> limit.scope() != LimitScope.PROVIDER) : denied;
    }

    /** Where any of several targets has room the request is served. */
    private static Denied sooner(Denied denied, @Nullable Denied before) {
        return before != null && before.endsBefore(denied) ? before : denied;
    }

    /**
     * Another target serves the request than the one that its limits were reserved for: charges the limits that only that one is under,
     * and gives back what is held of those that only the other was under.
     *
     * @param remaining that target and those that may come after it
     * @return the limit that refuses, where nothing has changed; null: none does
     */
    public @Nullable Denied move(Exchange x, Limits limits, List<Target> remaining) {
        Target from = x.claims().target();
        Target to = remaining.getFirst();
        if (to.equals(from)) {
            return null;
        }
        LimitTable table = limits.of(x.principal().tenant().id());
        if (table.isEmpty()) {
            return null;
        }
        Need need = table.budgets() ? Needs.of(x, remaining) : Need.NOTHING;
        Need costing = need.costing(table.costs() ? bounds.micros(x, need, remaining) : 0);
        Charges before = charges(x, limits, table, from, costing);
        Charges after = charges(x, limits, table, to, costing);
        List<Charge> added = without(after, before);
        LimitDecision decision =
                added.isEmpty() ? LimitDecision.FREE : store.reserve(added, Reservation.NONE, x.claims());
        if (decision instanceof Denied denied) {
            telemetry.limitRefused(denied.limit());
            return denied;
        }
        Set<String> left = new HashSet<>();
        without(before, after).forEach(c -> left.add(c.limit().id()));
        x.claims().moved(to, granted(x, after, decision), limit -> left.contains(limit.id()));
        if (added.stream().anyMatch(c -> c.limit().metric() == LimitMetric.COST)) {
            x.claims().reservedMoney(costing.costMicros());
        }
        return null;
    }

    private static Charges charges(Exchange x, Limits limits, LimitTable table, @Nullable Target target, Need need) {
        return limits.due(table, facts(x, table, target)).charges(need);
    }

    /** Those of counters that the others do not charge. */
    private static List<Charge> without(Charges charges, Charges others) {
        Set<CounterKey> charged = new HashSet<>();
        others.dues().forEach(due -> charged.add(due.key()));
        return charges.stream().filter(c -> !charged.contains(c.key())).toList();
    }

    /** Whose use of the limit was charged. */
    private static Object subject(List<Charge> charges, Limit limit) {
        for (Charge charge : charges) {
            if (charge.limit().id().equals(limit.id())) {
                return charge.key().subject();
            }
        }
        return CounterKey.ONE;
    }

    private static LimitTable.Facts facts(Exchange x, LimitTable table, @Nullable Target target) {
        return facts(x, table, x.ask().model(), target);
    }

    private static LimitTable.Facts facts(
            Exchange x, LimitTable table, @Nullable String asked, @Nullable Target target) {
        var principal = x.principal();
        UUID key = principal.key().id();
        return new LimitTable.Facts(
                principal.tenant().id(),
                principal.user() == null ? key : principal.user().id(),
                key,
                table.placed() ? ClientPlace.of(x.request()) : null,
                asked,
                target == null ? null : target.model(),
                x.endpoint().template(),
                table.pathed() ? path(x.request().path()) : null,
                target == null ? null : target.provider().account().id(),
                target == null ? null : target.providerName());
    }

    /** A slash at the end makes no difference, as for {@link io.llmproxy.gateway.Endpoint}. */
    private static String path(String asked) {
        return asked.endsWith("/") ? asked.substring(0, asked.length() - 1) : asked;
    }

    private Reservation granted(Exchange x, List<Charge> charges, LimitDecision decision) {
        return switch (decision) {
            case Granted(var reservation) -> {
                if (reservation.notable()) {
                    reservation.grants().forEach(grant -> note(charges, grant));
                }
                yield reservation;
            }
            case Denied denied -> {
                telemetry.limitRefused(denied.limit());
                x.claims().denied(denied);
                throw new ProxyException(error(denied));
            }
        };
    }

    private void note(List<Charge> charges, Grant grant) {
        Limit limit = grant.limit();
        if (grant.near()) {
            telemetry.limitNear(limit);
        }
        if (grant.passed()) {
            telemetry.limitPassed(
                    limit.scope().word(), limit.metric().word(), limit.mode().word());
            passed.note(limit, subject(charges, limit));
        }
    }

    private static ProxyError error(Denied denied) {
        Limit limit = denied.limit();
        return new ProxyError.LimitExceeded(
                limit.id(),
                limit.scope().word(),
                limit.metric().word(),
                limit.amount(),
                limit.period().word(),
                denied.waitSeconds(),
                denied.asked(),
                limit.budget());
    }

    /**
     * The request has ended: what it holds becomes what it used. A second call does nothing.
     *
     * @param cost that its record has; unknown: what was reserved for it stands
     */
    public void settle(Exchange x, Outcome outcome, Cost cost) {
        if (outcome == Outcome.REFUSED) {
            x.claims().release();
            return;
        }
        ActualUse use = ActualUse.of(x.tally().tokens(), cost);
        long tokens = x.claims().settle(use);
        if (tokens > 0) {
            telemetry.overran(tokens);
        }
        long micros = x.claims().overspent(use);
        if (micros > 0) {
            telemetry.overspent(micros);
        }
    }
}
