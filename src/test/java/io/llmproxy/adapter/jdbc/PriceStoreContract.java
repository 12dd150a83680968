package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.domain.usage.PriceRow;
import io.llmproxy.domain.usage.PriceScope;
import io.llmproxy.domain.usage.Rates;
import io.llmproxy.port.StoreException;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

abstract class PriceStoreContract {
    private static final Rates RATES =
            new Rates(2_500_000, 10_000_000, 1_250_000, -1, 0, 40_000_000, -1, 1_000_000_000_000_000_000L);

    abstract Database database();

    private Tenant tenant() {
        Tenant tenant = Samples.tenant(unique("prices"));
        database().tenants().insert(tenant);
        return tenant;
    }

    private static PriceOverlay overlay(@Nullable Tenant tenant, PriceScope scope, Instant from) {
        return new PriceOverlay(
                Ids.next(Samples.NOW),
                tenant == null ? null : tenant.id(),
                tenant != null,
                new PriceRow(scope, from, RATES, 128_000, 0),
                Samples.NOW);
    }

    private static PriceScope model(String name) {
        return new PriceScope(null, null, new Glob(name));
    }

    @Test
    void whatIsWrittenIsReadBackEqualOfEachKindOfScope() {
        Tenant tenant = tenant();
        List<PriceOverlay> written = List.of(
                overlay(tenant, model("Ümläut/'*"), Samples.NOW),
                overlay(tenant, new PriceScope("up", null, new Glob("m")), Samples.NOW),
                overlay(tenant, new PriceScope(null, "openai", new Glob("m")), Samples.NOW),
                overlay(tenant, model("m"), Samples.NOW),
                overlay(tenant, model("m"), Samples.NOW.plusSeconds(1)));
        database().prices().insert(written);
        assertThat(database().prices().all(tenant.id())).containsExactlyInAnyOrderElementsOf(written);
        assertThat(database().state().load(tenant.slug()).prices()).containsAll(written);
    }

    @Test
    void theInstallationsRowsAndThoseOfTenantsDoNotSeeEachOtherButAllAreLoaded() {
        Tenant tenant = tenant();
        Tenant other = tenant();
        String name = unique("model");
        PriceOverlay everybodys = overlay(null, model(name), Samples.NOW);
        PriceOverlay own = overlay(tenant, model(name), Samples.NOW);
        database().prices().insert(List.of(everybodys, own));
        assertThat(database().prices().all(tenant.id())).containsExactly(own);
        assertThat(database().prices().all(null)).contains(everybodys).doesNotContain(own);
        assertThat(database().state().load(other.slug()).prices())
                .contains(everybodys)
                .doesNotContain(own);
        assertThat(database().state().load(null).prices()).contains(everybodys, own);
    }

    @Test
    void twoRowsOfOneScopeAndTimeAreRefusedAndNoneOfTheBatchStays() {
        Tenant tenant = tenant();
        List<PriceOverlay> twice =
                List.of(overlay(tenant, model("a"), Samples.NOW), overlay(tenant, model("a"), Samples.NOW));
        assertThatThrownBy(() -> database().transactor().inTransaction(() -> {
                    database().prices().insert(twice);
                    return "";
                }))
                .isInstanceOf(StoreException.Duplicate.class);
        assertThat(database().prices().all(tenant.id())).isEmpty();
    }

    @Test
    void deletedRowsAreGoneAndATenantTakesItsOwnWithIt() {
        Tenant tenant = tenant();
        PriceOverlay one = overlay(tenant, model("a"), Samples.NOW);
        PriceOverlay two = overlay(tenant, model("b"), Samples.NOW);
        database().prices().insert(List.of(one, two));
        database().prices().delete(List.of(one.id()));
        database().prices().delete(List.of());
        database().prices().insert(List.of());
        assertThat(database().prices().all(tenant.id())).containsExactly(two);
        database().tenants().delete(tenant.id());
        assertThat(database().prices().all(tenant.id())).isEmpty();
    }
}
