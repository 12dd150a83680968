package io.llmproxy.gateway.stage;

import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.route.Stickiness;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.stage.RoutePlanner.Weighted;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * Keeps requests that have something in common with one target, by rendezvous hashing: each target draws a number for the value, the
 * dearest by its weight is called first, and the next one where that fails. Nothing is remembered, so that every process and every start
 * of it draws the same; a target that comes or goes moves only the requests that it takes or had, and a weight says how many it gets.
 */
final class StickyFirst {
    private static final long GOLDEN = 0x9e3779b97f4a7c15L;

    private StickyFirst() {}

    /** Null: the request has nothing that it is kept by. */
    static @Nullable List<Target> of(Exchange x, Stickiness by, List<Weighted> candidates) {
        String header = by.header();
        if (header == null) {
            return ordered(ofUser(x), candidates);
        }
        String value = x.request().headers().first(header).orElse("");
        return value.isEmpty() ? null : ordered(hash(0, value), candidates);
    }

    /** A key without a user counts as its own; the end user that the body names is told apart from others of the same key. */
    private static long ofUser(Exchange x) {
        User user = x.principal().user();
        UUID id = user == null ? x.principal().key().id() : user.id();
        long value = mixed(id.getMostSignificantBits() ^ mixed(id.getLeastSignificantBits()));
        String endUser = x.ask().user();
        return endUser == null ? value : hash(value, endUser);
    }

    private static List<Target> ordered(long value, List<Weighted> candidates) {
        List<Target> ordered = new ArrayList<>(candidates.size());
        double[] scores = new double[candidates.size()];
        for (Weighted candidate : candidates) {
            double score = score(value, candidate);
            int at = ordered.size();
            while (at > 0 && scores[at - 1] < score) {
                scores[at] = scores[at - 1];
                at--;
            }
            scores[at] = score;
            ordered.add(at, candidate.target());
        }
        return ordered;
    }

    /** Each target wins as often as its weight is of all weights (Schindelhauer and Schomaker, "Weighted Distributed Hash Tables"). */
    private static double score(long value, Weighted candidate) {
        long drawn = mixed(value ^ identity(candidate.target()));
        double between = ((drawn >>> 11) + 0.5) * 0x1.0p-53;
        // those of no weight come after the others, each in its place for the value all the same
        return candidate.weight() == 0 ? between - 1 : -candidate.weight() / Math.log(between);
    }

    private static long identity(Target target) {
        UUID id = target.provider().account().id();
        long provider = mixed(id.getMostSignificantBits() ^ mixed(id.getLeastSignificantBits()));
        return target.model() == null ? provider : hash(provider, target.model());
    }

    /** By what a text knows of itself: of names in the configuration it is computed once. Texts that it takes for one another go together. */
    private static long hash(long from, String text) {
        return mixed(from + GOLDEN * text.hashCode());
    }

    /** Each bit of the result hangs on all bits (the finish of SplitMix64). */
    private static long mixed(long bits) {
        long z = (bits ^ bits >>> 30) * 0xbf58476d1ce4e5b9L;
        z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
        return z ^ z >>> 31;
    }
}
