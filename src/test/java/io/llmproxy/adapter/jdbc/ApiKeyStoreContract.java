package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.NOW;
import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.ApiKey;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.port.StoreException;
import io.llmproxy.runtime.KeySecrets;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

abstract class ApiKeyStoreContract {
    private Tenant tenant = Samples.tenant("unset");
    private User user = Samples.user(tenant, "a@example.com");

    abstract Database database();

    @BeforeEach
    void setUp() {
        tenant = Samples.tenant(unique("keys"));
        user = Samples.user(tenant, "a@example.com");
        database().tenants().insert(tenant);
        database().users().insert(user);
    }

    @Test
    void whatIsWrittenIsReadBackEqual() {
        ApiKey full = Samples.fullKey(tenant, user, "full");
        ApiKey plain = Samples.key(tenant, null, "plain");
        database().keys().insert(full);
        database().keys().insert(plain);
        assertThat(database().keys().all(tenant.id(), null)).containsExactly(full, plain);
        assertThat(database().keys().all(tenant.id(), user.id())).containsExactly(full);
    }

    @Test
    void aKeyIsFoundByNameIdAndPrefixWithinItsTenant() {
        ApiKey key = Samples.key(tenant, null, "dev");
        database().keys().insert(key);
        assertThat(database().keys().find(tenant.id(), "dev")).contains(key);
        assertThat(database().keys().find(tenant.id(), key.id().toString())).contains(key);
        assertThat(database().keys().find(tenant.id(), key.prefix())).contains(key);
        assertThat(database().keys().find(tenant.id(), "DEV")).isEmpty();
        assertThat(database().keys().find(new UUID(1, 2), "dev")).isEmpty();
    }

    @Test
    void keysThatCertificatesStandForAreFoundUntilTheyAreRevoked() {
        ApiKey full = Samples.fullKey(tenant, user, "certified");
        ApiKey live = Samples.key(tenant, null, "certified").with(full.scope(), null, NOW);
        database().keys().insert(live);
        database().keys().insert(Samples.key(tenant, null, "plain"));
        assertThat(database().keys().certificateOnly())
                .contains(live)
                .noneMatch(k -> k.name().equals("plain"));
        database().keys().update(live.revoke(false, NOW));
        assertThat(database().keys().certificateOnly()).noneMatch(k -> k.id().equals(live.id()));
    }

    @Test
    void aPrefixThatTwoKeysShareNamesNeither() {
        ApiKey one = Samples.key(tenant, null, "one");
        ApiKey two = Samples.key(tenant, null, "two").rotate(KeySecrets.hash(unique("x")), one.prefix(), NOW, NOW);
        database().keys().insert(one);
        database().keys().insert(two);
        assertThat(database().keys().find(tenant.id(), one.prefix())).isEmpty();
    }

    @Test
    void aNameIsTakenWithinItsTenantOnly() {
        database().keys().insert(Samples.key(tenant, null, "dev"));
        Tenant other = Samples.tenant(unique("other"));
        database().tenants().insert(other);
        database().keys().insert(Samples.key(other, null, "dev"));
        assertThatThrownBy(() -> database().keys().insert(Samples.key(tenant, user, "dev")))
                .isInstanceOf(StoreException.Duplicate.class);
    }

    @Test
    void rotationAndRevocationAreReadBackAndCounted() {
        ApiKey key = Samples.key(tenant, user, "dev");
        database().keys().insert(key);
        ApiKey rotated = key.rotate(KeySecrets.hash(unique("new")), "llmp_new1234", NOW.plusSeconds(60), NOW);
        database().keys().update(rotated);
        assertThat(database().keys().find(tenant.id(), "dev")).contains(rotated);
        assertThat(database().keys().countLive(tenant.id())).isEqualTo(1);
        ApiKey revoked = rotated.revoke(true, NOW.plusSeconds(1));
        database().keys().update(revoked);
        assertThat(database().keys().find(tenant.id(), "dev")).contains(revoked);
        assertThat(database().keys().countLive(tenant.id())).isZero();
        database().keys().delete(key.id());
        assertThat(database().keys().find(tenant.id(), "dev")).isEmpty();
    }

    @Test
    void theLastUseNeverGoesBack() {
        ApiKey key = Samples.key(tenant, null, "dev");
        database().keys().insert(key);
        Instant used = NOW.plusSeconds(100);
        database().keys().touch(Map.of(key.id(), used, new UUID(9, 9), used));
        database().keys().touch(Map.of(key.id(), NOW));
        database().keys().touch(Map.of());
        database().keys().update(key);
        assertThat(database().keys().find(tenant.id(), "dev").orElseThrow().lastUsedAt())
                .isEqualTo(used);
    }

    @Test
    void aListIsPagedByName() {
        for (String name : new String[] {"b", "B", "a"}) {
            database().keys().insert(Samples.key(tenant, user, name));
        }
        database().keys().insert(Samples.key(tenant, null, "aa"));
        Page<ApiKey> first = database().keys().list(tenant.id(), user.id(), Page.Request.first(2));
        assertThat(first.items()).extracting(ApiKey::name).containsExactly("B", "a");
        assertThat(database()
                        .keys()
                        .list(tenant.id(), user.id(), new Page.Request(2, first.next()))
                        .items())
                .extracting(ApiKey::name)
                .containsExactly("b");
        assertThat(database()
                        .keys()
                        .list(tenant.id(), null, Page.Request.first(9))
                        .items())
                .extracting(ApiKey::name)
                .containsExactly("B", "a", "aa", "b");
    }
}
