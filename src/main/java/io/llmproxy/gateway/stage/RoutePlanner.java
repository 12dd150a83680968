package io.llmproxy.gateway.stage;

import io.llmproxy.domain.route.Stickiness;
import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.limit.CheapestFirst;
import io.llmproxy.gateway.resilience.HealthBoard;
import io.llmproxy.gateway.resilience.ProviderHealth;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Puts targets into the order in which they are called. Thread-safe. */
final class RoutePlanner {
    private final HealthBoard board;
    private final Map<UUID, AtomicInteger> turns = new ConcurrentHashMap<>();

    RoutePlanner(HealthBoard board) {
        this.board = board;
    }

    /** Forgets the turns of routes that are no more. */
    void retain(Set<UUID> routes) {
        turns.keySet().retainAll(routes);
    }

    /** A target and its share. */
    record Weighted(Target target, int weight) {}

    /** As the route chooses; what cannot be called now, or asked to be left alone, comes after the rest. */
    List<Target> order(
            Exchange x, io.llmproxy.domain.route.Route route, List<Weighted> candidates, RandomGenerator random) {
        Stickiness sticky = route.choice().sticky();
        List<Target> kept = sticky == null ? null : StickyFirst.of(x, sticky, candidates);
        return availableFirst(x, kept == null ? chosen(x, route, candidates, random) : kept);
    }

    private List<Target> chosen(
            Exchange x, io.llmproxy.domain.route.Route route, List<Weighted> candidates, RandomGenerator random) {
        List<Target> listed = candidates.stream().map(Weighted::target).toList();
        return switch (route.choice().strategy()) {
            case FAILOVER -> listed;
            case ROUND_ROBIN -> turned(x, route.id(), listed);
            case WEIGHTED -> drawn(candidates, random);
            case LEAST_LATENCY -> quickestFirst(x, listed);
            case COST -> CheapestFirst.of(x, listed);
        };
    }

    /** Those that can be called now before the others, and otherwise in the given order. */
    List<Target> availableFirst(Exchange x, List<Target> targets) {
        long now = board.now();
        int first = 0;
        while (first < targets.size() && available(x, targets.get(first), now)) {
            first++;
        }
        if (first == targets.size()) {
            return targets;
        }
        List<Target> ordered = new ArrayList<>(targets.size());
        List<Target> behind = new ArrayList<>(2);
        int passedOver = 0;
        for (Target target : targets) {
            if (available(x, target, now)) {
                ordered.add(target);
                passedOver = behind.size();
            } else {
                behind.add(target);
            }
        }
        behind.subList(0, passedOver).forEach(t -> x.tally().failed(passedOver(x, t, now)));
        ordered.addAll(behind);
        return ordered;
    }

    private boolean available(Exchange x, Target target, long now) {
        if (target.provider().fault() != null) {
            return false;
        }
        ProviderHealth provider = board.of(target.provider());
        return !provider.failingChecks() && provider.of(target.model()).available(blamed(x, target), now);
    }

    private static @Nullable UUID blamed(Exchange x, Target target) {
        return HealthBoard.blamed(target.provider(), x.principal().tenant().id());
    }

    /** So that the ledger tells why another one served. */
    private Attempt passedOver(Exchange x, Target target, long now) {
        boolean open = !board.of(target.provider()).of(target.model()).allows(blamed(x, target), now);
        String why = target.provider().fault() != null
                ? Attempt.NOT_READY
                : open
                        ? Attempt.LEFT_ALONE
                        : board.of(target.provider()).failingChecks() ? Attempt.UNREACHABLE : Attempt.RESTING;
        return Attempt.passedOver(target.providerName(), target.model(), why);
    }

    private List<Target> turned(Exchange x, UUID route, List<Target> targets) {
        AtomicInteger next = turns.computeIfAbsent(route, id -> new AtomicInteger());
        int turn = x.trace() == null ? next.getAndIncrement() : next.get();
        int first = Math.floorMod(turn, targets.size());
        List<Target> ordered = new ArrayList<>(targets.subList(first, targets.size()));
        ordered.addAll(targets.subList(0, first));
        return ordered;
    }

    /** One after the other by lot, each with the chance that its weight has among those that are left. */
    private static List<Target> drawn(List<Weighted> candidates, RandomGenerator random) {
        List<Weighted> left = new ArrayList<>(candidates);
        List<Target> ordered = new ArrayList<>(left.size());
        while (!left.isEmpty()) {
            ordered.add(left.remove(drawnIndex(left, random)).target());
        }
        return ordered;
    }

    private static int drawnIndex(List<Weighted> left, RandomGenerator random) {
        long all = left.stream().mapToLong(Weighted::weight).sum();
        long drawn = all == 0 ? 0 : random.nextLong(all);
        for (int i = 0; i < left.size(); i++) {
            drawn -= left.get(i).weight();
            if (drawn < 0) {
                return i;
            }
        }
        return 0;
    }

    /** Those that nobody has measured come first, so that they are. */
    private List<Target> quickestFirst(Exchange x, List<Target> targets) {
        long now = board.now();
        record Measured(Target target, long nanos) {}
        return targets.stream()
                .map(t -> new Measured(t, board.of(t.provider()).of(t.model()).latency(x.ask().stream(), now)))
                .sorted(Comparator.comparingLong(Measured::nanos))
                .map(Measured::target)
                .toList();
    }
}
