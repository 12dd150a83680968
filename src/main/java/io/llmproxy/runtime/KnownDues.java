package io.llmproxy.runtime;

import io.llmproxy.domain.limit.Due;
import io.llmproxy.domain.limit.Dues;
import io.llmproxy.runtime.LimitTable.Collector;
import io.llmproxy.runtime.LimitTable.Facts;
import io.llmproxy.runtime.LimitTable.Place;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What requests of late were under, found once for all that are alike: the same key, model, endpoint and target come again and
 * again. As many are known as there are places, the last of each place; others are found anew. Thread-safe.
 *
 * @param <K> what alike requests have in common
 */
final class KnownDues<K> {
    /** Some 2 MB where all are taken by requests that are under ten limits, with what a store keeps of each. */
    private static final int PLACES = 1024;

    /** Clients make names of models and paths up, of any length. */
    private static final int LONGEST = 200;

    private final AtomicReferenceArray<@Nullable Known<K>> known = new AtomicReferenceArray<>(PLACES);
    private final Finder<K> finder;
    private final Predicate<K> kept;

    private record Known<K>(K like, Dues dues) {}

    @FunctionalInterface
    private interface Finder<K> {
        void find(LimitTable table, K like, Collector out);
    }

    private KnownDues(Finder<K> finder, Predicate<K> kept) {
        this.finder = finder;
        this.kept = kept;
    }

    /** All that a request is under. */
    static KnownDues<Facts> ofAll() {
        return new KnownDues<>(LimitTable::collect, facts -> brief(facts.asked()) && brief(facts.path()));
    }

    private static boolean brief(@Nullable String name) {
        return name == null || name.length() <= LONGEST;
    }

    /** Of an address, what is judged before a key is looked at. */
    static KnownDues<Place> ofPlaces() {
        return new KnownDues<>(LimitTable::early, place -> true);
    }

    /** @param like with the tenant whose table it is, where there are tables of several */
    Dues of(LimitTable table, K like) {
        int place = place(like);
        Known<K> last = known.getPlain(place);
        if (last != null && last.like.equals(like)) {
            return last.dues;
        }
        List<Due> dues = new ArrayList<>();
        finder.find(table, like, dues::add);
        Dues found = new Dues(dues);
        if (kept.test(like)) {
            known.setRelease(place, new Known<>(like, found)); // a record is whole wherever it is seen
        }
        return found;
    }

    private static int place(Object like) {
        int hash = like.hashCode();
        return (hash ^ hash >>> 15) & PLACES - 1;
    }
}
