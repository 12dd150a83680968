package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.NOW;
import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.journal.JournalFormat;
import io.llmproxy.adapter.journal.JournalRecords;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageQuery.Dimension;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.JournalPosition;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.port.UsageStore;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

abstract class UsageStoreContract {
    @TempDir
    private static Path directory;

    private final Tenant tenant = Samples.tenant(unique("usage"));

    abstract Database database();

    private UsageStore usage() {
        return database().usage(new JournalFormat());
    }

    private UsageBatch batch(List<UsageRecord> records) {
        return JournalRecords.batch(directory.resolve(Ids.random().toString()), records);
    }

    private void append(List<UsageRecord> records) {
        assertThat(usage().append(batch(records))).isTrue();
    }

    private UsageQuery mine() {
        return new UsageQuery(tenant.id(), null, null, null);
    }

    private UsageRecord record(Instant at) {
        return Samples.usage(tenant, at, "m", Outcome.COMPLETED, 200);
    }

    private List<UsageRecord> all() {
        return usage().list(mine(), Page.Request.first(1000)).items();
    }

    @Test
    void whatIsWrittenIsReadBackEqual() {
        UsageRecord full = record(NOW);
        UsageRecord bare = Samples.usage(tenant, NOW, null, Outcome.CLIENT_GONE, 499);
        UsageRecord located = record(NOW).from("203.0.113.7");
        append(List.of(full, bare, located));
        assertThat(all()).containsExactly(full, bare, located);
        List<UsageRecord> each = new ArrayList<>();
        usage().each(mine(), each::add);
        assertThat(each).containsExactly(full, bare, located);
    }

    @Test
    void aBatchIsWrittenOnceHoweverOftenItIsOffered() {
        UsageBatch batch = batch(List.of(record(NOW), record(NOW.plusSeconds(1))));
        assertThat(usage().position(batch.journal())).isEqualTo(JournalPosition.START);
        assertThat(usage().append(batch)).isTrue();
        assertThat(usage().position(batch.journal())).isEqualTo(batch.to());
        assertThat(usage().append(batch)).isFalse();
        assertThat(all()).hasSize(2);
        assertThat(usage().report(mine(), List.of())).containsExactly(row(2, 0));
    }

    @Test
    void theSameBatchFromManySidesAtOnceIsWrittenOnce() throws Exception {
        List<UsageRecord> records = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            records.add(record(NOW.plusSeconds(i)));
        }
        UsageBatch batch = batch(records);
        List<Callable<Boolean>> writers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            writers.add(() -> usage().append(batch));
        }
        int added = 0;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Boolean> written : threads.invokeAll(writers)) {
                added += written.get() ? 1 : 0;
            }
        }
        assertThat(added).isEqualTo(1);
        assertThat(all()).containsExactlyElementsOf(records);
    }

    @Test
    void theRecordsOfABlockAreReadFromAnyOfThemOn() {
        List<UsageRecord> records = new ArrayList<>();
        for (int i = 0; i < 5000; i++) {
            records.add(record(NOW.plusMillis(i)));
        }
        append(records);
        List<UsageRecord> read = new ArrayList<>();
        String after = null;
        do {
            Page<UsageRecord> page = usage().list(mine(), new Page.Request(777, after));
            read.addAll(page.items());
            after = page.next();
        } while (after != null);
        assertThat(read).isEqualTo(records);
    }

    @Test
    void aReportIsTheSameWhereverItsEndsCutAnHour() {
        Instant hour = Instant.parse("2026-05-06T07:00:00Z");
        List<UsageRecord> records = new ArrayList<>();
        for (int minute = 0; minute < 240; minute++) {
            records.add(record(hour.plusSeconds(60L * minute)));
        }
        append(records);
        for (int from = 0; from < 240; from += 17) {
            for (int to = from + 1; to <= 240; to += 23) {
                UsageQuery query = new UsageQuery(
                        tenant.id(), new UUID(7, 7), hour.plusSeconds(60L * from), hour.plusSeconds(60L * to));
                assertThat(usage().report(query, List.of()))
                        .as("%d to %d", from, to)
                        .containsExactly(row(to - from, 0));
            }
        }
        UsageQuery open = new UsageQuery(tenant.id(), null, hour.plusSeconds(1), null);
        assertThat(usage().report(open, List.of())).containsExactly(row(239, 0));
        UsageQuery until = new UsageQuery(tenant.id(), null, null, hour.plusSeconds(3601));
        assertThat(usage().report(until, List.of())).containsExactly(row(61, 0));
    }

    @Test
    void sumsWhatWasUsedSinceAMomentWithoutWhatWasRefused() {
        append(List.of(
                record(NOW.minusSeconds(9)),
                record(NOW),
                record(NOW.plusSeconds(1)),
                Samples.usage(tenant, NOW, "m", Outcome.REFUSED, 429)));
        assertThat(requests(null)).isEqualTo(3);
        assertThat(requests(NOW)).isEqualTo(2);
        assertThat(requests(NOW.plusSeconds(2))).isZero();
    }

    @Test
    void sumsOfHoursAndOfRecordsAreTheSame() {
        Instant hour = Instant.parse("2026-05-06T07:00:00Z");
        List<UsageRecord> records = new ArrayList<>();
        for (int minute = 0; minute < 240; minute++) {
            Cost cost = new Cost(minute * 1_000L, Cost.State.PRICED, "p");
            records.add(Samples.usage(
                    tenant,
                    hour.plusSeconds(60L * minute),
                    minute % 2 == 0 ? "a" : null,
                    Outcome.COMPLETED,
                    200,
                    cost));
        }
        append(records);
        for (int minute = 0; minute < 240; minute += 13) {
            Instant from = hour.plusSeconds(60L * minute);
            assertThat(plainSums(from, false)).as("%d", minute).isEqualTo(plainSums(from, true));
        }
        assertThat(plainSums(null, false)).isEqualTo(plainSums(null, true)).hasSize(2);
        assertThat(usage().sums(null, true).stream()
                        .filter(s -> s.tenantId().equals(tenant.id()))
                        .map(UsageQuery.Sum::upstreamModel))
                .containsOnly("upstream-model");
        UsageQuery.Row report = usage().report(mine(), List.of()).getFirst();
        assertThat(report.costNanos()).isEqualTo(1_000L * 239 * 240 / 2);
        assertThat(report.unpriced()).isZero();
    }

    /** Slices of an hour and more are told from the sums by hour, and are what the records say. */
    @Test
    void slicesOfTimeAreTheSameFromHoursAndFromRecords() {
        Instant day = Instant.parse("2026-05-06T00:00:00Z");
        List<UsageRecord> records = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            Outcome outcome = i % 10 == 0 ? Outcome.REFUSED : Outcome.COMPLETED;
            records.add(Samples.usage(tenant, day.plusSeconds(600L * i), i % 2 == 0 ? "a" : null, outcome, 200));
        }
        append(records);
        for (long hours : new long[] {1, 12}) {
            Duration width = Duration.ofHours(hours);
            for (int to = 0; to < 60; to += 12) {
                Instant until = to == 0 ? null : day.plus(Duration.ofHours(to));
                assertThat(slices(day.plus(Duration.ofHours(12)), until, width, false))
                        .as("%s until %s", width, until)
                        .isEqualTo(slices(day.plus(Duration.ofHours(12)), until, width, true));
            }
        }
        assertThat(slices(day, null, Duration.ofHours(1), false)).hasSize(100);
        assertThat(slices(day, null, Duration.ofMinutes(10), false)).hasSize(270);
    }

    private Map<String, Long> slices(Instant from, @Nullable Instant to, Duration width, boolean detailed) {
        Map<String, Long> slices = new HashMap<>();
        usage().slices(from, to, width, detailed, (begin, sum) -> {
            if (sum.tenantId().equals(tenant.id()) && sum.requests() > 0) {
                slices.merge(begin + " " + sum.plain().group(), sum.requests(), Long::sum);
            }
        });
        return slices;
    }

    private Map<UsageQuery.Sum, UsageQuery.Sum> plainSums(@Nullable Instant from, boolean detailed) {
        Map<UsageQuery.Sum, UsageQuery.Sum> sums = new HashMap<>();
        usage().sums(from, detailed).stream()
                .filter(s -> s.tenantId().equals(tenant.id()))
                .map(UsageQuery.Sum::plain)
                .forEach(s -> sums.merge(s.group(), s, UsageQuery.Sum::plus));
        return sums;
    }

    private long requests(@Nullable Instant from) {
        return usage().sums(from, false).stream()
                .filter(s -> s.tenantId().equals(tenant.id()))
                .mapToLong(UsageQuery.Sum::requests)
                .sum();
    }

    @Test
    void textsThatADatabaseCannotHoldDoNotHoldUpTheLedger() {
        UsageRecord bad = Samples.usage(tenant, NOW, "a\u0000b\uD800c\uDC00" + "x".repeat(9000), Outcome.REFUSED, 404);
        append(List.of(bad));
        assertThat(all())
                .singleElement()
                .satisfies(r -> assertThat(r.requestedModel())
                        .startsWith("a\uFFFDb\uFFFDc\uFFFDxxx")
                        .hasSize(512));
    }

    @Test
    void aPositionIsFollowedAcrossPagesAndFromTheEnd() {
        append(List.of(record(NOW), record(NOW), record(NOW)));
        Page<UsageRecord> first = usage().list(mine(), Page.Request.first(2));
        assertThat(first.items()).hasSize(2);
        Page<UsageRecord> last = usage().list(mine(), new Page.Request(2, first.next()));
        assertThat(last.items()).hasSize(1);
        assertThat(last.next()).isNull();
        String end = usage().end();
        assertThat(usage().list(mine(), new Page.Request(9, end)).items()).isEmpty();
        UsageRecord late = record(NOW.minusSeconds(999));
        append(List.of(late));
        assertThat(usage().list(mine(), new Page.Request(9, end)).items()).containsExactly(late);
        assertThatThrownBy(() -> usage().list(mine(), new Page.Request(9, "x")))
                .isInstanceOf(InvalidValueException.class);
    }

    @Test
    void aQueryNarrowsByTenantUserAndTime() {
        UsageRecord early = record(NOW);
        UsageRecord late = record(NOW.plusSeconds(10));
        append(List.of(early, late));
        UUID user = new UUID(7, 7);
        assertThat(list(new UsageQuery(tenant.id(), user, NOW, NOW.plusSeconds(10))))
                .containsExactly(early);
        assertThat(list(new UsageQuery(tenant.id(), user, NOW.plusSeconds(1), null)))
                .containsExactly(late);
        assertThat(list(new UsageQuery(tenant.id(), new UUID(1, 1), null, null)))
                .isEmpty();
        assertThat(list(new UsageQuery(null, null, null, null))).contains(early, late);
    }

    @Test
    void daysAndMonthsBeginWhereTheZoneHasThem() {
        Instant midnight = Instant.parse("2026-03-31T15:00:00Z"); // in Tokyo
        append(List.of(
                record(midnight.minusSeconds(1)),
                record(midnight),
                record(midnight.plusSeconds(3600)),
                record(midnight.plusSeconds(40 * 86_400))));
        UsageQuery tokyo = new UsageQuery(tenant.id(), null, null, null, UsageQuery.Match.ALL, ZoneId.of("Asia/Tokyo"));
        assertThat(usage().report(tokyo, List.of(Dimension.DAY)))
                .containsExactly(row(1, 0, "2026-03-31"), row(2, 0, "2026-04-01"), row(1, 0, "2026-05-11"));
        assertThat(usage().report(tokyo, List.of(Dimension.MONTH, Dimension.STATUS)))
                .containsExactly(row(1, 0, "2026-03", "200"), row(2, 0, "2026-04", "200"), row(1, 0, "2026-05", "200"));
        assertThat(usage().report(tokyo, List.of(Dimension.MONTH)))
                .containsExactly(row(1, 0, "2026-03"), row(2, 0, "2026-04"), row(1, 0, "2026-05"));
        assertThat(usage().report(tokyo.within(midnight, null), List.of(Dimension.HOUR)))
                .startsWith(row(1, 0, "2026-03-31T15:00Z"));
    }

    @Test
    void theEndsOfAMonthAreExactWhereItsDaysBeginWithinAnHour() {
        ZoneId kolkata = ZoneId.of("Asia/Kolkata");
        Instant april = Instant.parse("2026-03-31T18:30:00Z");
        append(List.of(record(april.minusSeconds(1)), record(april), record(april.plusSeconds(86_400 - 1))));
        UsageQuery month =
                new UsageQuery(tenant.id(), null, april, april.plusSeconds(30 * 86_400), UsageQuery.Match.ALL, kolkata);
        assertThat(usage().report(month, List.of(Dimension.MONTH))).containsExactly(row(2, 0, "2026-04"));
        assertThat(usage().report(month, List.of(Dimension.DAY))).containsExactly(row(2, 0, "2026-04-01"));
    }

    @Test
    void sumsAndRecordsAreNarrowedAlike() {
        Instant hour = NOW.truncatedTo(ChronoUnit.HOURS);
        UsageRecord good = Samples.usage(tenant, hour, "a", Outcome.COMPLETED, 200);
        UsageRecord bad = Samples.usage(tenant, hour.plusSeconds(1), "b", Outcome.COMPLETED, 502);
        append(List.of(good, bad));
        assertNarrowed(new UsageQuery.Match(null, "dev", "a", "up", null, null), good);
        assertNarrowed(new UsageQuery.Match(good.keyId(), null, null, null, null, null), good, bad);
        assertNarrowed(new UsageQuery.Match(UUID.randomUUID(), null, null, null, null, null));
        assertNarrowed(new UsageQuery.Match(null, "other", null, null, null, null));
        assertNarrowed(new UsageQuery.Match(null, null, null, "other", null, null));
        assertNarrowed(new UsageQuery.Match(null, null, null, null, 500, 599), bad);
    }

    private void assertNarrowed(UsageQuery.Match match, UsageRecord... expected) {
        UsageQuery query = new UsageQuery(tenant.id(), null, null, null, match, ZoneOffset.UTC);
        assertThat(list(query)).containsExactly(expected);
        assertThat(usage().report(query, List.of()).getFirst().requests()).isEqualTo(expected.length);
        // a part of an hour, and so of records
        assertThat(usage().report(query.within(NOW.minusSeconds(7000), NOW.plusSeconds(7000)), List.of())
                        .getFirst()
                        .requests())
                .isEqualTo(expected.length);
    }

    private List<UsageRecord> list(UsageQuery query) {
        return usage().list(query, Page.Request.first(1000)).items();
    }

    @Test
    void aReportSumsByItsDimensionsInTheirOrder() {
        Instant lastOfDay = Instant.parse("2026-03-04T23:59:59.999999Z");
        append(List.of(
                Samples.usage(tenant, lastOfDay, "b", Outcome.COMPLETED, 200),
                Samples.usage(tenant, lastOfDay.plusNanos(1000), "b", Outcome.CUT, 200),
                Samples.usage(tenant, lastOfDay, "B", Outcome.COMPLETED, 500),
                Samples.usage(tenant, lastOfDay, null, Outcome.REFUSED, 400),
                Samples.usage(tenant, lastOfDay, "b", Outcome.CLIENT_GONE, 200)));
        assertThat(usage().report(mine(), List.of(Dimension.MODEL, Dimension.DAY)))
                .containsExactly(
                        row(1, 1, "B", "2026-03-04"),
                        row(2, 0, "b", "2026-03-04"),
                        row(1, 1, "b", "2026-03-05"),
                        row(1, 1, null, "2026-03-04"));
        assertThat(usage().report(mine(), List.of(Dimension.HOUR)))
                .containsExactly(row(4, 2, "2026-03-04T23:00Z"), row(1, 1, "2026-03-05T00:00Z"));
        assertThat(usage().report(mine(), List.of(Dimension.WEEK))).containsExactly(row(5, 3, "2026-W10"));
        assertThat(usage().report(mine(), List.of(Dimension.MONTH))).containsExactly(row(5, 3, "2026-03"));
        assertThat(usage().report(mine(), List.of(Dimension.STATUS, Dimension.DAY)))
                .containsExactly(
                        row(2, 0, "200", "2026-03-04"),
                        row(1, 1, "200", "2026-03-05"),
                        row(1, 1, "400", "2026-03-04"),
                        row(1, 1, "500", "2026-03-04"));
        assertThat(usage().report(mine(), List.of())).containsExactly(row(5, 3));
        assertThat(usage().report(mine(), List.of(Dimension.TENANT, Dimension.USER, Dimension.KEY, Dimension.PROVIDER)))
                .containsExactly(row(5, 3, tenant.slug(), "u@example.com", "dev", "up"));
    }

    @Test
    void aReportByLabelsTellsThoseOfItsTimeAlsoWhenTheKeyIsGone() {
        Instant hour = Instant.parse("2026-03-04T05:00:00Z");
        ApiKey key = labelled(Map.of("team", "blue", "env", "prod"));
        database().tenants().insert(tenant);
        database().keys().insert(key);
        append(List.of(record(hour), record(hour.plusSeconds(10))));
        database().keys().update(labelled(Map.of("team", "green")));
        append(List.of(record(hour.plusSeconds(20)), record(hour.plusSeconds(3600)), record(hour.plusSeconds(7200))));
        database().keys().delete(key.id());
        append(List.of(record(hour.plusSeconds(3 * 3600))));
        String blue = "{\"env\":\"prod\",\"team\":\"blue\"}";
        String green = "{\"team\":\"green\"}";
        assertThat(usage().report(mine(), List.of(Dimension.LABEL)))
                .containsExactly(row(3, 0, blue), row(2, 0, green), row(1, 0, (String) null));
        UsageQuery ragged = new UsageQuery(tenant.id(), null, hour.plusSeconds(5), hour.plusSeconds(3601));
        assertThat(usage().report(ragged, List.of(Dimension.LABEL))).containsExactly(row(2, 0, blue), row(1, 0, green));
        assertThat(usage().report(ragged, List.of(Dimension.STATUS, Dimension.LABEL)))
                .containsExactly(row(2, 0, "200", blue), row(1, 0, "200", green));
    }

    /** The key of all samples. */
    private ApiKey labelled(Map<String, String> labels) {
        ApiKey plain = Samples.key(tenant, null, "dev");
        return new ApiKey(
                new UUID(8, 8),
                tenant.id(),
                null,
                plain.name(),
                plain.hash(),
                plain.prefix(),
                null,
                null,
                new KeyScope(List.of(), Set.of(), List.of(), false, labels),
                null,
                null,
                false,
                null,
                NOW,
                NOW);
    }

    private static UsageQuery.Row row(long requests, long errors, @Nullable String... group) {
        return new UsageQuery.Row(
                Arrays.asList(group),
                requests,
                errors,
                10 * requests,
                5 * requests,
                4 * requests,
                3 * requests,
                2 * requests,
                0,
                requests);
    }

    @Test
    void aReportOfNothingIsOneRowOfZeros() {
        assertThat(usage().report(mine(), List.of())).containsExactly(row(0, 0));
        assertThat(usage().report(mine(), List.of(Dimension.DAY))).isEmpty();
    }

    @Test
    void purgingTakesOldBlocksOfTheTenantUpToAMaximumAndTheirSumsOutliveThem() {
        UsageRecord foreign = Samples.usage(Samples.tenant(unique("usage")), NOW, "m", Outcome.COMPLETED, 200);
        append(List.of(foreign, record(NOW)));
        for (int i = 0; i < 9; i++) {
            append(List.of(record(NOW)));
        }
        append(List.of(record(NOW.plusSeconds(1))));
        assertThat(usage().purge(tenant.id(), NOW.plusSeconds(1), 4)).isBetween(4, 8);
        assertThat(usage().purge(tenant.id(), NOW.plusSeconds(1), 100)).isBetween(2, 6);
        assertThat(usage().purge(tenant.id(), NOW.plusSeconds(1), 100)).isZero();
        assertThat(all()).hasSize(1);
        assertThat(usage().report(mine(), List.of())).containsExactly(row(11, 0));
        assertThat(usage().report(mine(), List.of(Dimension.MONTH))).containsExactly(row(11, 0, "2026-03"));
        // what only records know
        assertThat(usage().report(mine(), List.of(Dimension.STATUS))).containsExactly(row(1, 0, "200"));
        assertThat(list(new UsageQuery(foreign.tenantId(), null, null, null))).containsExactly(foreign);
        assertThat(usage().check(Map.of()).faults()).isEmpty();
    }
}
