package io.llmproxy.admin;

import static io.llmproxy.testing.AdminFixture.ADMIN;
import static io.llmproxy.testing.AdminFixture.tenantAdmin;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.admin.AdminCommand.DeletePrice;
import io.llmproxy.admin.AdminCommand.ImportPrices;
import io.llmproxy.admin.AdminCommand.SetPrice;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.usage.PriceList;
import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.domain.usage.PriceRow;
import io.llmproxy.testing.AdminFixture;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PriceCommandsTest {
    private final AdminFixture f = new AdminFixture();
    private Tenant acme;
    private Actor boss;

    @BeforeEach
    void setUp() {
        acme = f.tenant("acme");
        boss = tenantAdmin(acme);
    }

    private List<PriceRow> rows(String lines) {
        return PriceList.parse("model,input,output,valid-from\n" + lines.replace(';', '\n'), f.now);
    }

    private void set(Actor actor, @Nullable String tenant, String line) {
        f.executor.execute(actor, new SetPrice(tenant, rows(line).getFirst()));
    }

    private PriceDiff importAll(Actor actor, @Nullable String tenant, String lines) {
        return ((CommandResult.PricesImported) f.executor.execute(actor, new ImportPrices(tenant, rows(lines)))).diff();
    }

    private List<PriceOverlay> stored(@Nullable Tenant tenant) {
        return f.stores.prices().all(tenant == null ? null : tenant.id());
    }

    private static void assertForbidden(Runnable command) {
        assertThatThrownBy(command::run)
                .isInstanceOf(AdminException.class)
                .extracting(e -> ((AdminException) e).reason())
                .isEqualTo(AdminException.Reason.FORBIDDEN);
    }

    @Test
    void aPriceIsStoredAuditedAndInForce() {
        int published = f.published.get();
        set(ADMIN, null, "gpt-4o,2.5,10");
        assertThat(stored(null)).singleElement().satisfies(price -> {
            assertThat(price.row().rates().input()).isEqualTo(2_500_000);
            assertThat(price.ownOnly()).isFalse();
        });
        assertThat(f.published.get()).isEqualTo(published + 1);
        AuditEvent event = f.memory.auditEvents().getLast();
        assertThat(event.action()).isEqualTo("price.set");
        assertThat(event.target()).isEqualTo("price/gpt-4o");
        assertThat(event.details())
                .isEqualTo(Map.of("validFrom", "2026-11-20T12:00:00Z", "input", "2.5", "output", "10"));
    }

    @Test
    void aPriceOfTheSameTimeIsReplacedByANewRowAndAnOlderOneStays() {
        set(ADMIN, "acme", "m,1,1,2026-01-01");
        set(ADMIN, "acme", "m,2,2");
        UUID before = stored(acme).stream()
                .filter(p -> p.row().validFrom().equals(f.now))
                .findFirst()
                .orElseThrow()
                .id();
        set(ADMIN, "acme", "m,3,3");
        assertThat(stored(acme))
                .hasSize(2)
                .noneMatch(p -> p.id().equals(before))
                .extracting(p -> p.row().rates().input())
                .containsExactlyInAnyOrder(1_000_000L, 3_000_000L);
    }

    @Test
    void anAdminAloneSetsPricesForAllTenantsAndATenantAdminThoseOfTheOwnTenant() {
        Tenant other = f.tenant("other");
        set(boss, "acme", "m,0,0");
        assertThat(stored(acme)).singleElement().matches(PriceOverlay::ownOnly);
        assertForbidden(() -> set(boss, null, "m,0,0"));
        assertForbidden(() -> importAll(boss, null, "m,0,0"));
        assertForbidden(() -> f.executor.execute(boss, new DeletePrice(null, UUID.randomUUID())));
        assertThatThrownBy(() -> set(boss, "other", "m,0,0")).hasMessageContaining("no tenant `other`");
        Actor user = AdminFixture.user(f.user("acme", "ann@acme.example", Role.USER));
        assertForbidden(() -> set(user, "acme", "m,0,0"));
        assertForbidden(() -> f.prices(null).prices(user, "acme", Page.Request.first(10)));
        assertForbidden(() -> f.prices(null).prices(boss, null, Page.Request.first(10)));
        assertForbidden(() -> f.prices(null).preview(boss, null, rows("m,0,0")));
        assertThat(stored(other)).isEmpty();
        assertThat(stored(null)).isEmpty();
    }

    @Test
    void whatAnAdminSetATenantAdminNeitherReplacesNorDeletes() {
        set(ADMIN, "acme", "m,5,5");
        UUID id = stored(acme).getFirst().id();
        assertForbidden(() -> set(boss, "acme", "m,0,0"));
        assertForbidden(() -> importAll(boss, "acme", "x,1,1;m,0,0"));
        assertForbidden(() -> f.executor.execute(boss, new DeletePrice("acme", id)));
        assertThat(stored(acme)).singleElement().matches(p -> p.id().equals(id));
    }

    @Test
    void aProcessOfOneTenantSetsNoPricesForAll() {
        CommandExecutor alone = f.executor("acme");
        assertForbidden(
                () -> alone.execute(ADMIN, new SetPrice(null, rows("m,1,1").getFirst())));
    }

    @Test
    void anImportAddsChangesAndLeavesAloneWhatIsInForceAlready() {
        set(ADMIN, null, "same,1,1,2026-01-01");
        set(ADMIN, null, "dearer,1,1,2026-01-01");
        set(ADMIN, null, "replaced,1,1");
        PriceDiff preview = f.prices(null).preview(ADMIN, null, rows("new,1,1;same,1,1;dearer,2,1;replaced,3,1"));
        assertThat(stored(null)).hasSize(3);
        PriceDiff done = importAll(ADMIN, null, "new,1,1;same,1,1;dearer,2,1;replaced,3,1");
        assertThat(done).isEqualTo(preview);
        assertThat(List.of(done.added(), done.changed(), (long) done.unchanged()))
                .containsExactly(1L, 2L, 1L);
        assertThat(done.changes())
                .extracting(change -> change.row().scope().toString())
                .containsExactly("dearer", "new", "replaced");
        assertThat(stored(null)).as("the older row of dearer stays").hasSize(5);
        PriceDiff again = importAll(ADMIN, null, "new,1,1;same,1,1;dearer,2,1;replaced,3,1");
        assertThat(again.changes()).isEmpty();
        assertThat(again.unchanged()).isEqualTo(4);
        AuditEvent event = f.memory.auditEvents().getLast();
        assertThat(event.action()).isEqualTo("price.import");
        assertThat(event.details()).isEqualTo(Map.of("added", "0", "changed", "0", "unchanged", "4"));
    }

    @Test
    void rowsOfOneModelInOneListFollowEachOther() {
        PriceDiff diff = importAll(ADMIN, null, "m,2,2,2027-01-01;m,1,1,2026-01-01;m,2,2,2027-02-01");
        assertThat(diff.changes())
                .extracting(change -> change.row().rates().input())
                .containsExactly(1_000_000L, 2_000_000L);
        assertThat(diff.unchanged()).isEqualTo(1);
    }

    @Test
    void aDeletedPriceIsGoneAndAnUnknownOneIsNotFound() {
        set(ADMIN, "acme", "m,5,5");
        UUID id = stored(acme).getFirst().id();
        assertThatThrownBy(() -> f.admin(new DeletePrice(null, id))).hasMessageContaining("no price");
        f.admin(new DeletePrice("acme", id));
        assertThat(stored(acme)).isEmpty();
        assertThatThrownBy(() -> f.admin(new DeletePrice("acme", id))).hasMessageContaining("no price");
    }

    @Test
    void pagesFollowEachOtherByScope() {
        importAll(ADMIN, null, "b,1,1;a,1,1;c,1,1");
        Page<PriceView> first = f.prices(null).prices(ADMIN, null, Page.Request.first(2));
        Page<PriceView> second = f.prices(null).prices(ADMIN, null, new Page.Request(2, first.next()));
        assertThat(first.items())
                .extracting(v -> v.price().row().scope().toString())
                .containsExactly("a", "b");
        assertThat(second.items())
                .extracting(v -> v.price().row().scope().toString())
                .containsExactly("c");
        assertThat(second.next()).isNull();
    }
}
