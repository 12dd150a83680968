package io.llmproxy.runtime;

import io.llmproxy.runtime.LimitTable.Due;
import io.llmproxy.runtime.LimitTable.Facts;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/**
 * What requests of late were under, found once for all that are alike: the same key, model, endpoint and target come again and
 * again. As many are known as there are places, the last of each place; others are found anew. Thread-safe.
 */
final class KnownDues {
    /** Some 1 MB where all are taken by requests that are under ten limits. */
    private static final int PLACES = 1024;

    /** Clients make model names up, of any length. */
    private static final int LONGEST = 200;

    private final AtomicReferenceArray<@Nullable Known> known = new AtomicReferenceArray<>(PLACES);

    private record Known(Facts facts, List<Due> dues) {}

    /** @param facts with the tenant whose table it is */
    List<Due> of(LimitTable table, Facts facts) {
        int place = place(facts);
        Known last = known.getPlain(place);
        if (last != null && last.facts.equals(facts)) {
            return last.dues;
        }
        List<Due> dues = new ArrayList<>();
        table.collect(facts, dues::add);
        List<Due> found = List.copyOf(dues);
        if (facts.asked() == null || facts.asked().length() <= LONGEST) {
            known.setRelease(place, new Known(facts, found)); // a record is whole wherever it is seen
        }
        return found;
    }

    private static int place(Facts facts) {
        int hash = facts.hashCode();
        return (hash ^ hash >>> 15) & PLACES - 1;
    }
}
