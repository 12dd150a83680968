package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.NOW;
import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

abstract class LimitStoreContract {
    abstract Database database();

    private Tenant tenant() {
        Tenant tenant = Samples.tenant(unique("limits"));
        database().tenants().insert(tenant);
        return tenant;
    }

    private static Limit limit(Tenant tenant, @Nullable String subject, long amount) {
        String id = Ids.next(NOW).toString();
        return Limit.of(
                        id,
                        LimitScope.USER,
                        LimitMetric.REQUESTS,
                        amount,
                        LimitPeriod.DAY,
                        LimitAlgorithm.FIXED_WINDOW,
                        LimitOrigin.ADMIN)
                .of(tenant.id())
                .as(id, subject);
    }

    @Test
    void aLimitIsChangedByWhatMakesItOneAndKeepsItsId() {
        Tenant tenant = tenant();
        Limit each = database().limits().put(limit(tenant, null, 5), NOW);
        Limit anns = database().limits().put(limit(tenant, "ann@x.example", 6), NOW);
        Limit changed = database().limits().put(limit(tenant, "ann@x.example", 7), NOW);
        assertThat(changed).isEqualTo(anns.amount(7));
        assertThat(database().limits().list(tenant.id())).containsExactlyInAnyOrder(each, changed);
    }

    @Test
    void aLimitIsChangedByItsIdTogetherWithItsSubject() {
        Tenant tenant = tenant();
        Limit byId = database().limits().put(limit(tenant, UUID.randomUUID().toString(), 5), NOW);
        Limit other = database().limits().put(limit(tenant, "bob@x.example", 5), NOW);
        Limit named = byId.as(byId.id(), "ann@x.example").amount(9);
        assertThat(database().limits().put(named, NOW)).isEqualTo(named);
        assertThat(database().limits().list(tenant.id())).containsExactlyInAnyOrder(named, other);
        // and is found by its new subject from then on
        assertThat(database().limits().put(limit(tenant, "ann@x.example", 10), NOW))
                .isEqualTo(named.amount(10));
        Limit again = database().limits().put(limit(tenant, byId.subject(), 3), NOW);
        assertThat(database().limits().list(tenant.id())).containsExactlyInAnyOrder(named.amount(10), other, again);
    }
}
