package io.llmproxy.runtime;

import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.route.RouteMatch;
import io.llmproxy.domain.route.Target;
import io.llmproxy.port.Provider;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The routes of one tenant, its own before those of all tenants of the same name, with their targets looked up. Immutable.
 *
 * <p>A target that is another route stands for that one's targets, in their order. One that leads back to where it began, or to a
 * provider that is gone, disabled or not the tenant's to use, is left out: so a route may have nothing left, and says so when asked.
 */
public final class RouteBook {
    public static final RouteBook EMPTY = new RouteBook(List.of(), Map.of());

    private final Map<String, Way> byName = new HashMap<>();
    private final List<Way> matching = new ArrayList<>();

    /**
     * A target of a route that can be called.
     *
     * @param model null: what the client asked for
     */
    public record Leg(Provider provider, @Nullable String model, int weight) {}

    /** A target of a route that cannot be called, as it is written there, and why. */
    public record Lost(String target, String why) {}

    /** A route and where it leads, and where not. */
    public record Way(Route route, List<Leg> legs, List<Lost> lost) {
        public Way {
            legs = List.copyOf(legs);
            lost = List.copyOf(lost);
        }
    }

    /**
     * @param visible the tenant's own routes and those of all tenants
     * @param providers that it may use, by name
     */
    RouteBook(List<Route> visible, Map<String, Provider> providers) {
        Map<String, Route> known = new HashMap<>();
        visible.stream().sorted(Comparator.comparing(Route::shared)).forEach(r -> known.putIfAbsent(r.name(), r));
        for (Route route : known.values()) {
            List<Leg> legs = new ArrayList<>();
            List<Lost> lost = new ArrayList<>();
            collect(route, Target.USUAL, known, providers, new HashSet<>(), new HashSet<>(), legs, lost);
            Way way = new Way(route, legs, lost);
            if (route.named()) {
                byName.put(route.name(), way);
            } else {
                matching.add(way);
            }
        }
        matching.sort(Comparator.comparing((Way w) -> -w.route().match().conditions())
                .thenComparing(w -> w.route().name()));
    }

    private static void collect(
            Route route,
            int weight,
            Map<String, Route> known,
            Map<String, Provider> providers,
            Set<String> passed,
            Set<String> done,
            List<Leg> out,
            List<Lost> lost) {
        if (passed.size() >= Route.LONGEST_CHAIN && !passed.contains(route.name())) {
            lost.add(new Lost(
                    route.name(), "it stands behind " + Route.LONGEST_CHAIN + " routes, which are as many as may be"));
            return;
        }
        if (!passed.add(route.name())) {
            lost.add(new Lost(route.name(), "the route leads back to itself"));
            return;
        }
        if (!done.add(route.name() + " " + weight)) {
            // by another way with the same share: all that it leads to is there already
            passed.remove(route.name());
            return;
        }
        for (Target target : route.targets()) {
            Provider provider = providers.get(target.name());
            Route other = known.get(target.name());
            // below an alias with a weight that one counts, so that the shares of the outer route are what they say
            int share = weight == Target.USUAL ? target.weight() : weight;
            if (target.alias() && other != null) {
                collect(other, share, known, providers, passed, done, out, lost);
            } else if (!target.alias() && provider != null) {
                add(
                        new Leg(
                                provider,
                                Target.AS_ASKED.equals(target.model()) ? null : target.model(),
                                share == Target.USUAL ? provider.account().weight() : share),
                        out);
            } else {
                lost.add(new Lost(
                        target.toString(),
                        target.alias()
                                ? "there is no route of this name"
                                : "there is no such provider, it is disabled, or the tenant may not use it"));
            }
        }
        passed.remove(route.name());
    }

    private static void add(Leg leg, List<Leg> out) {
        boolean there = out.stream()
                .anyMatch(l -> l.provider().equals(leg.provider()) && Objects.equals(l.model(), leg.model()));
        if (!there) {
            out.add(leg);
        }
    }

    /** The route that is asked for by that name; null: there is none. */
    public @Nullable Way named(String model) {
        return byName.get(model);
    }

    /** Routes that are models. */
    public Iterable<Way> named() {
        return byName.values();
    }

    /** All of them, whatever they are. */
    public Stream<Route> routes() {
        return Stream.concat(byName.values().stream(), matching.stream()).map(Way::route);
    }

    /** Whether any route looks at more than the model. */
    public boolean matchesAny() {
        return !matching.isEmpty();
    }

    /** The route with the most conditions of those that hold, the first by name; null: there is none. */
    public @Nullable Way matching(RouteMatch.Facts facts) {
        for (Way way : matching) {
            if (way.route().match().matches(facts)) {
                return way;
            }
        }
        return null;
    }
}
