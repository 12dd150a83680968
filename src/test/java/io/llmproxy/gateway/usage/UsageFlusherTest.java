package io.llmproxy.gateway.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.port.StoreException;
import io.llmproxy.testing.UsageRecords;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class UsageFlusherTest {
    private final Fakes.Journal journal = new Fakes.Journal();
    private final Fakes.Usage store = new Fakes.Usage();
    private final UsageFlusher flusher = new UsageFlusher(journal, store);

    @AfterEach
    void close() {
        flusher.close();
    }

    @Test
    void flushReturnsWhenAllIsInTheDatabase() {
        flusher.start();
        for (int round = 1; round <= 50; round++) {
            append(10);
            assertThat(flusher.flush()).isTrue();
            assertThat(store.count()).isEqualTo(round * 10);
        }
        assertThat(journal.backlog()).isZero();
    }

    @Test
    void movesInBatchesOfLimitedSize() {
        append(1234);
        flusher.start();
        assertThat(flusher.flush()).isTrue();
        assertThat(store.batches).startsWith(500, 500, 234);
    }

    @Test
    void writesByItselfWithoutAFlush() throws InterruptedException {
        flusher.start();
        append(1);
        assertThat(store.attempts.tryAcquire(10, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void keepsRecordsWhileTheDatabaseIsAway() throws InterruptedException {
        store.away = true;
        append(700);
        flusher.start();
        assertThat(store.attempts.tryAcquire(3, 10, TimeUnit.SECONDS)).isTrue();
        assertThat(flusher.flush()).isFalse();
        assertThat(flusher.failing()).isTrue();
        assertThat(journal.backlog()).isEqualTo(700);
        store.away = false;
        assertThat(flusher.flush()).isTrue();
        assertThat(flusher.failing()).isFalse();
        assertThat(store.count()).isEqualTo(700);
    }

    @Test
    void aRecordThatTheDatabaseNeverTakesDoesNotKeepTheOthersFromIt() {
        append(30);
        store.poison = r -> "7".equals(r.clientRequestId());
        flusher.start();
        for (int i = 0; i < 10 && !flusher.flush(); i++) {
            // the first attempts take the database for away
        }
        assertThat(store.count()).isEqualTo(29);
        assertThat(journal.backlog()).isZero();
    }

    /** It answers every second call, as one that restarts, or whose connections are cut. */
    @Test
    void aDatabaseThatComesAndGoesCostsNoRecord() {
        AtomicInteger calls = new AtomicInteger();
        Fakes.Usage coming = new Fakes.Usage() {
            @Override
            public synchronized int append(java.util.List<io.llmproxy.domain.usage.UsageRecord> records) {
                if (calls.incrementAndGet() < 40 && (records.size() > 1 || calls.get() % 2 == 0)) {
                    throw new StoreException.Away("writing the ledger", new java.io.IOException("reset"));
                }
                return super.append(records);
            }
        };
        UsageFlusher patient = new UsageFlusher(journal, coming);
        append(30);
        patient.start();
        while (!patient.flush()) {
            Thread.onSpinWait();
        }
        patient.close();
        assertThat(coming.count()).isEqualTo(30);
        assertThat(journal.backlog()).isZero();
    }

    @Test
    void takesADatabaseThatRefusesEveryRecordForAway() {
        append(30);
        store.poison = r -> true;
        flusher.start();
        for (int i = 0; i < 5; i++) {
            assertThat(flusher.flush()).isFalse();
        }
        assertThat(journal.backlog()).isEqualTo(30);
    }

    @Test
    void flushDoesNotWaitForeverOnADatabaseThatHangs() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        Fakes.Usage hanging = new Fakes.Usage() {
            @Override
            public synchronized int append(java.util.List<io.llmproxy.domain.usage.UsageRecord> records) {
                attempts.release();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                return super.append(records);
            }
        };
        UsageFlusher slow = new UsageFlusher(journal, hanging);
        append(1);
        slow.start();
        hanging.attempts.acquire();
        assertThat(slow.flush()).isFalse();
        release.countDown();
        slow.close();
        assertThat(hanging.count()).isEqualTo(1);
    }

    @Test
    void closeWritesWhatIsLeft() {
        flusher.start();
        append(800);
        flusher.close();
        assertThat(store.count()).isEqualTo(800);
        assertThat(flusher.flush()).isFalse();
    }

    @Test
    void closesWhereItWasNeverStarted() {
        flusher.close();
        flusher.close();
        assertThat(flusher.flush()).isFalse();
    }

    private void append(int count) {
        for (int i = 0; i < count; i++) {
            journal.append(UsageRecords.labelled(String.valueOf(i)));
        }
    }
}
