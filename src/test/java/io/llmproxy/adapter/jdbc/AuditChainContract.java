package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.NOW;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditChain;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.audit.AuditQuery;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.port.AuditChainStore;
import io.llmproxy.port.AuditStore;
import io.llmproxy.port.StoreException;
import io.llmproxy.testing.FakeAudit;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.LongStream;
import javax.sql.DataSource;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/** Chains under several writers, and whoever changes them by SQL. Each test has a tenant of its own. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class AuditChainContract {
    private final FakeAudit.Signer signer = new FakeAudit.Signer();
    private final Tenant tenant = Samples.tenant(Samples.unique("chain"));
    private final List<Database> processes = new ArrayList<>();

    /** Those that may share it. */
    abstract List<Database> open();

    abstract DataSource source();

    @BeforeAll
    void start() {
        processes.addAll(open());
    }

    @AfterAll
    void stop() {
        processes.forEach(Database::close);
    }

    private AuditStore audit() {
        return processes.getFirst().audit(signer);
    }

    private AuditChainStore chains() {
        return processes.getFirst().auditChains(signer);
    }

    private Tenant filled(int events) {
        Tenant mine = Samples.tenant(Samples.unique("chain"));
        for (int i = 0; i < events; i++) {
            audit().append(Samples.event(mine, "a" + i, NOW.plusSeconds(i)));
        }
        return mine;
    }

    /** @param sql with {@code CHAIN} in the place of the chain's id */
    private void run(String sql, Tenant of) throws SQLException {
        try (Connection connection = source().getConnection();
                Statement statement = connection.createStatement()) {
            assertThat(statement.executeUpdate(sql.replace("CHAIN", "'" + of.id() + "'")))
                    .isPositive();
        }
    }

    private List<AuditChain.Link> links(Tenant of) {
        return chains().links(of.id(), 0, Long.MAX_VALUE, 1000);
    }

    @Test
    void severalWritersMakeOneChainWithoutAGap() throws Exception {
        int each = 20;
        List<Callable<Boolean>> writers = new ArrayList<>();
        for (int w = 0; w < 6; w++) {
            AuditStore store = processes.get(w % processes.size()).audit(signer);
            writers.add(() -> {
                for (int i = 0; i < each; i++) {
                    store.append(Samples.event(tenant, "key.create", NOW));
                }
                return true;
            });
        }
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (Future<Boolean> done : threads.invokeAll(writers)) {
                assertThat(done.get()).isTrue();
            }
        }
        List<AuditChain.Link> links = links(tenant);
        assertThat(links)
                .extracting(AuditChain.Link::number)
                .containsExactlyElementsOf(
                        LongStream.rangeClosed(1, 6L * each).boxed().toList());
        String previous = AuditChain.NOTHING;
        for (AuditChain.Link link : links) {
            assertThat(link.previous()).isEqualTo(previous);
            assertThat(link.hash()).isEqualTo(AuditRows.hash(link.chain(), link.number(), previous, link.event()));
            previous = link.hash();
        }
        assertThat(chains().find(tenant.id()).orElseThrow().hash()).isEqualTo(previous);
    }

    @Test
    void eventsOfOneBatchAreLinksBehindEachOtherInTheChainsOfTheirTenants() {
        Tenant one = filled(1);
        Tenant other = Samples.tenant(Samples.unique("chain"));
        audit().appendAll(List.of(
                Samples.event(one, "b0", NOW), Samples.event(other, "c0", NOW), Samples.event(one, "b1", NOW)));
        audit().append(Samples.event(one, "d", NOW));
        assertThat(links(one)).extracting(link -> link.event().action()).containsExactly("a0", "b0", "b1", "d");
        assertThat(links(one)).extracting(AuditChain.Link::number).containsExactly(1L, 2L, 3L, 4L);
        assertThat(links(other)).extracting(AuditChain.Link::number).containsExactly(1L);
        String previous = AuditChain.NOTHING;
        for (AuditChain.Link link : links(one)) {
            assertThat(link.hash()).isEqualTo(AuditRows.hash(link.chain(), link.number(), previous, link.event()));
            previous = link.hash();
        }
        assertThat(chains().find(one.id()).orElseThrow().hash()).isEqualTo(previous);
    }

    @Test
    void headsAreSignedWhenEnoughCameOrLongAgo() {
        Tenant mine = filled(3);
        assertThat(signed(4, NOW, mine)).isFalse();
        assertThat(signed(3, NOW, mine)).isTrue();
        assertThat(signed(1, NOW, mine)).isFalse();
        audit().append(Samples.event(mine, "b", NOW.plusSeconds(9)));
        assertThat(signed(100, NOW.plusSeconds(9), mine)).isFalse();
        assertThat(signed(100, NOW.plusSeconds(10), mine)).isTrue();
        assertThat(chains().heads(mine.id(), 1, 9))
                .extracting(AuditChain.Head::number)
                .containsExactly(3L, 4L);
    }

    private boolean signed(int unsigned, java.time.Instant due, Tenant mine) {
        try {
            return chains().sign(unsigned, due, NOW).stream()
                    .anyMatch(h -> h.chain().equals(mine.id()));
        } catch (StoreException.Broken e) {
            return chains().heads(mine.id(), 1, Long.MAX_VALUE).stream()
                    .anyMatch(h ->
                            h.number() == chains().find(mine.id()).orElseThrow().number());
        }
    }

    @Test
    void whatWasChangedBySqlIsNotSigned() throws SQLException {
        refusedToSign("UPDATE audit_events SET target = 'key/other' WHERE number = 2 AND chain_id = CHAIN");
        refusedToSign("DELETE FROM audit_events WHERE number = 2 AND chain_id = CHAIN");
        refusedToSign("DELETE FROM audit_events WHERE number = 4 AND chain_id = CHAIN");
        refusedToSign("UPDATE audit_chains SET hash = '" + "1".repeat(64) + "' WHERE id = CHAIN");
    }

    private void refusedToSign(String tampering) throws SQLException {
        Tenant mine = filled(4);
        run(tampering, mine);
        assertThatThrownBy(() -> chains().sign(1, NOW, NOW))
                .isInstanceOf(StoreException.Broken.class)
                .hasMessageContaining("event ");
        assertThat(chains().heads(mine.id(), 1, 9)).isEmpty();
        run("DELETE FROM audit_chains WHERE id = CHAIN", mine);
    }

    @Test
    void eventsWithoutAPlaceAreGivenTheirs() throws SQLException {
        Tenant mine = filled(5);
        run("UPDATE audit_events SET chain_id = NULL, number = NULL, hash = NULL WHERE chain_id = CHAIN", mine);
        run("DELETE FROM audit_chains WHERE id = CHAIN", mine);
        assertThat(chains().adopt(100, NOW)).isGreaterThanOrEqualTo(5);
        assertThat(chains().adopt(100, NOW)).isZero();
        assertThat(links(mine))
                .extracting(l -> l.event().action())
                .containsExactly("a0", "a1", "a2", "a3", "a4", "audit.genesis");
        assertThat(links(mine).getLast().event().details()).containsEntry("events", "5");
        assertThat(signed(1, NOW, mine)).isTrue();
    }

    @Test
    void aPurgeLeavesACheckpointAndAChainThatGoesOn() {
        Tenant mine = filled(6);
        assertThat(audit().purge(mine.id(), NOW.plusSeconds(4), 3)).isEqualTo(3);
        assertThat(audit().purge(mine.id(), NOW.plusSeconds(4), 3)).isEqualTo(1);
        assertThat(audit().purge(mine.id(), NOW.plusSeconds(4), 3)).isZero();
        AuditChain chain = chains().find(mine.id()).orElseThrow();
        assertThat(chain.purgedNumber()).isEqualTo(4);
        assertThat(chains().heads(mine.id(), 1, 9)).singleElement().satisfies(h -> {
            assertThat(h.mark()).isEqualTo(AuditChain.Mark.CHECKPOINT);
            assertThat(h.number()).isEqualTo(4);
            assertThat(h.hash()).isEqualTo(chain.purgedHash());
        });
        AuditChain.Link next = chains().links(mine.id(), 4, 9, 9).getFirst();
        assertThat(next.number()).isEqualTo(5);
        assertThat(next.previous()).isEqualTo(chain.purgedHash());
        assertThat(audit().purge(mine.id(), NOW.plusSeconds(60), 9)).isEqualTo(2);
        audit().append(Samples.event(mine, "later", NOW.plusSeconds(61)));
        assertThat(chains().links(mine.id(), 6, 9, 9).getFirst().number()).isEqualTo(7);
        assertThat(signed(1, NOW, mine)).isTrue();
    }

    @Test
    void eventsAreFoundByWhatTheyAre() {
        Tenant mine = filled(2);
        AuditEvent revoke = Samples.event(mine, "key.revoke", NOW.plusSeconds(5));
        audit().append(revoke);
        audit().append(Samples.event(mine, "keyring.revoke", NOW.plusSeconds(6)));
        assertThat(found(new AuditQuery(mine.id(), null, null, null, "key", null)))
                .containsExactly(revoke);
        assertThat(found(new AuditQuery(mine.id(), NOW.plusSeconds(5), NOW.plusSeconds(6), null, null, null)))
                .containsExactly(revoke);
        assertThat(found(new AuditQuery(mine.id(), null, null, "unix:nobody", null, null)))
                .isEmpty();
        assertThat(found(new AuditQuery(mine.id(), null, null, "unix:root", null, "key/dev")))
                .hasSize(4);
        Page<AuditEvent> all = audit().follow(AuditQuery.of(mine.id()), Page.Request.first(9));
        assertThat(all.items())
                .hasSize(4)
                .first()
                .satisfies(e -> assertThat(e.action()).isEqualTo("a0"));
        assertThat(audit().follow(AuditQuery.of(mine.id()), new Page.Request(9, all.next()))
                        .items())
                .isEmpty();
    }

    private List<AuditEvent> found(AuditQuery query) {
        return audit().list(query, Page.Request.first(9)).items();
    }
}
