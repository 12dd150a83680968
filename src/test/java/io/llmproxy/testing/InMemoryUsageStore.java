package io.llmproxy.testing;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.LedgerFault;
import io.llmproxy.domain.usage.LedgerReport;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.JournalPosition;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.port.UsageJournal;
import io.llmproxy.port.UsageStore;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** The ledger in memory. */
final class InMemoryUsageStore implements UsageStore {
    private final InMemoryRows rows;

    InMemoryUsageStore(InMemoryRows rows) {
        this.rows = rows;
    }

    @Override
    public JournalPosition position(UUID journal) {
        throw new UnsupportedOperationException();
    }

    @Override
    public boolean append(UsageBatch batch) {
        throw new UnsupportedOperationException();
    }

    @Override
    public LedgerReport check(Map<UUID, UsageJournal.Extent> journals) {
        rows.checkThere();
        return new LedgerReport(
                List.of(new LedgerReport.Checked(LedgerFault.Check.BLOCKS, rows.usageRows.size(), 0)), List.of());
    }

    @Override
    public List<UsageQuery.Row> report(UsageQuery query, List<UsageQuery.Dimension> by) {
        rows.checkThere();
        Map<List<@Nullable String>, List<UsageRecord>> groups = new LinkedHashMap<>();
        rows.usageRows.stream()
                .filter(r -> matches(query, r))
                .forEach(r -> groups.computeIfAbsent(group(query, r, by), g -> new ArrayList<>())
                        .add(r));
        if (by.isEmpty()) {
            groups.computeIfAbsent(List.of(), g -> new ArrayList<>());
        }
        return groups.entrySet().stream()
                .map(e -> row(e.getKey(), e.getValue()))
                .sorted(Comparator.comparing(r -> r.group().toString()))
                .toList();
    }

    @Override
    public Page<UsageRecord> list(UsageQuery query, Page.Request request) {
        rows.checkThere();
        String after = request.after();
        int i = after == null ? 0 : Integer.parseInt(after);
        List<UsageRecord> items = new ArrayList<>();
        while (i < rows.usageRows.size() && items.size() < request.limit()) {
            UsageRecord record = rows.usageRows.get(i++);
            if (matches(query, record)) {
                items.add(record);
            }
        }
        boolean more = rows.usageRows.stream().skip(i).anyMatch(r -> matches(query, r));
        return new Page<>(items, more ? String.valueOf(i) : null);
    }

    @Override
    public String end() {
        rows.checkThere();
        return String.valueOf(rows.usageRows.size());
    }

    @Override
    public int purge(UUID tenantId, Instant before, int max) {
        int size = rows.usageRows.size();
        rows.usageRows.removeIf(
                r -> r.tenantId().equals(tenantId) && r.startedAt().isBefore(before));
        return size - rows.usageRows.size();
    }

    private static boolean matches(UsageQuery q, UsageRecord r) {
        return (q.tenantId() == null || q.tenantId().equals(r.tenantId()))
                && (q.userId() == null || q.userId().equals(r.userId()))
                && (q.from() == null || !r.startedAt().isBefore(q.from()))
                && (q.to() == null || r.startedAt().isBefore(q.to()))
                && q.match().matches(r);
    }

    private static List<@Nullable String> group(UsageQuery q, UsageRecord r, List<UsageQuery.Dimension> by) {
        List<@Nullable String> group = new ArrayList<>();
        for (UsageQuery.Dimension dimension : by) {
            group.add(dimension.of(r, q.zone()));
        }
        return group;
    }

    private static UsageQuery.Row row(List<@Nullable String> group, List<UsageRecord> records) {
        long errors = records.stream().filter(r -> r.status() >= 400).count();
        return new UsageQuery.Row(
                group,
                records.size(),
                errors,
                records.stream().mapToLong(r -> r.tokens().input()).sum(),
                records.stream().mapToLong(r -> r.tokens().output()).sum(),
                0,
                0,
                0,
                records.stream().mapToLong(r -> r.cost().nanos()).sum(),
                records.stream()
                        .filter(r -> r.cost().state() != Cost.State.PRICED)
                        .count());
    }
}
