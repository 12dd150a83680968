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
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.RequestQuery;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.RequestSearch;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.port.UsageStore;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

abstract class RequestSearchContract {
    @TempDir
    private static Path directory;

    final Tenant tenant = Samples.tenant(unique("search"));

    abstract Database database();

    RequestSearch search() {
        return database().requests(new JournalFormat());
    }

    UsageStore usage() {
        return database().usage(new JournalFormat());
    }

    final void append(List<UsageRecord> records) {
        append(records, Integer.MAX_VALUE);
    }

    /** In blocks of so many records. */
    final void append(List<UsageRecord> records, int block) {
        Path journal = directory.resolve(Ids.random().toString());
        UsageBatch batch = JournalRecords.batch(journal, records);
        assertThat(usage().append(JournalRecords.split(batch, block))).isTrue();
    }

    private RequestQuery query(
            @Nullable Instant from, @Nullable Instant to, @Nullable String model, int statusFrom, int statusTo) {
        return new RequestQuery(tenant.id(), Set.of(), from, to, null, null, model, statusFrom, statusTo, null);
    }

    final List<UsageRecord> all(RequestQuery query, int limit) {
        return Samples.all(page -> search().search(query, page), limit);
    }

    /** Twelve blocks of a hundred, of which every tenth record failed, each block with a model of its own. */
    final List<UsageRecord> fill() {
        List<UsageRecord> records = new ArrayList<>();
        for (int block = 0; block < 12; block++) {
            List<UsageRecord> some = new ArrayList<>();
            for (int i = 0; i < 100; i++) {
                Instant at = NOW.plusSeconds(100L * block + i);
                String model = i % 2 == 0 ? "common" : "only-\u00e4\ud83d\ude00-" + block;
                some.add(Samples.usage(tenant, at, model, Outcome.COMPLETED, i % 10 == 0 ? 502 : 200));
            }
            append(some);
            records.addAll(some);
        }
        return records;
    }

    @Test
    void findsNothingOfWhatWasAskedWhileNoAuditWasKept() {
        List<UsageRecord> records = new ArrayList<>();
        List<UsageRecord> shown = new ArrayList<>();
        for (int i = 0; i < 90; i++) {
            UsageRecord r = Samples.usage(tenant, NOW.plusSeconds(i), "m", Outcome.COMPLETED, 200);
            records.add(i % 3 == 0 ? r.withoutAudit() : i % 3 == 1 ? r.from("10.0.0.1") : r);
            if (i % 3 != 0) {
                shown.addFirst(records.getLast());
            }
        }
        append(records, 40);
        assertThat(all(query(null, null, "m", 200, 200), 7)).containsExactlyElementsOf(shown);
        assertThat(all(query(null, null, null, 0, 999), 100)).containsExactlyElementsOf(shown);
    }

    @Test
    void findsWhatMatchesNewestFirstWhateverThePage() {
        List<UsageRecord> records = fill();
        records.sort(Comparator.comparing(UsageRecord::startedAt).reversed());
        RequestQuery any = query(null, null, null, 0, 999);
        assertThat(all(any, 1000)).containsExactlyElementsOf(records);
        assertThat(all(any, 7)).containsExactlyElementsOf(records);
        RequestQuery failed = query(null, null, null, 500, 599);
        assertThat(all(failed, 3))
                .hasSize(120)
                .allSatisfy(r -> assertThat(r.status()).isEqualTo(502));
        assertThat(all(query(null, null, null, 502, 502), 1000)).hasSize(120);
        assertThat(all(query(null, null, null, 503, 503), 1000)).isEmpty();
        assertThat(all(query(null, null, "only-\u00e4\ud83d\ude00-7", 0, 999), 1000))
                .hasSize(50)
                .allSatisfy(r -> assertThat(r.requestedModel()).endsWith("-7"));
        assertThat(all(query(null, null, "gone", 0, 999), 1000)).isEmpty();
        Instant from = NOW.plusSeconds(150);
        Instant to = NOW.plusSeconds(450);
        assertThat(all(query(from, to, null, 0, 999), 11))
                .containsExactlyElementsOf(records.stream()
                        .filter(r ->
                                !r.startedAt().isBefore(from) && r.startedAt().isBefore(to))
                        .toList());
        UsageRecord one = records.get(321);
        Instant began = Instant.ofEpochMilli(one.requestId().getMostSignificantBits() >>> 16);
        assertThat(search().search(
                                new RequestQuery(
                                        tenant.id(),
                                        Set.of(),
                                        began,
                                        began.plusMillis(1),
                                        one.userId(),
                                        one.keyId(),
                                        null,
                                        null,
                                        null,
                                        one.requestId()),
                                Page.Request.first(9))
                        .items())
                .containsExactly(one);
        assertThat(all(
                        new RequestQuery(
                                tenant.id(), Set.of(), null, null, new UUID(9, 9), null, null, null, null, null),
                        9))
                .isEmpty();
    }

    @Test
    void aLongBlockIsFoundByItsBeginning() {
        append(List.of(
                Samples.usage(tenant, NOW, "early", Outcome.COMPLETED, 200),
                Samples.usage(tenant, NOW.plusSeconds(90_000), "late", Outcome.COMPLETED, 200)));
        assertThat(all(query(NOW, NOW.plusSeconds(1), null, 0, 999), 9))
                .singleElement()
                .satisfies(r -> assertThat(r.requestedModel()).isEqualTo("early"));
    }

    @Test
    void whatIsPurgedOrHiddenIsNotFound() {
        fill();
        RequestQuery hidden =
                new RequestQuery(tenant.id(), Set.of(tenant.id()), null, null, null, null, null, null, null, null);
        assertThat(all(hidden, 100)).isEmpty();
        usage().purge(tenant.id(), NOW.plusSeconds(600), 10_000);
        assertThat(all(query(null, null, null, 0, 999), 100)).hasSize(600);
    }

    @Test
    void aCursorThatIsNoneIsRefused() {
        for (String cursor : List.of("x", "1.2", "1.2.x", "99999999999999999999.1.1", Long.MAX_VALUE + ".1.1")) {
            assertThatThrownBy(() -> search().search(query(null, null, null, 0, 999), new Page.Request(9, cursor)))
                    .as(cursor)
                    .isInstanceOf(InvalidValueException.class);
        }
    }
}
