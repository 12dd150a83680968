package io.llmproxy.admin;

import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.domain.usage.PriceRow;
import io.llmproxy.domain.usage.PriceScope;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What rows would change in a list.
 *
 * @param changes in the order of their scopes and times
 * @param unchanged how many say what is in force already
 */
public record PriceDiff(List<Change> changes, int unchanged) {
    public PriceDiff {
        changes = List.copyOf(changes);
    }

    /**
     * One row that is new.
     *
     * @param before what was in force for that scope at that time; null: nothing
     * @param replaces the row of that very time, which goes; null: none
     */
    public record Change(
            PriceRow row,
            @Nullable PriceRow before,
            @Nullable PriceOverlay replaces) {}

    static PriceDiff of(Collection<PriceOverlay> present, Collection<PriceRow> rows) {
        Map<PriceScope, TreeMap<Instant, PriceRow>> inForce = new HashMap<>();
        Map<PriceRow, PriceOverlay> overlays = new HashMap<>();
        for (PriceOverlay overlay : present) {
            history(inForce, overlay.row().scope()).put(overlay.row().validFrom(), overlay.row());
            overlays.put(overlay.row(), overlay);
        }
        List<Change> changes = new ArrayList<>();
        int unchanged = 0;
        for (PriceRow row : sorted(rows)) {
            TreeMap<Instant, PriceRow> history = history(inForce, row.scope());
            Map.Entry<Instant, PriceRow> before = history.floorEntry(row.validFrom());
            if (before != null && before.getValue().sameAs(row)) {
                unchanged++;
                continue;
            }
            @Nullable PriceRow same = history.put(row.validFrom(), row);
            changes.add(new Change(
                    row, before == null ? null : before.getValue(), same == null ? null : overlays.get(same)));
        }
        return new PriceDiff(changes, unchanged);
    }

    private static TreeMap<Instant, PriceRow> history(
            Map<PriceScope, TreeMap<Instant, PriceRow>> inForce, PriceScope scope) {
        return inForce.computeIfAbsent(scope, s -> new TreeMap<>());
    }

    private static List<PriceRow> sorted(Collection<PriceRow> rows) {
        return rows.stream()
                .sorted(Comparator.comparing((PriceRow row) -> row.scope().toString())
                        .thenComparing(PriceRow::validFrom))
                .toList();
    }

    public long added() {
        return changes.stream().filter(change -> change.before() == null).count();
    }

    public long changed() {
        return changes.size() - added();
    }
}
