package io.llmproxy.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.admin.AdminCommand.SetPrice;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.usage.PriceCatalogue;
import io.llmproxy.domain.usage.PriceList;
import io.llmproxy.domain.usage.PriceTable;
import io.llmproxy.port.StoreException;
import io.llmproxy.testing.AdminFixture;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PricesInForceTest {
    private final AdminFixture f = new AdminFixture();
    private final Tenant acme = f.tenant("acme");
    private final Tenant other = f.tenant("other");
    private final SnapshotRefresher refresher =
            new SnapshotRefresher(f.stores.state(), f.snapshots, f.providers, PriceCatalogue.EMPTY, null, List.of());

    private PriceTable prices(Tenant tenant) {
        return Objects.requireNonNull(f.snapshots.current().tenants().get(tenant.id()))
                .prices();
    }

    private void set(String tenant, String row) {
        f.admin(new SetPrice(
                tenant, PriceList.parse("model,input\n" + row, f.now).getFirst()));
    }

    @Test
    void aStateThatCannotBeReadLeavesTheLastGoodPricesInForce() {
        set("acme", "m,1");
        refresher.refresh();
        PriceTable good = prices(acme);
        set("acme", "m,2");
        f.memory.goAway();
        assertThatThrownBy(refresher::refresh).isInstanceOf(StoreException.class);
        assertThat(prices(acme)).isSameAs(good);
        f.memory.comeBack();
        refresher.refresh();
        assertThat(prices(acme)).isNotSameAs(good);
    }

    @Test
    void tenantsWithoutPricesOfTheirOwnShareOneTable() {
        Tenant third = f.tenant("third");
        set("acme", "m,1");
        refresher.refresh();
        assertThat(List.of(prices(other), prices(acme))).doesNotHaveDuplicates();
        assertThat(prices(other)).isSameAs(prices(third));
    }
}
