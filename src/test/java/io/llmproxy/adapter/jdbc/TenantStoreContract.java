package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.NOW;
import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.journal.JournalFormat;
import io.llmproxy.adapter.journal.JournalRecords;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.Page;
import io.llmproxy.domain.audit.AuditEvent;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.domain.identity.User;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.UsageQuery;
import io.llmproxy.port.StoreException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

abstract class TenantStoreContract {
    abstract Database database();

    @Test
    void whatIsWrittenIsReadBackEqual() {
        Tenant plain = Samples.tenant(unique("plain"));
        Tenant full = Samples.fullTenant(unique("full"));
        database().tenants().insert(plain);
        database().tenants().insert(full);
        assertThat(database().tenants().find(plain.slug())).contains(plain);
        assertThat(database().tenants().find(full.slug())).contains(full);
    }

    @Test
    void timesAreCutToMicroseconds() {
        Tenant tenant = new Tenant(
                Ids.next(NOW),
                unique("nanos"),
                "n",
                Tenant.Status.ACTIVE,
                TenantSettings.DEFAULT,
                NOW.plusNanos(999),
                NOW);
        database().tenants().insert(tenant);
        assertThat(database().tenants().find(tenant.slug()).orElseThrow().createdAt())
                .isEqualTo(NOW);
    }

    @Test
    void aSlugThatIsTakenIsADuplicateWhoseErrorsQuoteNothing() {
        Tenant tenant = Samples.tenant(unique("taken"));
        database().tenants().insert(tenant);
        assertThatThrownBy(() -> database().tenants().insert(Samples.tenant(tenant.slug())))
                .isInstanceOf(StoreException.Duplicate.class)
                .hasMessageContaining("adding a tenant")
                .satisfies(e -> assertThat(e.getMessage() + e.getCause()).doesNotContain(tenant.slug()));
    }

    @Test
    void aChangeReplacesEveryField() {
        Tenant before = Samples.fullTenant(unique("change"));
        database().tenants().insert(before);
        Tenant after = before.with("Other", TenantSettings.DEFAULT, NOW.plusSeconds(60))
                .with(Tenant.Status.ACTIVE, NOW.plusSeconds(61));
        database().tenants().update(after);
        assertThat(database().tenants().find(before.slug())).contains(after);
    }

    @Test
    void aListIsPagedBySlugInByteOrder() {
        String prefix = unique("page");
        List<String> slugs = List.of(prefix + "-0", prefix + "-1", prefix + "0", prefix + "a");
        slugs.reversed().forEach(s -> database().tenants().insert(Samples.tenant(s)));
        List<String> seen = new ArrayList<>();
        String cursor = prefix;
        Page<Tenant> page;
        do {
            page = database().tenants().list(new Page.Request(3, cursor));
            page.items().stream()
                    .map(Tenant::slug)
                    .filter(s -> s.startsWith(prefix))
                    .forEach(seen::add);
            cursor = page.next();
        } while (cursor != null);
        assertThat(seen).isEqualTo(slugs);
    }

    @Test
    void deletingTakesAllItOwnsButLedgerAndAudit(@TempDir Path directory) {
        Tenant tenant = Samples.tenant(unique("gone"));
        database().tenants().insert(tenant);
        User user = Samples.user(tenant, "a@example.com");
        database().users().insert(user);
        ApiKey key = Samples.key(tenant, user, "k");
        database().keys().insert(key);
        database().providers().insert(Samples.provider(tenant.id(), "p"));
        AuditEvent event = Samples.event(tenant, "tenant.delete", NOW);
        database().audit(new io.llmproxy.testing.FakeAudit.Signer()).append(event);
        database()
                .usage(new JournalFormat())
                .append(JournalRecords.batch(
                        directory, List.of(Samples.usage(tenant, NOW, "m", Outcome.COMPLETED, 200))));

        database().tenants().delete(tenant.id());

        assertThat(database().tenants().find(tenant.slug())).isEmpty();
        assertThat(database().users().find(tenant.id(), user.email())).isEmpty();
        assertThat(database().keys().all(tenant.id(), null)).isEmpty();
        assertThat(database().providers().find(tenant.id(), "p")).isEmpty();
        assertThat(database()
                        .audit(new io.llmproxy.testing.FakeAudit.Signer())
                        .list(tenant.id(), Page.Request.first(9))
                        .items())
                .containsExactly(event);
        UsageQuery query = new UsageQuery(tenant.id(), null, null, null);
        assertThat(database()
                        .usage(new JournalFormat())
                        .list(query, Page.Request.first(9))
                        .items())
                .hasSize(1);
    }

    @Test
    void aLockKeepsCountsUnderAMaximumTrue() throws Exception {
        Tenant tenant = Samples.tenant(unique("lock"));
        database().tenants().insert(tenant);
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            int n = i;
            threads.add(Thread.ofVirtual()
                    .start(() -> database().transactor().inTransaction(() -> {
                        assertThat(database().tenants().lock(tenant.slug())).isPresent();
                        if (database().users().count(tenant.id()) < 2) {
                            database().users().insert(Samples.user(tenant, "u" + n + "@example.com"));
                        }
                        return true;
                    })));
        }
        for (Thread thread : threads) {
            thread.join();
        }
        assertThat(database().users().count(tenant.id())).isEqualTo(2);
    }

    @Test
    void whatIsNotThereIsEmpty() {
        assertThat(database().tenants().find("nobody")).isEmpty();
        assertThat(database().tenants().lock("nobody")).isEmpty();
        database().tenants().delete(new UUID(1, 1));
    }
}
