package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class LastUseTest {
    private static final UUID KEY = new UUID(1, 2);
    private static final Instant SECOND = Instant.parse("2026-01-02T03:04:05Z");

    private final LastUse uses = new LastUse();

    @Test
    void keepsTheFirstUseOfASecond() {
        uses.note(KEY, SECOND.plusMillis(100));
        uses.note(KEY, SECOND.plusMillis(900));

        assertThat(uses.drain()).containsEntry(KEY, SECOND.plusMillis(100));
    }

    @Test
    void keepsTheLatestSecond() {
        uses.note(KEY, SECOND);
        uses.note(KEY, SECOND.plusSeconds(1));

        assertThat(uses.drain()).containsEntry(KEY, SECOND.plusSeconds(1));
    }

    @Test
    void notesAgainWhatWasTaken() {
        uses.note(KEY, SECOND);
        uses.drain();
        uses.note(KEY, SECOND.plusMillis(1));

        assertThat(uses.drain()).containsEntry(KEY, SECOND.plusMillis(1));
        assertThat(uses.drain()).isEmpty();
    }
}
