package io.llmproxy.adapter.jdbc;

import static io.llmproxy.adapter.jdbc.Samples.NOW;
import static io.llmproxy.adapter.jdbc.Samples.unique;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Page;
import io.llmproxy.domain.identity.Role;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.User;
import io.llmproxy.port.StoreException;
import org.junit.jupiter.api.Test;

abstract class UserStoreContract {
    abstract Database database();

    private Tenant tenant() {
        Tenant tenant = Samples.tenant(unique("users"));
        database().tenants().insert(tenant);
        return tenant;
    }

    @Test
    void aUserIsFoundByAddressInAnyCaseAndById() {
        User user = Samples.user(tenant(), "Some.Body@Example.COM");
        database().users().insert(user);
        assertThat(user.email()).isEqualTo("some.body@example.com");
        assertThat(database().users().find(user.tenantId(), "SOME.body@example.com"))
                .contains(user);
        assertThat(database().users().find(user.tenantId(), user.id().toString()))
                .contains(user);
        assertThat(database().users().find(tenant().id(), user.id().toString())).isEmpty();
    }

    @Test
    void anAddressIsTakenWithinItsTenantOnly() {
        Tenant tenant = tenant();
        database().users().insert(Samples.user(tenant, "a@example.com"));
        database().users().insert(Samples.user(tenant(), "a@example.com"));
        assertThatThrownBy(() -> database().users().insert(Samples.user(tenant, "A@example.com")))
                .isInstanceOf(StoreException.Duplicate.class);
        assertThat(database().users().count(tenant.id())).isEqualTo(1);
    }

    @Test
    void aChangeIsReadBack() {
        User user = Samples.user(tenant(), "a@example.com");
        database().users().insert(user);
        User changed = user.with(null, Role.USER, true, NOW.plusSeconds(9));
        database().users().update(changed);
        assertThat(database().users().find(user.tenantId(), user.email())).contains(changed);
    }

    @Test
    void deletingAUserTakesItsKeys() {
        Tenant tenant = tenant();
        User user = Samples.user(tenant, "a@example.com");
        database().users().insert(user);
        database().keys().insert(Samples.key(tenant, user, "his"));
        database().keys().insert(Samples.key(tenant, null, "nobodys"));
        database().users().delete(user.id());
        assertThat(database().keys().all(tenant.id(), null))
                .extracting(k -> k.name())
                .containsExactly("nobodys");
    }

    @Test
    void aListIsPagedByAddress() {
        Tenant tenant = tenant();
        for (String name : new String[] {"c", "a", "b"}) {
            database().users().insert(Samples.user(tenant, name + "@example.com"));
        }
        Page<User> first = database().users().list(tenant.id(), Page.Request.first(2));
        assertThat(first.items()).extracting(User::email).containsExactly("a@example.com", "b@example.com");
        Page<User> last = database().users().list(tenant.id(), new Page.Request(2, first.next()));
        assertThat(last.items()).extracting(User::email).containsExactly("c@example.com");
        assertThat(last.next()).isNull();
    }

    @Test
    void aUserOfNoTenantIsRefusedAndNoDuplicate() {
        assertThatThrownBy(() -> database().users().insert(Samples.user(Samples.tenant("absent"), "a@example.com")))
                .isInstanceOf(StoreException.class)
                .isNotInstanceOf(StoreException.Duplicate.class)
                .hasMessageContaining("adding a user");
    }
}
