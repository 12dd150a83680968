package io.llmproxy.adapter.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.idempotency.RecordedAnswer;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.port.ContentSealer;
import io.llmproxy.port.IdempotencyStore;
import io.llmproxy.port.IdempotencyStore.Claim;
import io.llmproxy.port.IdempotencyStore.Request;
import io.llmproxy.port.IdempotencyStore.State;
import io.llmproxy.port.StoreException;
import io.llmproxy.testing.IdempotencyStoreContract;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

abstract class JdbcIdempotencyContract extends IdempotencyStoreContract {
    private @Nullable IdempotencyStore store;
    private @Nullable UUID tenant;

    abstract Database database();

    @Override
    protected IdempotencyStore store() {
        if (store == null) {
            store = open(new Reversing(), Duration.ofSeconds(60));
        }
        return store;
    }

    private IdempotencyStore open(ContentSealer sealer, Duration lease) {
        return database().idempotency(sealer, lease);
    }

    @Override
    protected @Nullable UUID tenant() {
        if (tenant == null) {
            Tenant made = Samples.tenant(Samples.unique("idem"));
            database().tenants().insert(made);
            tenant = made.id();
        }
        return tenant;
    }

    @Test
    void answersOutliveTheStoreAndAreSealed() {
        Request request = request(1);
        byte[] body = "what the model said".getBytes(StandardCharsets.UTF_8);
        record(
                granted(store().claim(request, NOW)),
                new RecordedAnswer(200, HeaderFields.NONE, body.length, body, HeaderFields.NONE));
        assertThat(open(new Reversing(), Duration.ofSeconds(60)).claim(request, NOW))
                .isInstanceOfSatisfying(
                        State.Recorded.class, r -> assertThat(r.answer().body()).isEqualTo(body));
        assertThatThrownBy(() -> open(new Refusing(), Duration.ofSeconds(60)).claim(request, NOW))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("sealed under another key");
    }

    @Test
    void answersGoWithTheirTenant() {
        Request request = request(1);
        Claim claim = granted(store().claim(request, NOW));
        record(claim, small());
        Request running = request(2);
        Claim late = granted(store().claim(running, NOW));
        UUID id = java.util.Objects.requireNonNull(tenant());
        database().tenants().delete(id);
        Request without = new Request(request.identity(), request.content(), null);
        granted(store().claim(without, NOW));
        // one that was running then is not stored, and nobody fails for it
        record(late, small());
        tenant = null;
        granted(store().claim(new Request(running.identity(), running.content(), null), NOW));
    }

    @Test
    void aClaimThatNobodyRenewsIsFreeAfterItsLeaseWhereSeveralProcessesMayHoldOne() {
        IdempotencyStore brief = open(new Reversing(), Duration.ofMillis(300));
        Request request = request(1);
        Claim dead = granted(brief.claim(request, NOW));
        if (brief.lease() == null) {
            // the claims of the one process end with it
            granted(open(new Reversing(), Duration.ofMillis(300)).claim(request, NOW));
            return;
        }
        State state = brief.claim(request, NOW);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        while (state instanceof State.Running) {
            assertThat(System.nanoTime() - end).isNegative();
            LockSupport.parkNanos(20_000_000);
            state = brief.claim(request, NOW);
        }
        Claim second = granted(state);
        brief.renew(List.of(second));
        record(dead, small());
        brief.release(List.of(dead));
        record(second, small());
        assertThat(brief.claim(request, NOW)).isInstanceOf(State.Recorded.class);
    }

    @Test
    void manyAreRecordedAtOnce() {
        List<IdempotencyStore.Recording> all = new ArrayList<>();
        List<Request> requests = new ArrayList<>();
        for (int i = 0; i < 70; i++) {
            Request request = request(i);
            requests.add(request);
            all.add(new IdempotencyStore.Recording(granted(store().claim(request, NOW)), small(), NOW.plusSeconds(60)));
        }
        store().record(all);
        requests.forEach(r -> assertThat(store().claim(r, NOW)).isInstanceOf(State.Recorded.class));
    }

    @Test
    void idsOfClaimsAreOurs() {
        assertThat(granted(store().claim(request(1), NOW)).id().version())
                .isEqualTo(Ids.next(NOW).version());
    }

    /** Seals by turning round, and tells places apart by their hash. */
    private static final class Reversing implements ContentSealer {
        @Override
        public byte[] sealContent(byte[] content, String context) {
            byte[] out = Arrays.copyOf(content, content.length + 1);
            out[content.length] = (byte) context.hashCode();
            for (int i = 0; i < content.length; i++) {
                out[i] ^= 0x55;
            }
            return out;
        }

        @Override
        public byte[] openContent(byte[] sealed, String context) {
            if (sealed[sealed.length - 1] != (byte) context.hashCode()) {
                throw new IllegalStateException("elsewhere");
            }
            byte[] out = Arrays.copyOf(sealed, sealed.length - 1);
            for (int i = 0; i < out.length; i++) {
                out[i] ^= 0x55;
            }
            return out;
        }
    }

    private static final class Refusing implements ContentSealer {
        @Override
        public byte[] sealContent(byte[] content, String context) {
            throw new IllegalStateException("not asked for");
        }

        @Override
        public byte[] openContent(byte[] sealed, String context) {
            throw new IllegalStateException("another key");
        }
    }
}
