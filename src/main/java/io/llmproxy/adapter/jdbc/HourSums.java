package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.usage.UsageFigures;
import io.llmproxy.domain.usage.UsageGroup;
import io.llmproxy.domain.usage.UsageRecord;
import java.time.Instant;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;

/**
 * The sums of records and those of the table, side by side for each hour of a tenant, of one part of all hours. Groups within
 * an hour are not kept: each figure, multiplied by a number that is made of its group, goes into one more sum, which differs
 * where a figure stands with another group. Where records were deleted for their age their sums stay, so in those hours sums may say more
 * than the records, but never less.
 */
final class HourSums {
    private static final int GROUPS_KNOWN = 10_000;
    private final int pass;
    private final int passes;
    private final Map<UUID, Instant> purged;
    private final Map<Hour, long[]> hours = new TreeMap<>();
    private final Map<UsageGroup, Long> factors = new HashMap<>();

    /** @param purged of tenants some of whose records were deleted for their age: when the newest of them began */
    HourSums(int pass, int passes, Map<UUID, Instant> purged) {
        this.pass = pass;
        this.passes = passes;
        this.purged = purged;
    }

    private record Hour(Instant hour, UUID tenantId, String tenantSlug) implements Comparable<Hour> {
        @Override
        public int compareTo(Hour o) {
            int byHour = hour.compareTo(o.hour);
            int byTenant = byHour != 0 ? byHour : tenantId.compareTo(o.tenantId);
            return byTenant != 0 ? byTenant : tenantSlug.compareTo(o.tenantSlug);
        }
    }

    /** @param detail what differs */
    record Difference(String tenantSlug, Instant hour, String detail) {}

    void add(UsageRecord record) {
        UsageGroup group = UsageGroup.of(record);
        if (wanted(group)) {
            add(UsageTexts.clean(group), UsageFigures.of(record));
        }
    }

    void addRollup(LedgerCheck.Rollup rollup) {
        if (wanted(rollup.group())) {
            add(rollup.group(), rollup.figures().negated());
        }
    }

    private boolean wanted(UsageGroup group) {
        return Math.floorMod(31 * group.tenantId().hashCode() + group.hour().hashCode(), passes) == pass;
    }

    private void add(UsageGroup group, UsageFigures figures) {
        long[] values = UsageRollups.values(figures);
        long[] sums = hours.computeIfAbsent(
                new Hour(group.hour(), group.tenantId(), group.tenantSlug()), h -> new long[values.length + 1]);
        long factor = factor(group);
        for (int i = 0; i < values.length; i++) {
            sums[i] += values[i];
            factor = factor * 6364136223846793005L + 1442695040888963407L;
            sums[values.length] += factor * values[i];
        }
    }

    private long factor(UsageGroup group) {
        if (factors.size() >= GROUPS_KNOWN) {
            factors.clear();
        }
        return factors.computeIfAbsent(group, g -> UsageRollups.id(g).getLeastSignificantBits() | 1);
    }

    List<Difference> differences() {
        return hours.entrySet().stream()
                .filter(e -> Arrays.stream(faults(e.getKey(), e.getValue())).anyMatch(v -> v != 0))
                .map(e -> new Difference(
                        e.getKey().tenantSlug, e.getKey().hour, detail(faults(e.getKey(), e.getValue()))))
                .toList();
    }

    /** The sums without what is no fault. */
    private long[] faults(Hour hour, long[] sums) {
        if (hour.hour.isAfter(purged.getOrDefault(hour.tenantId, Instant.MIN))) {
            return sums;
        }
        long[] more = Arrays.stream(sums).map(v -> Math.max(v, 0)).toArray();
        more[more.length - 1] = 0; // of groups: it says nothing of hours whose records are not all there
        return more;
    }

    private static String detail(long[] sums) {
        for (int i = 0; i < sums.length - 1; i++) {
            if (sums[i] != 0) {
                return "the records have " + Math.abs(sums[i]) + (sums[i] > 0 ? " more " : " fewer ")
                        + UsageRollups.FIGURES.get(i) + " than the sums of that hour";
            }
        }
        return "the sums of that hour stand with another user, key, model or provider than the records";
    }

    int count() {
        return hours.size();
    }
}
