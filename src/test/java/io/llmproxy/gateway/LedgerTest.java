package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.testing.UsageRecords;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;

/** While the journal takes no records. */
class LedgerTest {
    private final GatewayFixture.Journal journal = new GatewayFixture.Journal();
    private Instant now = Instant.EPOCH;

    private Ledger ledger(OnFull onFull) {
        return new Ledger(journal, onFull, 3, () -> now);
    }

    private static List<UsageRecord> records(int count) {
        List<UsageRecord> all = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            all.add(UsageRecords.labelled(String.valueOf(i)));
        }
        return all;
    }

    @Test
    void requestsAreRefusedUntilAllThatWaitedIsWritten() {
        Ledger ledger = ledger(OnFull.REFUSE);
        List<UsageRecord> records = records(5);
        assertThat(ledger.available()).isTrue();
        assertThat(ledger.fault()).isNull();
        journal.full = true;
        records.forEach(ledger::append);
        assertThat(ledger.available()).isFalse();
        assertThat(ledger.waiting())
                .as("no bound but that of the requests that ran")
                .isEqualTo(5);
        assertThat(ledger.obstacle())
                .isEqualTo(ledger.fault())
                .contains("refused (503)", "5 records wait", "free space");
        journal.full = false;
        assertThat(ledger.available()).as("not tried again within the second").isFalse();
        now = now.plusSeconds(1);
        assertThat(ledger.available()).isTrue();
        assertThat(journal.records).containsExactlyElementsOf(records);
        assertThat(ledger.fault()).isNull();
        assertThat(ledger.waiting()).isZero();
    }

    @Test
    void requestsGoOnAndWhatMemoryDoesNotKeepIsDroppedAndCounted() {
        Ledger ledger = ledger(OnFull.CONTINUE);
        List<UsageRecord> records = records(5);
        journal.full = true;
        records.forEach(ledger::append);
        now = now.plusSeconds(1);
        assertThat(ledger.available()).isTrue();
        assertThat(ledger.waiting()).isEqualTo(3);
        assertThat(ledger.dropped()).isEqualTo(2);
        assertThat(ledger.obstacle()).isNull();
        assertThat(ledger.fault()).contains("requests go on", "2 records were dropped", "3 records wait");
        journal.full = false;
        assertThat(ledger.retry()).isTrue();
        assertThat(journal.records).containsExactlyElementsOf(records.subList(0, 3));
        assertThat(ledger.fault()).isNull();
        assertThat(ledger.dropped()).as("since the start").isEqualTo(2);
        ledger.append(records.getLast());
        assertThat(journal.records).hasSize(4);
    }

    @Test
    void orderIsKeptAlsoWhereTheDiskTakesRecordsAgainBeforeTheNextTry() {
        Ledger ledger = ledger(OnFull.CONTINUE);
        List<UsageRecord> records = records(3);
        journal.full = true;
        ledger.append(records.get(0));
        journal.full = false;
        ledger.append(records.get(1));
        assertThat(journal.records).isEmpty();
        assertThat(ledger.retry()).isTrue();
        ledger.append(records.get(2));
        assertThat(journal.records).containsExactlyElementsOf(records);
    }

    @Test
    void refusalsThatCostNobodyAnythingFillNoMemory() {
        Ledger ledger = ledger(OnFull.REFUSE);
        journal.full = true;
        records(1).forEach(ledger::append);
        for (int i = 0; i < 100; i++) {
            ledger.append(refused());
        }
        assertThat(ledger.waiting()).isEqualTo(1);
    }

    private static UsageRecord refused() {
        UsageRecord r = UsageRecords.bare(new UUID(1, 2));
        return new UsageRecord(
                r.requestId(),
                null,
                null,
                r.startedAt(),
                r.caller(),
                r.call(),
                UsageRecords.refused(503, "overloaded"));
    }
}
