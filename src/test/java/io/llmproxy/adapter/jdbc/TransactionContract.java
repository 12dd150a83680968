package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.port.StateSource.ManagedState;
import io.llmproxy.port.StoreException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** {@link io.llmproxy.port.Transactor} and {@link io.llmproxy.port.StateSource}. */
abstract class TransactionContract {
    abstract Database database();

    @Test
    void anExceptionRollsBackAndIsThrownOn() {
        Tenant tenant = Samples.tenant(unique("rolled-back"));
        IllegalStateException failure = new IllegalStateException("no");
        assertThatThrownBy(() -> database().transactor().inTransaction(() -> {
                    database().tenants().insert(tenant);
                    throw failure;
                }))
                .isSameAs(failure);
        assertThat(database().tenants().find(tenant.slug())).isEmpty();
    }

    @Test
    void anInnerTransactionJoinsTheOuter() {
        Tenant tenant = Samples.tenant(unique("nested"));
        assertThatThrownBy(() -> database().transactor().inTransaction(() -> {
                    database().transactor().inTransaction(() -> {
                        database().tenants().insert(tenant);
                        return true;
                    });
                    assertThat(database().tenants().find(tenant.slug())).isPresent();
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertThat(database().tenants().find(tenant.slug())).isEmpty();
    }

    @Test
    void aStatementThatFailsDoomsItsTransactionEvenWhereCaught() {
        Tenant taken = Samples.tenant(unique("taken"));
        database().tenants().insert(taken);
        Tenant other = Samples.tenant(unique("other"));
        assertThatThrownBy(() -> database().transactor().inTransaction(() -> {
                    database().tenants().insert(other);
                    try {
                        database().tenants().insert(Samples.tenant(taken.slug()));
                    } catch (StoreException.Duplicate e) {
                        return false;
                    }
                    return true;
                }))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("an earlier statement of the same transaction failed");
        assertThat(database().tenants().find(other.slug())).isEmpty();
    }

    @Test
    void whatIsNotCommittedIsNotSeenByOthers() throws Exception {
        Tenant tenant = Samples.tenant(unique("unseen"));
        List<Boolean> seen = new ArrayList<>();
        database().transactor().inTransaction(() -> {
            database().tenants().insert(tenant);
            Thread other = Thread.ofVirtual()
                    .start(() ->
                            seen.add(database().tenants().find(tenant.slug()).isPresent()));
            try {
                other.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return true;
        });
        assertThat(seen).containsExactly(false);
        assertThat(database().tenants().find(tenant.slug())).isPresent();
    }

    @Test
    void anInterruptNeitherHarmsTheDatabaseNorGetsLost() {
        Tenant tenant = Samples.tenant(unique("interrupted"));
        Thread.currentThread().interrupt();
        database().tenants().insert(tenant);
        assertThat(database().tenants().find(tenant.slug())).isPresent();
        assertThat(Thread.interrupted()).isTrue();
        assertThat(database().tenants().find(tenant.slug())).isPresent();
    }

    @Test
    void theRevisionRisesWithCommittedChangesOnly() {
        long before = database().state().revision();
        database().transactor().inTransaction(() -> {
            database().state().changed();
            return true;
        });
        assertThat(database().state().revision()).isEqualTo(before + 1);
        assertThatThrownBy(() -> database().transactor().inTransaction(() -> {
                    database().state().changed();
                    throw new IllegalStateException("no");
                }))
                .hasMessage("no");
        assertThat(database().state().revision()).isEqualTo(before + 1);
    }

    @Test
    void theStateIsLoadedWholeOrForOneTenantWithTheSharedProviders() {
        Tenant one = Samples.fullTenant(unique("one"));
        Tenant two = Samples.tenant(unique("two"));
        for (Tenant tenant : List.of(one, two)) {
            database().tenants().insert(tenant);
            User user = Samples.user(tenant, "a@example.com");
            database().users().insert(user);
            database().keys().insert(Samples.fullKey(tenant, user, "k"));
            database().providers().insert(Samples.provider(tenant.id(), "p"));
        }
        String shared = unique("shared");
        database().providers().insert(Samples.provider(null, shared));

        ManagedState all = database().state().load(null);
        assertThat(all.tenants()).contains(one, two);
        assertThat(all.revision()).isEqualTo(database().state().revision());
        ManagedState mine = database().state().load(one.slug());
        assertThat(mine.tenants()).containsExactly(one);
        assertThat(mine.users()).extracting(User::tenantId).containsExactly(one.id());
        assertThat(mine.keys()).extracting(k -> k.tenantId()).containsExactly(one.id());
        assertThat(mine.providers()).noneMatch(p -> two.id().equals(p.tenantId()));
        assertThat(mine.providers()).extracting(p -> p.name()).contains("p", shared);
        assertThat(database().state().load("nobody").tenants()).isEmpty();
    }

    @Test
    void aSnapshotDoesNotSeeWhatIsCommittedMeanwhile() throws Exception {
        Transactions transactions = (Transactions) database().transactor();
        Tenant tenant = Samples.tenant(unique("meanwhile"));
        database().tenants().insert(tenant);
        transactions.snapshot(() -> {
            database().state().revision();
            Thread other = Thread.ofVirtual().start(() -> database().users().insert(Samples.user(tenant, "a@b.c")));
            try {
                other.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            assertThat(database().users().count(tenant.id())).isZero();
            return true;
        });
        assertThat(database().users().count(tenant.id())).isEqualTo(1);
    }
}
