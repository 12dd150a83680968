package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.idempotency.Fingerprint;
import io.llmproxy.domain.idempotency.RecordedAnswer;
import io.llmproxy.port.IdempotencyStore;
import io.llmproxy.port.IdempotencyStore.Claim;
import io.llmproxy.port.IdempotencyStore.Recording;
import io.llmproxy.port.IdempotencyStore.Request;
import io.llmproxy.port.IdempotencyStore.State;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What every {@link IdempotencyStore} does. */
public abstract class IdempotencyStoreContract {
    protected static final Instant NOW = Instant.parse("2026-03-04T05:06:07.123456Z");
    private static final Instant DAY_LATER = NOW.plus(Duration.ofHours(24));

    protected abstract IdempotencyStore store();

    /** A tenant that the store knows. */
    protected abstract @Nullable UUID tenant();

    @Test
    public void oneIsGrantedAndTheOthersAreToldThatItRuns() {
        Request request = request(1);
        Claim claim = granted(store().claim(request, NOW));
        assertThat(claim.request()).isEqualTo(request);
        assertThat(store().claim(request, NOW)).isEqualTo(new State.Running());
        assertThat(store().claim(content(request, 2), NOW)).isEqualTo(new State.Conflict());
    }

    @Test
    public void aRecordedAnswerComesBackAsItWas() {
        Request request = request(1);
        byte[] body = new byte[300_000];
        for (int i = 0; i < body.length; i++) {
            body[i] = (byte) (i * 31 ^ i >> 8);
        }
        HeaderFields headers = HeaderFields.of("Content-Type", "text/event-stream", "X-A", "1", "X-A", "", "X-Ü", "é");
        record(
                granted(store().claim(request, NOW)),
                new RecordedAnswer(201, headers, -1, body, HeaderFields.of("X-Trailer", "t")));

        State state = store().claim(request, NOW.plusSeconds(1));
        assertThat(state).isInstanceOfSatisfying(State.Recorded.class, recorded -> {
            assertThat(recorded.answer().status()).isEqualTo(201);
            assertThat(recorded.answer().contentLength()).isEqualTo(-1);
            assertThat(recorded.answer().body()).isEqualTo(body);
            assertThat(pairs(recorded.answer().headers())).isEqualTo(pairs(headers));
            assertThat(pairs(recorded.answer().trailers())).containsExactly("X-Trailer=t");
        });
        assertThat(store().claim(content(request, 2), NOW)).isEqualTo(new State.Conflict());
    }

    @Test
    public void aReleasedRequestMayRunAgainWithAnyContent() {
        Request request = request(1);
        Claim claim = granted(store().claim(request, NOW));
        store().release(List.of(claim));
        Claim second = granted(store().claim(content(request, 2), NOW));
        // who held it before has no say any more
        store().release(List.of(claim));
        record(claim, small());
        assertThat(store().claim(content(request, 2), NOW)).isEqualTo(new State.Running());
        record(second, small());
        assertThat(store().claim(content(request, 2), NOW)).isInstanceOf(State.Recorded.class);
    }

    @Test
    public void anAnswerExpires() {
        Request request = request(1);
        record(granted(store().claim(request, NOW)), small());
        assertThat(store().claim(request, DAY_LATER.minusSeconds(1))).isInstanceOf(State.Recorded.class);
        Claim again = granted(store().claim(content(request, 2), DAY_LATER));
        record(again, small());
        assertThat(store().claim(content(request, 2), NOW)).isInstanceOf(State.Recorded.class);
    }

    @Test
    public void purgingTakesWhatExpiredUpToAMaximumAndNoClaims() {
        store().purge(Instant.parse("9999-01-01T00:00:00Z"), 10_000);
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            Request request = request(i);
            requests.add(request);
            record(granted(store().claim(request, NOW)), small());
        }
        Request running = request(9);
        granted(store().claim(running, NOW));
        assertThat(store().purge(DAY_LATER.minusSeconds(1), 10)).isZero();
        assertThat(store().purge(DAY_LATER.minusSeconds(1), 10)).isZero();
        assertThat(store().purge(DAY_LATER, 3)).isGreaterThanOrEqualTo(3);
        store().purge(DAY_LATER, 10);
        granted(store().claim(requests.getFirst(), NOW));
    }

    @Test
    public void trimmingTakesTheOldestOfWhoHasTooMuch() {
        store().purge(Instant.parse("9999-01-01T00:00:00Z"), 10_000);
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Request request = request(i);
            requests.add(request);
            Claim claim = granted(store().claim(request, NOW));
            store().record(List.of(new Recording(claim, noise(100_000), DAY_LATER.plusSeconds(i))));
        }
        // stored answers are larger than their bodies, by less than half
        assertThat(store().trim(1_000_000, 10)).isZero();
        assertThat(store().trim(300_000, 10)).isBetween(1, 2);
        granted(store().claim(requests.getFirst(), NOW));
        assertThat(store().claim(requests.getLast(), NOW)).isInstanceOf(State.Recorded.class);
    }

    @Test
    public void ofManyAtOnceOneIsGranted() throws Exception {
        IdempotencyStore store = store();
        for (int round = 0; round < 5; round++) {
            Request request = request(1);
            List<Callable<State>> all = new ArrayList<>();
            for (int i = 0; i < 16; i++) {
                all.add(() -> store.claim(request, NOW));
            }
            try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
                int granted = 0;
                for (Future<State> one : threads.invokeAll(all)) {
                    granted += one.get() instanceof State.Granted ? 1 : 0;
                }
                assertThat(granted).isEqualTo(1);
            }
        }
    }

    protected void record(Claim claim, RecordedAnswer answer) {
        store().record(List.of(new Recording(claim, answer, DAY_LATER)));
    }

    protected static RecordedAnswer small() {
        return new RecordedAnswer(200, HeaderFields.of("a", "b"), 2, new byte[] {'{', '}'}, HeaderFields.NONE);
    }

    private static RecordedAnswer noise(int length) {
        byte[] bytes = new byte[length];
        new java.util.Random(42).nextBytes(bytes);
        return new RecordedAnswer(200, HeaderFields.NONE, length, bytes, HeaderFields.NONE);
    }

    protected static Claim granted(State state) {
        assertThat(state).isInstanceOf(State.Granted.class);
        return ((State.Granted) state).claim();
    }

    /** A request that nobody made before. */
    protected Request request(int content) {
        UUID id = Ids.next(NOW);
        byte[] identity = ByteBuffer.allocate(32)
                .putLong(id.getMostSignificantBits())
                .putLong(id.getLeastSignificantBits())
                .array();
        return new Request(Fingerprint.of(identity), fingerprint(content), tenant());
    }

    private static Request content(Request request, int content) {
        return new Request(request.identity(), fingerprint(content), request.tenantId());
    }

    private static Fingerprint fingerprint(int n) {
        return Fingerprint.of(ByteBuffer.allocate(32).putInt(n).array());
    }

    private static List<String> pairs(HeaderFields fields) {
        List<String> out = new ArrayList<>();
        fields.forEach((name, value) -> out.add(name + "=" + value));
        return out;
    }
}
