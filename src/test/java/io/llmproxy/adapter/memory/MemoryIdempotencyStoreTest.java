package io.llmproxy.adapter.memory;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.port.IdempotencyStore;
import io.llmproxy.port.IdempotencyStore.Request;
import io.llmproxy.port.IdempotencyStore.State;
import io.llmproxy.testing.IdempotencyStoreContract;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MemoryIdempotencyStoreTest extends IdempotencyStoreContract {
    private final MemoryIdempotencyStore store = new MemoryIdempotencyStore(50);

    @Override
    protected IdempotencyStore store() {
        return store;
    }

    @Override
    protected @Nullable UUID tenant() {
        return null;
    }

    @Test
    void theOldestAnswerMakesRoomForTheNewest() {
        Request first = request(0);
        record(granted(store.claim(first, NOW)), small());
        for (int i = 0; i < 50; i++) {
            record(granted(store.claim(request(i), NOW)), small());
        }
        assertThat(store.claim(first, NOW)).isInstanceOf(State.Granted.class);
    }
}
