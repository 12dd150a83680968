package io.llmproxy.gateway.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.UsageRecords;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class KeyUseFlusherTest {
    private static final Duration BOUND = Duration.ofSeconds(10);
    private static final UUID A = new UUID(1, 1);
    private static final UUID B = new UUID(1, 2);
    private static final Instant T0 = UsageRecords.T0;

    private final BlockingQueue<Map<UUID, Instant>> uses = new LinkedBlockingQueue<>();
    private final Fakes.Keys keys = new Fakes.Keys();
    private final KeyUseFlusher flusher = new KeyUseFlusher(
            () -> {
                Map<UUID, Instant> next = uses.poll();
                return next == null ? Map.of() : next;
            },
            keys);

    @AfterEach
    void close() {
        flusher.close();
    }

    @Test
    void writesLastUses() {
        uses.add(Map.of(A, T0));
        flusher.start();
        assertThat(flusher.flush(BOUND)).isTrue();
        assertThat(keys.uses).isEqualTo(Map.of(A, T0));
    }

    @Test
    void keepsTheLatestWhileTheDatabaseIsAway() {
        keys.away = true;
        uses.add(Map.of(A, T0.plusSeconds(9), B, T0));
        flusher.start();
        flusher.flush(BOUND);
        uses.add(Map.of(A, T0.plusSeconds(5), B, T0.plusSeconds(1)));
        flusher.flush(BOUND);
        assertThat(keys.uses).isEmpty();
        keys.away = false;
        flusher.flush(BOUND);
        assertThat(keys.uses).isEqualTo(Map.of(A, T0.plusSeconds(9), B, T0.plusSeconds(1)));
    }

    @Test
    void writesOnceMoreWhenItIsClosed() {
        flusher.start();
        flusher.flush(BOUND);
        uses.add(Map.of(A, T0));
        flusher.close();
        assertThat(keys.uses).containsKey(A);
    }
}
