package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.NOW;
import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.domain.usage.UsageQuery.Dimension;
import io.llmproxy.domain.usage.UsageRecord;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

abstract class UsageStoreContract {
    private final Tenant tenant = Samples.tenant(unique("usage"));

    abstract Database database();

    private UsageQuery mine() {
        return new UsageQuery(tenant.id(), null, null, null);
    }

    private UsageRecord record(Instant at) {
        return Samples.usage(tenant, at, "m", Outcome.COMPLETED, 200);
    }

    private List<UsageRecord> all() {
        return database().usage().list(mine(), Page.Request.first(1000)).items();
    }

    @Test
    void whatIsWrittenIsReadBackEqual() {
        UsageRecord full = record(NOW);
        UsageRecord bare = Samples.usage(tenant, NOW, null, Outcome.CLIENT_GONE, 499);
        assertThat(database().usage().append(List.of(full, bare))).isEqualTo(2);
        assertThat(all()).containsExactly(full, bare);
    }

    @Test
    void appendingAgainAddsOnlyWhatIsNew() {
        UsageRecord one = record(NOW);
        UsageRecord two = record(NOW.plusSeconds(1));
        UsageRecord three = record(NOW.plusSeconds(2));
        assertThat(database().usage().append(List.of())).isZero();
        assertThat(database().usage().append(List.of(one, two))).isEqualTo(2);
        assertThat(database().usage().append(List.of(two, three, three, one))).isEqualTo(1);
        assertThat(all()).containsExactly(one, two, three);
    }

    @Test
    void theSameRecordsFromManySidesAtOnceAreWrittenOnce() throws Exception {
        List<UsageRecord> records = new ArrayList<>();
        for (int i = 0; i < 50; i++) {
            records.add(record(NOW.plusSeconds(i)));
        }
        List<Callable<Integer>> writers = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            List<UsageRecord> order = i % 2 == 0 ? records : records.reversed();
            writers.add(() -> database().usage().append(order));
        }
        int added = 0;
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Integer> written : threads.invokeAll(writers)) {
                added += written.get();
            }
        }
        assertThat(added).isEqualTo(50);
        assertThat(all()).containsExactlyInAnyOrderElementsOf(records);
    }

    @Test
    void sumsWhatWasUsedSinceAMomentWithoutWhatWasRefused() {
        database()
                .usage()
                .append(List.of(
                        record(NOW.minusSeconds(9)),
                        record(NOW),
                        record(NOW.plusSeconds(1)),
                        Samples.usage(tenant, NOW, "m", Outcome.REFUSED, 429)));
        assertThat(requests(null)).isEqualTo(3);
        assertThat(requests(NOW)).isEqualTo(2);
        assertThat(requests(NOW.plusSeconds(2))).isZero();
    }

    private long requests(@Nullable Instant from) {
        return database().usage().sums(from).stream()
                .filter(s -> s.tenantId().equals(tenant.id()))
                .mapToLong(UsageQuery.Sum::requests)
                .sum();
    }

    @Test
    void textsThatADatabaseCannotHoldDoNotHoldUpTheLedger() {
        UsageRecord bad = Samples.usage(tenant, NOW, "a\u0000b\uD800c\uDC00" + "x".repeat(9000), Outcome.REFUSED, 404);
        database().usage().append(List.of(bad));
        assertThat(all())
                .singleElement()
                .satisfies(r -> assertThat(r.requestedModel())
                        .startsWith("a\uFFFDb\uFFFDc\uFFFDxxx")
                        .hasSize(512));
    }

    @Test
    void aPositionIsFollowedAcrossPagesAndFromTheEnd() {
        database().usage().append(List.of(record(NOW), record(NOW), record(NOW)));
        Page<UsageRecord> first = database().usage().list(mine(), Page.Request.first(2));
        assertThat(first.items()).hasSize(2);
        Page<UsageRecord> last = database().usage().list(mine(), new Page.Request(2, first.next()));
        assertThat(last.items()).hasSize(1);
        assertThat(last.next()).isNull();
        String end = database().usage().end();
        assertThat(database().usage().list(mine(), new Page.Request(9, end)).items())
                .isEmpty();
        UsageRecord late = record(NOW.minusSeconds(999));
        database().usage().append(List.of(late));
        assertThat(database().usage().list(mine(), new Page.Request(9, end)).items())
                .containsExactly(late);
        assertThatThrownBy(() -> database().usage().list(mine(), new Page.Request(9, "x")))
                .isInstanceOf(InvalidValueException.class);
    }

    @Test
    void aQueryNarrowsByTenantUserAndTime() {
        UsageRecord early = record(NOW);
        UsageRecord late = record(NOW.plusSeconds(10));
        database().usage().append(List.of(early, late));
        UUID user = new UUID(7, 7);
        assertThat(list(new UsageQuery(tenant.id(), user, NOW, NOW.plusSeconds(10))))
                .containsExactly(early);
        assertThat(list(new UsageQuery(tenant.id(), user, NOW.plusSeconds(1), null)))
                .containsExactly(late);
        assertThat(list(new UsageQuery(tenant.id(), new UUID(1, 1), null, null)))
                .isEmpty();
        assertThat(list(new UsageQuery(null, null, null, null))).contains(early, late);
    }

    private List<UsageRecord> list(UsageQuery query) {
        return database().usage().list(query, Page.Request.first(1000)).items();
    }

    @Test
    void aReportSumsByItsDimensionsInTheirOrder() {
        Instant lastOfDay = Instant.parse("2026-03-04T23:59:59.999999Z");
        database()
                .usage()
                .append(List.of(
                        Samples.usage(tenant, lastOfDay, "b", Outcome.COMPLETED, 200),
                        Samples.usage(tenant, lastOfDay.plusNanos(1000), "b", Outcome.CUT, 200),
                        Samples.usage(tenant, lastOfDay, "B", Outcome.COMPLETED, 500),
                        Samples.usage(tenant, lastOfDay, null, Outcome.REFUSED, 400),
                        Samples.usage(tenant, lastOfDay, "b", Outcome.CLIENT_GONE, 200)));
        assertThat(database().usage().report(mine(), List.of(Dimension.MODEL, Dimension.DAY)))
                .containsExactly(
                        row(1, 1, "B", "2026-03-04"),
                        row(2, 0, "b", "2026-03-04"),
                        row(1, 1, "b", "2026-03-05"),
                        row(1, 1, null, "2026-03-04"));
        assertThat(database().usage().report(mine(), List.of())).containsExactly(row(5, 3));
        assertThat(database()
                        .usage()
                        .report(mine(), List.of(Dimension.TENANT, Dimension.USER, Dimension.KEY, Dimension.PROVIDER)))
                .containsExactly(row(5, 3, tenant.slug(), "u@example.com", "dev", "up"));
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
                2 * requests);
    }

    @Test
    void aReportOfNothingIsOneRowOfZeros() {
        assertThat(database().usage().report(mine(), List.of())).containsExactly(row(0, 0));
        assertThat(database().usage().report(mine(), List.of(Dimension.DAY))).isEmpty();
    }

    @Test
    void purgingTakesOldRecordsOfTheTenantUpToAMaximum() {
        UsageRecord foreign = Samples.usage(Samples.tenant(unique("usage")), NOW, "m", Outcome.COMPLETED, 200);
        database().usage().append(List.of(foreign, record(NOW), record(NOW), record(NOW), record(NOW.plusSeconds(1))));
        assertThat(database().usage().purge(tenant.id(), NOW.plusSeconds(1), 2)).isEqualTo(2);
        assertThat(database().usage().purge(tenant.id(), NOW.plusSeconds(1), 2)).isEqualTo(1);
        assertThat(all()).hasSize(1);
        assertThat(list(new UsageQuery(foreign.tenantId(), null, null, null))).containsExactly(foreign);
    }
}
