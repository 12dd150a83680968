package io.llmproxy.gateway.idempotency;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.adapter.memory.MemoryIdempotencyStore;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.idempotency.Fingerprint;
import io.llmproxy.domain.idempotency.RecordedAnswer;
import io.llmproxy.port.IdempotencyStore.Claim;
import io.llmproxy.port.IdempotencyStore.Recording;
import io.llmproxy.port.IdempotencyStore.Request;
import io.llmproxy.port.IdempotencyStore.State;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.UUID;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What {@code idempotency.max-stored} lets stay; answers here are of a thousand bytes each. */
class IdempotencyUpkeepTest {
    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
    private static final UUID MUCH = new UUID(1, 1);
    private static final UUID LITTLE = new UUID(2, 2);
    private static final int ANSWER = 1_000;

    private final MemoryIdempotencyStore store = new MemoryIdempotencyStore(10_000);
    private Instant now = NOW;

    private void upkeep(long maxStored) {
        try (IdempotencyUpkeep upkeep = new IdempotencyUpkeep(store, List::of, maxStored, () -> now)) {
            upkeep.purge();
        }
    }

    private static Request request(UUID tenant, int number) {
        byte[] identity = ByteBuffer.allocate(32)
                .putLong(tenant.getMostSignificantBits())
                .putInt(number)
                .array();
        return new Request(Fingerprint.of(identity), Fingerprint.of(new byte[32]), tenant);
    }

    private Claim claim(UUID tenant, int number) {
        State state = store.claim(request(tenant, number), now);
        assertThat(state).isInstanceOf(State.Granted.class);
        return ((State.Granted) state).claim();
    }

    private void record(UUID tenant, int count) {
        for (int i = 0; i < count; i++) {
            RecordedAnswer answer =
                    new RecordedAnswer(200, HeaderFields.NONE, ANSWER, new byte[ANSWER], HeaderFields.NONE);
            store.record(List.of(new Recording(claim(tenant, i), answer, NOW.plus(Duration.ofHours(24)))));
        }
    }

    /** Which of so many are still there; the others are claimed by asking, and given up again. */
    private List<Integer> kept(UUID tenant, int count) {
        return IntStream.range(0, count)
                .filter(i -> switch (store.claim(request(tenant, i), now)) {
                    case State.Recorded _ -> true;
                    case State.Granted granted -> {
                        store.release(List.of(granted.claim()));
                        yield false;
                    }
                    case State.Running _, State.Conflict _ -> throw new AssertionError("nothing runs");
                })
                .boxed()
                .toList();
    }

    private static List<Integer> from(int first, int end) {
        return IntStream.range(first, end).boxed().toList();
    }

    /** More than go in one step. */
    @Test
    void ofATenantThatHasTooMuchTheOldestGoUntilTheRestFits() {
        int count = 2 * IdempotencyUpkeep.STEP + 300;
        record(MUCH, count);
        record(LITTLE, 100);
        upkeep(100L * ANSWER);
        assertThat(kept(MUCH, count)).isEqualTo(from(count - 100, count));
        assertThat(kept(LITTLE, 100)).isEqualTo(from(0, 100));
    }

    @Test
    void whatFitsStays() {
        record(MUCH, 100);
        upkeep(100L * ANSWER);
        assertThat(kept(MUCH, 100)).isEqualTo(from(0, 100));
        upkeep(100L * ANSWER - 1);
        assertThat(kept(MUCH, 100)).isEqualTo(from(1, 100));
        upkeep(0);
        assertThat(kept(MUCH, 100)).isEmpty();
    }

    @Test
    void whatIsTooOldGoesWhereverThereIsRoom() {
        int count = IdempotencyUpkeep.STEP + 7;
        record(MUCH, count);
        Claim running = claim(LITTLE, 0);
        now = NOW.plus(Duration.ofHours(24));
        upkeep(Long.MAX_VALUE);
        assertThat(store.purge(Instant.MAX, 1)).as("answers that are left").isZero();
        assertThat(store.claim(running.request(), now)).as("what runs").isInstanceOf(State.Running.class);
    }
}
