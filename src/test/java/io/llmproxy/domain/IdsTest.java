package io.llmproxy.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.HashSet;
import java.util.Set;
import java.util.UUID;
import org.junit.jupiter.api.Test;

class IdsTest {
    @Test
    void areVersionSevenOfTheGivenTime() {
        Instant now = Instant.parse("2026-11-20T10:00:00.123Z");
        UUID id = Ids.next(now);
        assertThat(id.version()).isEqualTo(7);
        assertThat(id.variant()).isEqualTo(2);
        assertThat(id.getMostSignificantBits() >>> 16).isEqualTo(now.toEpochMilli());
        assertThat(Ids.isUuid(id.toString())).isTrue();
    }

    @Test
    void areDistinctWithinOneMillisecond() {
        Instant now = Instant.parse("2026-11-20T10:00:00Z");
        Set<UUID> seen = new HashSet<>();
        for (int i = 0; i < 100_000; i++) {
            assertThat(seen.add(Ids.next(now))).isTrue();
        }
    }

    @Test
    void orderByTime() {
        Instant now = Instant.parse("2026-11-20T10:00:00Z");
        assertThat(Ids.next(now.plusMillis(1)).toString())
                .isGreaterThan(Ids.next(now).toString());
    }

    @Test
    void tellsAUuidFromOtherTexts() {
        assertThat(Ids.isUuid("0193")).isFalse();
        assertThat(Ids.isUuid("g193a5b2-0000-7000-8000-000000000000")).isFalse();
        assertThat(Ids.isUuid("0193a5b2x0000-7000-8000-000000000000")).isFalse();
    }
}
