package io.llmproxy.gateway.resilience;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.gateway.resilience.Breaker.State;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class BreakerTest {
    private static final long SECOND = 1_000_000_000L;
    private final Breaker breaker = new Breaker(3, 5 * SECOND);
    private long now = SECOND;

    private void fail(int times) {
        for (int i = 0; i < times; i++) {
            breaker.failure(now, "answered 503");
        }
    }

    @Test
    void opensWhenMoreCallsFailThanSucceed() {
        fail(2);
        breaker.success();
        fail(1);
        assertThat(breaker.state(now)).isEqualTo(State.CLOSED);
        assertThat(breaker.enter(now)).isTrue();

        fail(1);

        assertThat(breaker.state(now)).isEqualTo(State.OPEN);
        assertThat(breaker.allows(now)).isFalse();
        assertThat(breaker.enter(now)).isFalse();
        assertThat(breaker.remaining(now)).isEqualTo(5 * SECOND);
        assertThat(breaker.reason()).isEqualTo("answered 503");
    }

    @Test
    void failuresOfLongAgoAreForgotten() {
        fail(2);
        now += 61 * SECOND;
        fail(1);
        assertThat(breaker.state(now)).isEqualTo(State.CLOSED);
    }

    @Test
    void oneProbeGoesWhenThePauseIsOverAndItsSuccessCloses() {
        fail(3);
        now += 5 * SECOND;
        assertThat(breaker.state(now)).isEqualTo(State.HALF_OPEN);
        assertThat(breaker.enter(now)).isTrue();
        assertThat(breaker.enter(now)).as("a second one").isFalse();
        assertThat(breaker.state(now)).isEqualTo(State.HALF_OPEN);

        breaker.success();

        assertThat(breaker.state(now)).isEqualTo(State.CLOSED);
        assertThat(breaker.enter(now)).isTrue();
        fail(2);
        assertThat(breaker.state(now)).isEqualTo(State.CLOSED);
    }

    @Test
    void aFailedProbeDoublesThePauseUpToABound() {
        fail(3);
        long pause = 5 * SECOND;
        for (int i = 0; i < 8; i++) {
            now += pause;
            assertThat(breaker.enter(now)).isTrue();
            fail(1);
            pause = Math.min(2 * pause, 160 * SECOND);
            assertThat(breaker.remaining(now)).isEqualTo(pause);
            assertThat(breaker.state(now)).isEqualTo(State.OPEN);
        }
    }

    @Test
    void aProbeThatComesToNothingIsFollowedByAnother() {
        fail(3);
        now += 5 * SECOND;
        assertThat(breaker.enter(now)).isTrue();
        now += 5 * SECOND;
        assertThat(breaker.enter(now)).isTrue();
    }

    @Test
    void whatFailsWhileItIsOpenDoesNotProlongIt() {
        fail(3);
        now += 2 * SECOND;
        fail(20);
        assertThat(breaker.remaining(now)).isEqualTo(3 * SECOND);
    }

    @Test
    void aBoundOfZeroNeverOpens() {
        Breaker off = new Breaker(0, SECOND);
        for (int i = 0; i < 1000; i++) {
            off.failure(now, "x");
        }
        assertThat(off.enter(now)).isTrue();
    }

    @Test
    void oneOfManyThreadsGetsTheProbe() throws InterruptedException {
        for (int round = 0; round < 200; round++) {
            Breaker contended = new Breaker(1, SECOND);
            contended.failure(now, "x");
            AtomicInteger probes = new AtomicInteger();
            CountDownLatch start = new CountDownLatch(1);
            Thread[] threads = new Thread[8];
            for (int i = 0; i < threads.length; i++) {
                threads[i] = Thread.ofVirtual().start(() -> {
                    try {
                        start.await();
                    } catch (InterruptedException e) {
                        throw new AssertionError(e);
                    }
                    if (contended.enter(now + SECOND)) {
                        probes.incrementAndGet();
                    }
                });
            }
            start.countDown();
            for (Thread thread : threads) {
                thread.join();
            }
            assertThat(probes).hasValue(1);
        }
    }
}
