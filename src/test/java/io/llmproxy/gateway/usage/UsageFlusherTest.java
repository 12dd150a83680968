package io.llmproxy.gateway.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.journal.FileUsageJournal;
import io.llmproxy.adapter.journal.JournalFormat;
import io.llmproxy.domain.Ids;
import io.llmproxy.port.StoreException;
import io.llmproxy.port.UsageBatch;
import io.llmproxy.testing.Eventually;
import io.llmproxy.testing.UsageRecords;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsageFlusherTest {
    @TempDir
    private static Path directory;

    private final FileUsageJournal journal =
            FileUsageJournal.open(directory.resolve(Ids.random().toString()), Duration.ofMillis(100));
    private final Fakes.Usage store = new Fakes.Usage();
    private final UsageFlusher flusher = flusher(store, Duration.ofSeconds(60));

    private UsageFlusher flusher(Fakes.Usage to, Duration bound) {
        return new UsageFlusher(journal, to, new JournalFormat(), bound);
    }

    @AfterEach
    void close() {
        flusher.close();
        journal.close();
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
        append(UsageFlusher.BATCH + 100);
        flusher.start();
        assertThat(flusher.flush()).isTrue();
        assertThat(store.batches).startsWith(UsageFlusher.BATCH, 100);
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
    void aDatabaseThatComesAndGoesCostsNoRecord() throws InterruptedException {
        AtomicInteger calls = new AtomicInteger();
        Fakes.Usage coming = new Fakes.Usage() {
            @Override
            public synchronized boolean append(UsageBatch batch) {
                if (calls.incrementAndGet() < 40 && (batch.passed() > 1 || calls.get() % 2 == 0)) {
                    throw new StoreException.Away("writing the ledger", new IOException("reset"));
                }
                return super.append(batch);
            }
        };
        append(30);
        try (UsageFlusher patient = flusher(coming, Duration.ofSeconds(60))) {
            patient.start();
            Eventually.holds("everything is flushed", patient::flush);
        }
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
    void beginsWhereTheDatabaseStandsWhateverTheJournalKnows() {
        append(10);
        flusher.start();
        assertThat(flusher.flush()).isTrue();
        // a commit whose answer was lost: the database is ahead
        Fakes.Usage ahead = new Fakes.Usage() {
            private boolean lost;

            @Override
            public synchronized boolean append(UsageBatch batch) {
                boolean done = super.append(batch);
                if (!lost) {
                    lost = true;
                    throw Fakes.away();
                }
                return done;
            }
        };
        ahead.positions.putAll(store.positions);
        flusher.close();
        try (UsageFlusher again = flusher(ahead, Duration.ofSeconds(60))) {
            append(5);
            again.start();
            for (int i = 0; i < 10 && !again.flush(); i++) {
                // the attempt whose answer is lost looks like one that failed
            }
            append(5);
            assertThat(again.flush()).isTrue();
            assertThat(ahead.count()).isEqualTo(10);
            assertThat(journal.backlog()).isZero();
            // a database that was set back: what the journal still has is written again
            ahead.positions.clear();
            ahead.rows.clear();
            append(1);
            assertThat(again.flush()).isTrue();
            assertThat(ahead.count()).isEqualTo(21);
        }
    }

    @Test
    void flushDoesNotWaitForeverOnADatabaseThatHangs() throws InterruptedException {
        CountDownLatch release = new CountDownLatch(1);
        Fakes.Usage hanging = new Fakes.Usage() {
            @Override
            public synchronized boolean append(UsageBatch batch) {
                attempts.release();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                return super.append(batch);
            }
        };
        UsageFlusher slow = flusher(hanging, Duration.ofMillis(200));
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
