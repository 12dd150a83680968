package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.port.StoreException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

abstract class ProviderStoreContract {
    abstract Database database();

    private Tenant tenant() {
        Tenant tenant = Samples.tenant(unique("providers"));
        database().tenants().insert(tenant);
        return tenant;
    }

    @Test
    void whatIsWrittenIsReadBackEqualWithEachKindOfCredential() {
        Tenant tenant = tenant();
        List<Credential> kinds = List.of(
                new Credential.None(),
                new Credential.Referenced(SecretRef.parse("file:/run/secrets/a:b")),
                new Credential.Sealed("v1.00000000.AAAA.BBBB"),
                new Credential.Several(List.of(
                        new Credential.Named(
                                "file:/run/a b,c", new Credential.Referenced(SecretRef.parse("file:/run/a b,c"))),
                        new Credential.Named("key-1", new Credential.Sealed("v1.00000000.AAAA.SECOND")))));
        for (Credential credential : kinds) {
            ProviderAccount provider = Samples.provider(tenant.id(), unique("p"), credential);
            database().providers().insert(provider);
            assertThat(database().providers().find(tenant.id(), provider.name()))
                    .contains(provider);
            assertThat(database().providers().find(tenant.id(), provider.id().toString()))
                    .contains(provider);
        }
        List<Credential.Sealed> sealed = database().sealed().read((credentials, bodies) -> credentials);
        assertThat(sealed)
                .as("credentials and the logins of proxies")
                .contains(
                        new Credential.Sealed("v1.00000000.AAAA.BBBB"),
                        new Credential.Sealed("v1.00000000.AAAA.SECOND"),
                        new Credential.Sealed("v1.00000000.AAAA.LOGIN"));
    }

    @Test
    void sharedAndOwnOnesDoNotSeeEachOther() {
        Tenant tenant = tenant();
        ProviderAccount shared = Samples.provider(null, unique("shared"));
        ProviderAccount own = Samples.provider(tenant.id(), shared.name());
        database().providers().insert(shared);
        database().providers().insert(own);
        assertThat(database().providers().find(null, shared.name())).contains(shared);
        assertThat(database().providers().find(tenant.id(), shared.name())).contains(own);
        assertThat(database().providers().find(tenant.id(), shared.id().toString()))
                .isEmpty();
        assertThat(database().providers().find(null, own.id().toString())).isEmpty();
    }

    @Test
    void aNameIsTakenWithinItsOwnerAlsoAmongTheShared() {
        Tenant tenant = tenant();
        String name = unique("taken");
        database().providers().insert(Samples.provider(null, name));
        database().providers().insert(Samples.provider(tenant.id(), name));
        assertThatThrownBy(() -> database().providers().insert(Samples.provider(null, name)))
                .isInstanceOf(StoreException.Duplicate.class);
        assertThatThrownBy(() -> database().providers().insert(Samples.provider(tenant.id(), name)))
                .isInstanceOf(StoreException.Duplicate.class);
    }

    @Test
    void aListWithSharedOnesPagesOverEqualNamesOwnFirst() {
        Tenant tenant = tenant();
        String name = unique("equal");
        for (String suffix : new String[] {"a", "b", "c"}) {
            database().providers().insert(Samples.provider(null, name + suffix));
            database().providers().insert(Samples.provider(tenant.id(), name + suffix));
        }
        for (int limit : new int[] {1, 2, 3, 5}) {
            List<String> seen = new ArrayList<>();
            @Nullable String cursor = null;
            do {
                Page<ProviderAccount> page =
                        database().providers().list(tenant.id(), true, new Page.Request(limit, cursor));
                page.items().stream()
                        .filter(p -> p.name().startsWith(name))
                        .forEach(p -> seen.add(p.name().substring(name.length()) + (p.shared() ? " shared" : " own")));
                cursor = page.next();
            } while (cursor != null);
            assertThat(seen).containsExactly("a own", "a shared", "b own", "b shared", "c own", "c shared");
        }
        assertThat(database()
                        .providers()
                        .list(tenant.id(), false, Page.Request.first(9))
                        .items())
                .hasSize(3)
                .noneMatch(ProviderAccount::shared);
        assertThat(database()
                        .providers()
                        .list(null, false, Page.Request.first(1000))
                        .items())
                .allMatch(ProviderAccount::shared);
    }

    @Test
    void aCursorOfAnotherListIsRefused() {
        assertThatThrownBy(() -> database().providers().list(null, false, new Page.Request(1, "x")))
                .isInstanceOf(InvalidValueException.class);
    }

    @Test
    void aChangeIsReadBackAndADeletedOneIsGone() {
        Tenant tenant = tenant();
        ProviderAccount before = Samples.provider(tenant.id(), "p", new Credential.Sealed("v1.00000000.AAAA.BBBB"));
        database().providers().insert(before);
        ProviderAccount other = Samples.provider(tenant.id(), "p");
        ProviderAccount after = new ProviderAccount(
                before.id(),
                tenant.id(),
                "p",
                other.kind(),
                other.baseUrl(),
                other.credential(),
                List.of(),
                1,
                2,
                java.util.Map.of(),
                null,
                io.llmproxy.domain.model.ProviderTimeouts.DEFAULT,
                io.llmproxy.domain.model.ProviderEgress.DEFAULT,
                io.llmproxy.domain.model.StreamUsage.AUTO,
                io.llmproxy.domain.model.Abilities.NONE,
                false,
                true,
                before.createdAt(),
                before.updatedAt(),
                new io.llmproxy.domain.model.ProviderOptions(java.util.Map.of("/chat/completions", "/a?b=\"ü\"")));
        database().providers().update(after);
        assertThat(database().providers().find(tenant.id(), "p")).contains(after);
        database().providers().delete(after.id());
        assertThat(database().providers().find(tenant.id(), "p")).isEmpty();
    }
}
