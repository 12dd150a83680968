package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.domain.object.StoredObject;
import io.llmproxy.port.ObjectStore;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What every store of ownership promises. */
public abstract class ObjectStoreContract {
    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

    protected abstract ObjectStore store();

    /** A new tenant. */
    protected abstract UUID tenant();

    /** A new provider that tenants share. */
    protected abstract UUID provider();

    protected abstract void delete(UUID tenant);

    private static StoredObject file(UUID tenant, UUID provider, String id) {
        return StoredObject.made(provider, ObjectKind.FILE, id, tenant, NOW);
    }

    @Test
    void whatIsKeptIsFoundByItsOwnerAlone() {
        UUID acme = tenant();
        UUID globex = tenant();
        UUID pool = provider();
        StoredObject kept = StoredObject.made(pool, ObjectKind.RESPONSE, "resp_1", acme, NOW);
        assertThat(store().keep(kept)).isTrue();
        assertThat(store().find(acme, ObjectKind.RESPONSE, "resp_1")).containsExactly(kept);
        assertThat(store().find(globex, ObjectKind.RESPONSE, "resp_1")).isEmpty();
        assertThat(store().find(acme, ObjectKind.FILE, "resp_1")).isEmpty();
        assertThat(store().find(acme, ObjectKind.RESPONSE, "RESP_1")).isEmpty();
        assertThat(store().count(acme, pool, ObjectKind.RESPONSE)).isEqualTo(1);
        assertThat(store().count(globex, pool, ObjectKind.RESPONSE)).isZero();
    }

    @Test
    void theFirstOwnerStaysTheOwner() {
        UUID acme = tenant();
        UUID globex = tenant();
        UUID pool = provider();
        assertThat(store().keep(file(acme, pool, "file-1"))).isTrue();
        assertThat(store().keep(file(acme, pool, "file-1"))).isTrue();
        assertThat(store().keep(file(globex, pool, "file-1"))).isFalse();
        assertThat(store().find(globex, ObjectKind.FILE, "file-1")).isEmpty();
        store().forget(globex, pool, ObjectKind.FILE, "file-1");
        assertThat(store().find(acme, ObjectKind.FILE, "file-1")).hasSize(1);
    }

    @Test
    void ofSeveralKeptAtOnceThoseOfOthersArePassedOver() {
        UUID acme = tenant();
        UUID globex = tenant();
        UUID pool = provider();
        store().keep(file(globex, pool, "file-2"));
        store().keepAll(List.of(file(acme, pool, "file-1"), file(acme, pool, "file-2"), file(acme, pool, "file-3")));
        store().keepAll(List.of(file(acme, pool, "file-1")));
        assertThat(store().owned(acme, pool, ObjectKind.FILE, List.of("file-1", "file-2", "file-3")))
                .containsExactlyInAnyOrder("file-1", "file-3");
    }

    @Test
    void twoProvidersMayUseTheSameId() {
        UUID acme = tenant();
        UUID first = provider();
        UUID second = provider();
        store().keep(file(acme, first, "1"));
        store().keep(new StoredObject(second, ObjectKind.FILE, "1", acme, NOW.plusSeconds(1), null));
        assertThat(store().find(acme, ObjectKind.FILE, "1"))
                .extracting(StoredObject::providerId)
                .containsExactly(second, first);
    }

    @Test
    void manyIdsAreToldApart() {
        UUID acme = tenant();
        UUID pool = provider();
        List<String> ids = IntStream.range(0, 250).mapToObj(i -> "file-" + i).toList();
        ids.stream().filter(id -> id.endsWith("7")).forEach(id -> store().keep(file(acme, pool, id)));
        assertThat(store().owned(acme, pool, ObjectKind.FILE, ids)).hasSize(25).allMatch(id -> id.endsWith("7"));
        assertThat(store().owned(tenant(), pool, ObjectKind.FILE, ids)).isEmpty();
        assertThat(store().owned(acme, pool, ObjectKind.FILE, List.of())).isEmpty();
    }

    @Test
    void oddIdsComeBackAsTheyWere() {
        UUID acme = tenant();
        UUID pool = provider();
        List<String> odd =
                List.of("a'b", "ü😀", "%2e", "a b", "-", "x".repeat(StoredObject.MAX_ID), "\"", "a\\b", ":id");
        odd.forEach(id -> store().keep(file(acme, pool, id)));
        assertThat(store().owned(acme, pool, ObjectKind.FILE, odd)).isEqualTo(Set.copyOf(odd));
        assertThat(StoredObject.isId("a\0")).isFalse();
        assertThat(StoredObject.isId("\ud800")).isFalse();
        assertThat(StoredObject.isId("")).isFalse();
    }

    @Test
    void whatIsForgottenIsNobodys() {
        UUID acme = tenant();
        UUID globex = tenant();
        UUID pool = provider();
        store().keep(file(acme, pool, "file-1"));
        store().forget(acme, pool, ObjectKind.FILE, "file-1");
        store().forget(acme, pool, ObjectKind.FILE, "file-1");
        assertThat(store().find(acme, ObjectKind.FILE, "file-1")).isEmpty();
        assertThat(store().keep(file(globex, pool, "file-1"))).isTrue();
    }

    @Test
    void whatIsOverIsPurgedInSteps() {
        UUID acme = tenant();
        UUID pool = provider();
        for (int i = 0; i < 3; i++) {
            store().keep(StoredObject.made(pool, ObjectKind.RESPONSE, "resp_" + i, acme, NOW));
        }
        store().keep(file(acme, pool, "file-1"));
        Instant later = NOW.plus(Duration.ofDays(91));
        assertThat(store().purge(acme, NOW, 10)).isZero();
        assertThat(store().purge(tenant(), later, 10)).isZero();
        assertThat(store().purge(acme, later, 2)).isEqualTo(2);
        assertThat(store().purge(acme, later, 2)).isEqualTo(1);
        assertThat(store().count(acme, pool, ObjectKind.FILE)).isEqualTo(1);
    }

    @Test
    void aTenantsObjectsGoWithIt() {
        UUID acme = tenant();
        UUID pool = provider();
        store().keep(file(acme, pool, "file-1"));
        delete(acme);
        assertThat(store().count(acme, pool, ObjectKind.FILE)).isZero();
        assertThat(store().keep(file(tenant(), pool, "file-1"))).isTrue();
    }

    @Test
    void ofManyWhoKeepTheSameAtOnceOneOwnsIt() throws InterruptedException {
        UUID pool = provider();
        List<UUID> tenants = IntStream.range(0, 6).mapToObj(i -> tenant()).toList();
        ConcurrentLinkedQueue<UUID> owners = new ConcurrentLinkedQueue<>();
        List<Thread> threads = tenants.stream()
                .map(tenant -> Thread.ofVirtual().start(() -> {
                    if (store().keep(file(tenant, pool, "file-1"))) {
                        owners.add(tenant);
                    }
                }))
                .toList();
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(owners).hasSize(1);
    }

    @Test
    void askingWhetherItIsThereWorks() {
        store().check();
    }
}
