package io.llmproxy.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PeriodicTest {
    private static final Duration PAUSE = Duration.ofMillis(1);
    private static final Logger LOGGER = Logger.getLogger(Periodic.class.getName());

    private final List<String> said = new CopyOnWriteArrayList<>();
    private final List<Thread> threads = new CopyOnWriteArrayList<>();
    private final Handler handler = new Handler() {
        @Override
        public void publish(LogRecord record) {
            said.add(record.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {}
    };

    @BeforeEach
    void setUp() {
        // an appliance of another test may have turned warnings off
        LOGGER.setLevel(Level.WARNING);
        LOGGER.addHandler(handler);
    }

    @AfterEach
    void tearDown() {
        LOGGER.removeHandler(handler);
        LOGGER.setLevel(null);
    }

    private Periodic started(Runnable round) {
        Periodic periodic = new Periodic(
                Thread.ofVirtual().name("periodic-test"),
                PAUSE,
                () -> {
                    threads.add(Thread.currentThread());
                    round.run();
                },
                "it does not work");
        periodic.start();
        return periodic;
    }

    @Test
    void aRoundThatThrowsDoesNotEndItAndIsSaidOnceUntilOneSucceeds() throws Exception {
        AtomicInteger rounds = new AtomicInteger();
        CountDownLatch enough = new CountDownLatch(8);
        try (Periodic _ = started(() -> {
            enough.countDown();
            // two bad ones, a good one, and bad ones again
            if (rounds.incrementAndGet() != 3) {
                throw new IllegalStateException("bad round");
            }
        })) {
            assertThat(enough.await(30, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(said).containsExactly("it does not work", "it does not work");
    }

    @Test
    void closingInterruptsTheRoundThatRunsAndWaitsForIt() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        Semaphore never = new Semaphore(0);
        Periodic periodic = started(() -> {
            running.countDown();
            try {
                never.acquire();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        assertThat(running.await(30, TimeUnit.SECONDS)).isTrue();
        periodic.close(Duration.ofSeconds(30));
        assertThat(threads).isNotEmpty().noneMatch(Thread::isAlive);
        assertThat(said).isEmpty();
    }

    @Test
    void itCanBeClosedByItsOwnRoundAndWithoutAStart() throws Exception {
        List<Periodic> self = new CopyOnWriteArrayList<>();
        CountDownLatch first = new CountDownLatch(1);
        Periodic periodic = started(() -> {
            first.countDown();
            self.forEach(Periodic::close);
        });
        self.add(periodic);
        assertThat(first.await(30, TimeUnit.SECONDS)).isTrue();
        threads.getFirst().join(Duration.ofSeconds(30));
        assertThat(threads.getFirst().isAlive()).isFalse();
        new Periodic(Thread.ofVirtual(), PAUSE, () -> {}, "").close(Duration.ofSeconds(1));
    }
}
