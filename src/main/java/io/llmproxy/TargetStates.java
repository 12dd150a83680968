package io.llmproxy;

import io.llmproxy.admin.ProviderState;
import io.llmproxy.admin.TargetState;
import io.llmproxy.gateway.resilience.Breaker;
import io.llmproxy.gateway.resilience.CheckState;
import io.llmproxy.gateway.resilience.HealthBoard;
import io.llmproxy.gateway.resilience.ProviderHealth;
import io.llmproxy.gateway.resilience.TargetHealth;
import io.llmproxy.port.Provider;
import io.llmproxy.runtime.Snapshots;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** Tells administration how providers do. */
final class TargetStates {
    private static final List<String> WORST = List.of("unhealthy", "failing", "left-alone", "resting", "ok");

    private final HealthBoard board;
    private final Snapshots snapshots;

    TargetStates(HealthBoard board, Snapshots snapshots) {
        this.board = board;
        this.snapshots = snapshots;
    }

    /** How one provider does. */
    ProviderState state(UUID provider) {
        return snapshots.current().tenants().values().stream()
                .map(t -> t.provider(provider))
                .flatMap(Optional::stream)
                .findFirst()
                .map(p -> new ProviderState(of(provider), p.credentials(), check(provider)))
                .orElse(ProviderState.UNKNOWN);
    }

    private ProviderState.@Nullable Check check(UUID provider) {
        ProviderHealth health = board.find(provider);
        CheckState last = health == null ? null : health.check();
        if (last == null) {
            return null;
        }
        String state = last.failing() ? "failing" : last.trouble() == null ? "ok" : "suspect";
        return new ProviderState.Check(state, last.trouble(), last.at());
    }

    private List<TargetState> of(UUID provider) {
        ProviderHealth health = board.find(provider);
        return health == null
                ? List.of()
                : health.models().stream()
                        .sorted(Comparator.comparing(TargetHealth::model))
                        .map(this::state)
                        .toList();
    }

    /** The state of a breaker as operators read it. */
    static String word(Breaker.State state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private TargetState state(TargetHealth target) {
        long now = board.now();
        long resting = target.resting(now);
        String breaker = word(target.breaker().state(now));
        boolean rests = resting > 0 && breaker.equals("closed");
        long wait = Math.max(resting, target.breaker().remaining(now));
        long latency = target.latency(true, now);
        return new TargetState(
                target.model().isEmpty() ? null : target.model(),
                rests ? "resting" : breaker,
                target.breaker().reason(),
                wait == 0 ? 0 : TimeUnit.NANOSECONDS.toSeconds(wait) + 1,
                latency == 0 ? 0 : Math.max(1, TimeUnit.NANOSECONDS.toMillis(latency)));
    }

    /** How each live provider does, in a word, by its name; of several of one name the worst. */
    Map<String, String> words() {
        Map<String, String> words = new TreeMap<>();
        snapshots.current().tenants().values().stream()
                .flatMap(t -> t.providers().values().stream())
                .distinct()
                .forEach(p -> words.merge(
                        p.account().name(), word(p), (a, b) -> WORST.indexOf(a) <= WORST.indexOf(b) ? a : b));
        return words;
    }

    private String word(Provider provider) {
        if (provider.fault() != null) {
            return "unhealthy";
        }
        ProviderState.Check check = check(provider.account().id());
        if (check != null && check.state().equals("failing")) {
            return "failing";
        }
        List<String> states =
                of(provider.account().id()).stream().map(TargetState::state).toList();
        boolean open = states.contains("open") || states.contains("half-open");
        return open ? "left-alone" : states.contains("resting") ? "resting" : "ok";
    }

    /** What is wrong with providers that fail, in one sentence; null: none does. */
    @Nullable
    String problem() {
        Map<String, String> open = new TreeMap<>();
        snapshots
                .current()
                .tenants()
                .values()
                .forEach(t -> t.providers().values().forEach(p -> {
                    ProviderState.Check check = check(p.account().id());
                    if (check != null && check.state().equals("failing")) {
                        open.put(p.account().name(), String.valueOf(check.reason()));
                    }
                    for (TargetState state : of(p.account().id())) {
                        if (state.state().equals("open") || state.state().equals("half-open")) {
                            open.put(
                                    p.account().name() + (state.model() == null ? "" : "/" + state.model()),
                                    String.valueOf(state.reason()));
                        }
                    }
                }));
        if (open.isEmpty()) {
            return null;
        }
        Map.Entry<String, String> first = open.entrySet().iterator().next();
        return (open.size() == 1 ? "1 target fails and is" : open.size() + " targets fail and are")
                + " left alone for a while: `" + first.getKey() + "`, which " + first.getValue()
                + "; `llmproxyctl provider show` tells more";
    }
}
