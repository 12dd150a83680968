package io.llmproxy.gateway.stage;

import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.limit.CheapestFirst;
import io.llmproxy.gateway.resilience.HealthBoard;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.random.RandomGenerator;

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

    /** By the policy; what cannot be called now, or asked to be left alone, comes after the rest. */
    List<Target> order(
            Exchange x, UUID route, BalancePolicy policy, List<Weighted> candidates, RandomGenerator random) {
        List<Target> listed = candidates.stream().map(Weighted::target).toList();
        return availableFirst(
                switch (policy) {
                    case FAILOVER -> listed;
                    case ROUND_ROBIN -> turned(route, listed);
                    case WEIGHTED -> drawn(candidates, random);
                    case LEAST_LATENCY -> quickestFirst(x, listed);
                    case COST -> CheapestFirst.of(x, listed);
                });
    }

    /** Those that can be called now before the others, and otherwise in the given order. */
    List<Target> availableFirst(List<Target> targets) {
        long now = board.now();
        int first = 0;
        while (first < targets.size() && available(targets.get(first), now)) {
            first++;
        }
        if (first == targets.size()) {
            return targets;
        }
        List<Target> ordered = new ArrayList<>(targets.size());
        targets.stream().filter(t -> available(t, now)).forEach(ordered::add);
        targets.stream().filter(t -> !ordered.contains(t)).forEach(ordered::add);
        return ordered;
    }

    private boolean available(Target target, long now) {
        return target.provider().fault() == null
                && board.of(target.provider()).of(target.model()).available(now);
    }

    private List<Target> turned(UUID route, List<Target> targets) {
        int turn = turns.computeIfAbsent(route, id -> new AtomicInteger()).getAndIncrement();
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
