package io.llmproxy.admin;

import io.llmproxy.admin.AdminCommand.ProviderChanges;
import io.llmproxy.domain.identity.KeyScope;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.domain.secret.SecretRef;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Commands with most of their fields left alone. */
final class Samples {
    private Samples() {}

    static ProviderChanges provider(@Nullable String baseUrl, @Nullable SecretRef ref, @Nullable String apiKey) {
        return new ProviderChanges(
                baseUrl == null ? Change.none() : Change.to(URI.create(baseUrl)),
                ref == null ? Change.none() : Change.to(ref),
                apiKey == null ? Change.none() : Change.to(new Secret(apiKey)),
                Change.none(),
                Change.none(),
                Change.none(),
                MapChange.NONE,
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                AdminCommand.EgressChanges.NONE,
                Change.none(),
                AdminCommand.CredentialChanges.NONE,
                MapChange.NONE,
                MapChange.NONE);
    }

    static ProviderChanges credentials(@Nullable SecretRef add, @Nullable String addKey, String... remove) {
        return new ProviderChanges(
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                MapChange.NONE,
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                AdminCommand.EgressChanges.NONE,
                Change.none(),
                new AdminCommand.CredentialChanges(add, addKey == null ? null : new Secret(addKey), List.of(remove)),
                MapChange.NONE,
                MapChange.NONE);
    }

    static ProviderChanges headers(MapChange headers) {
        return new ProviderChanges(
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                headers,
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                AdminCommand.EgressChanges.NONE,
                Change.none(),
                AdminCommand.CredentialChanges.NONE,
                MapChange.NONE,
                MapChange.NONE);
    }

    static AdminCommand.UpdateTenant defaultProvider(String tenant, @Nullable String provider) {
        return update(tenant, Change.none(), Change.to(provider), Change.none(), Change.none(), Change.none());
    }

    static AdminCommand.UpdateTenant allowed(String tenant, Set<String> providers) {
        return update(tenant, Change.none(), Change.none(), Change.to(providers), Change.none(), Change.none());
    }

    static AdminCommand.UpdateTenant maxima(String tenant, int users, int keys) {
        return update(tenant, Change.none(), Change.none(), Change.none(), Change.to(users), Change.to(keys));
    }

    /** An update that says nothing of the rest. */
    static AdminCommand.UpdateTenant update(
            String tenant,
            Change<String> name,
            Change<String> defaultProvider,
            Change<Set<String>> allowedProviders,
            Change<Integer> maxUsers,
            Change<Integer> maxApiKeys) {
        return new AdminCommand.UpdateTenant(
                tenant,
                name,
                defaultProvider,
                allowedProviders,
                Change.none(),
                maxUsers,
                maxApiKeys,
                Change.none(),
                Change.none(),
                Change.none(),
                AdminCommand.UsageLimitChanges.NONE,
                AdminCommand.RedactionChanges.NONE,
                Change.none());
    }

    static AdminCommand.CreateKey key(String tenant, String name, @Nullable String user) {
        return new AdminCommand.CreateKey(tenant, name, user, null, KeyScope.ANY);
    }

    static AdminCommand.CreateKey keyFor(String tenant, String name, String provider) {
        KeyScope scope = new KeyScope(List.of(), Set.of(provider), List.of(), false, Map.of());
        return new AdminCommand.CreateKey(tenant, name, null, null, scope);
    }

    static AdminCommand.CreateKey expiring(String tenant, String name, String expires) {
        return new AdminCommand.CreateKey(tenant, name, null, expires, KeyScope.ANY);
    }

    static AdminCommand.UpdateKey expiry(String tenant, String name, @Nullable String expires) {
        return new AdminCommand.UpdateKey(
                tenant,
                name,
                Change.to(expires),
                Change.none(),
                Change.none(),
                Change.none(),
                Change.none(),
                MapChange.NONE);
    }
}
