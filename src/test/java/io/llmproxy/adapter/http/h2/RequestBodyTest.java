package io.llmproxy.adapter.http.h2;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RequestBodyTest {
    private static final Duration LONG = Duration.ofMinutes(10);
    private final AtomicBoolean sending = new AtomicBoolean(true);

    @AfterEach
    void stop() {
        sending.set(false);
    }

    /** A byte every 20 ms, {@code bytes} of them, and then the end. */
    private void trickle(RequestBody body, int bytes) {
        Thread.ofVirtual().start(() -> {
            try {
                for (int i = 0; i < bytes && sending.get(); i++) {
                    body.add(new byte[1]);
                    TimeUnit.MILLISECONDS.sleep(20);
                }
                body.end();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    @Test
    void aBodyBelowTheRateIsGivenUpThoughSomethingAlwaysComes() {
        RequestBody body = new RequestBody(new BodyPatience(LONG, 1000, Duration.ofMillis(300)), n -> {});
        trickle(body, Integer.MAX_VALUE);
        assertThatThrownBy(body::readAllBytes)
                .isInstanceOf(InterruptedIOException.class)
                .hasMessageContaining("too slowly");
    }

    @Test
    void aBodyAboveTheRateIsReadHoweverLongItTakes() throws Exception {
        // a byte in each five seconds
        RequestBody body = new RequestBody(new BodyPatience(LONG, 1, Duration.ofSeconds(5)), n -> {});
        trickle(body, 50);
        assertThat(body.readAllBytes()).hasSize(50);
    }

    @Test
    void timeInWhichNobodyWaitsIsNotTheClients() throws Exception {
        RequestBody body = new RequestBody(new BodyPatience(LONG, 1000, Duration.ofMillis(200)), n -> {});
        body.add(new byte[10]);
        assertThat(body.read(new byte[10], 0, 10)).isEqualTo(10);
        TimeUnit.MILLISECONDS.sleep(400); // longer than the window
        body.add(new byte[10]);
        assertThat(body.read(new byte[10], 0, 10)).isEqualTo(10);
        body.end();
        assertThat(body.read()).isEqualTo(-1);
    }

    @Test
    void aClientThatFallsSilentIsGivenUpWithoutARateToo() {
        RequestBody body = new RequestBody(BodyPatience.idle(Duration.ofMillis(100)), n -> {});
        assertThatThrownBy(body::read).isInstanceOf(InterruptedIOException.class);
    }
}
