package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.AdminQueries;
import io.llmproxy.admin.UsageFilter;
import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.UsageLimits;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageQuery.Dimension;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.wire.admin.PageJson;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/usage}. What has been answered is brought into the ledger before it is read. */
final class UsageResource {
    private static final String END = "end";
    private static final String LABEL = "label:";
    private final AdminQueries queries;
    private final Runnable flushLedger;
    private final InstantSource clock;

    UsageResource(AdminQueries queries, Runnable flushLedger, InstantSource clock) {
        this.queries = queries;
        this.flushLedger = flushLedger;
        this.clock = clock;
    }

    List<AdminRoute> routes() {
        return List.of(
                route("GET", "/api/v1/usage/report", this::report)
                        .taking("tenant", "user", "key", "model", "provider", "status", "from", "to", "timeZone", "by")
                        .forUsers(),
                route("GET", "/api/v1/usage/records", this::records)
                        .taking(
                                "tenant",
                                "user",
                                "key",
                                "model",
                                "provider",
                                "status",
                                "from",
                                "to",
                                "timeZone",
                                "limit",
                                "cursor",
                                "tail")
                        .forUsers());
    }

    private Answer report(AdminRequest r) {
        List<String> words = words(r.query("by"));
        List<Dimension> by = dimensions(words);
        String label = label(words);
        UsageFilter filter = filter(r);
        flushLedger.run();
        List<UsageQuery.Row> found = queries.usageReport(r.actor(), filter, by);
        int labels = by.indexOf(Dimension.LABEL);
        List<UsageQuery.Row> rows = labels < 0 ? found : LabelRows.of(found, labels, label);
        return Answer.ok(new PageJson<>(
                rows.stream().map(row -> UsageShapes.row(by, row)).toList(), null));
    }

    private Answer records(AdminRequest r) {
        UsageFilter filter = filter(r);
        boolean fromEnd = END.equals(r.query("cursor"));
        flushLedger.run();
        return fromEnd ? end(r, filter) : page(r, filter);
    }

    /** Nothing yet, and the position from which to go on; asks for one record all the same, so that rights are checked. */
    private Answer end(AdminRequest r, UsageFilter filter) {
        String end = queries.usageEnd();
        queries.usageRecords(r.actor(), filter, new Page.Request(1, end));
        return Answer.ok(new PageJson<>(List.of(), Cursors.encode(end)));
    }

    private Answer page(AdminRequest r, UsageFilter filter) {
        Actor actor = r.actor();
        Page<UsageRecord> page = r.flag("tail")
                ? queries.usageTail(actor, filter, r.page())
                : queries.usageRecords(actor, filter, r.page());
        return Answer.ok(new PageJson<>(page.map(UsageShapes::entry).items(), Cursors.encode(page.next())));
    }

    private UsageFilter filter(AdminRequest r) {
        Instant now = clock.instant();
        String named = r.query("timeZone");
        ZoneId zone = named == null ? queries.usageZone(r.actor(), r.query("tenant")) : UsageLimits.zone(named);
        Instant from = Moments.parse("from", r.query("from"), now, zone);
        Instant to = Moments.parse("to", r.query("to"), now, zone);
        if (from != null && to != null && !from.isBefore(to)) {
            throw Problem.invalid("from: must be before to");
        }
        if (r.query("user") != null && r.query("tenant") == null && queries.tenantRequired(r.actor())) {
            throw new Problem(400, "tenant_required", "user: a user is known within a tenant; name the tenant too");
        }
        return new UsageFilter(r.query("tenant"), r.query("user"), from, to, match(r), zone);
    }

    /** A key is meant by the name that it had then, or by its id: it may be gone. */
    private static UsageQuery.Match match(AdminRequest r) {
        StatusRange status = StatusRange.of(r.query("status"));
        String key = r.query("key");
        UUID id = key == null || !Ids.isUuid(key) ? null : UUID.fromString(key);
        return new UsageQuery.Match(
                id, id == null ? key : null, r.query("model"), r.query("provider"), status.from(), status.to());
    }

    private static List<String> words(@Nullable String text) {
        return text == null || text.isBlank()
                ? List.of()
                : Arrays.stream(text.split(",", -1))
                        .map(String::strip)
                        .distinct()
                        .toList();
    }

    /** The name of the label that is asked for; null: none is named. */
    private static @Nullable String label(List<String> words) {
        List<String> labels = words.stream()
                .filter(w -> w.equals("label") || w.startsWith(LABEL))
                .toList();
        if (labels.size() > 1) {
            throw new InvalidValueException("by", "has two labels; a report is by one of them, or by all with label");
        }
        return labels.isEmpty() || labels.getFirst().equals("label")
                ? null
                : labels.getFirst().substring(LABEL.length());
    }

    private static List<Dimension> dimensions(List<String> words) {
        List<Dimension> out = new ArrayList<>();
        for (String word : words) {
            Dimension dimension = dimension(word.startsWith(LABEL) && word.length() > LABEL.length() ? "label" : word);
            if (!out.contains(dimension)) {
                out.add(dimension);
            }
        }
        return out;
    }

    private static Dimension dimension(String word) {
        for (Dimension dimension : Dimension.values()) {
            if (dimension.name().toLowerCase(Locale.ROOT).equals(word)) {
                return dimension;
            }
        }
        throw new InvalidValueException(
                "by",
                "must be of tenant, user, key, model, provider, hour, day, week, month, endpoint, status, outcome, operation, label, label:NAME; got "
                        + Checks.quoted(word));
    }
}
