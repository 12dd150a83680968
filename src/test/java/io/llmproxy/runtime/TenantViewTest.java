package io.llmproxy.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.identity.Tenant;
import io.llmproxy.domain.identity.TenantSettings;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderEgress;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.domain.model.StreamUsage;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.usage.PriceTable;
import io.llmproxy.port.Provider;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.testing.SampleSettings;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class TenantViewTest {
    private static final Instant T0 = Instant.parse("2026-01-01T00:00:00Z");
    private static final UUID TENANT = Ids.next(T0);

    private final List<Provider> providers = new ArrayList<>();
    private TenantSettings settings = TenantSettings.DEFAULT;

    @Test
    void aPrefixThatNamesAProviderWinsOverDeclarations() {
        own("up", 0, List.of());
        own("other", 0, List.of("up/gpt"));
        assertThat(resolved("up/gpt")).isEqualTo("up gpt");
    }

    @Test
    void aPrefixThatNamesNoProviderIsPartOfTheModel() {
        own("up", 0, List.of());
        assertThat(resolved("meta/llama")).isEqualTo("up meta/llama");
        assertThat(resolved("/x")).isEqualTo("up /x");
        assertThat(resolved("up/")).isEqualTo("up up/");
    }

    @Test
    void theMostSpecificDeclarationWins() {
        own("any", 9, List.of("*"));
        own("family", 0, List.of("gpt-*"));
        own("exact", 0, List.of("gpt-4o"));
        assertThat(resolved("gpt-4o")).isEqualTo("exact gpt-4o");
        assertThat(resolved("gpt-5")).isEqualTo("family gpt-5");
        assertThat(resolved("o9")).isEqualTo("any o9");
    }

    @Test
    void tiesGoToThePriorityAndThenToTheName() {
        own("b", 1, List.of("m", "n*"));
        own("a", 0, List.of("m", "n*"));
        own("c", 1, List.of("n*"));
        assertThat(resolved("m")).isEqualTo("b m");
        assertThat(resolved("nn")).isEqualTo("b nn");
    }

    @Test
    void theDefaultIsTheNamedOneElseTheOldestWithoutDeclarations() {
        own("declares", 0, List.of("x"));
        own("oldest", 0, List.of());
        own("younger", 0, List.of());
        assertThat(resolved("m")).isEqualTo("oldest m");
        settings = SampleSettings.defaultProvider("declares");
        assertThat(resolved("m")).isEqualTo("declares m");
        settings = SampleSettings.defaultProvider("gone");
        assertThat(resolved("m")).isNull();
    }

    @Test
    void providersThatTheTenantMayNotUseAreNotSeen() {
        own("up", 0, List.of());
        own("down", 0, List.of());
        settings = SampleSettings.allowedProviders("down");
        assertThat(view().providers()).containsOnlyKeys("down");
        assertThat(resolved("up/gpt")).isEqualTo("down up/gpt");
    }

    @Test
    void anOwnProviderHidesASharedOneOfItsNameAlsoWhileDisabled() {
        providers.add(new Fake(account(null, "up", 0, List.of(), true)));
        assertThat(view().providers()).containsOnlyKeys("up");
        providers.add(new Fake(account(TENANT, "up", 0, List.of(), false)));
        assertThat(view().providers()).isEmpty();
    }

    private void own(String name, int priority, List<String> models) {
        providers.add(new Fake(account(TENANT, name, priority, models, true)));
    }

    private ProviderAccount account(
            @Nullable UUID tenant, String name, int priority, List<String> models, boolean enabled) {
        Instant created = T0.plusSeconds(providers.size());
        return new ProviderAccount(
                Ids.next(created),
                tenant,
                name,
                ProviderKind.OPENAI,
                URI.create("https://example.com/v1"),
                new Credential.None(),
                models.stream().map(Glob::new).toList(),
                priority,
                1,
                Map.of(),
                null,
                ProviderTimeouts.DEFAULT,
                ProviderEgress.DEFAULT,
                StreamUsage.AUTO,
                io.llmproxy.domain.model.Abilities.NONE,
                false,
                enabled,
                created,
                created);
    }

    private TenantView view() {
        Tenant tenant = new Tenant(TENANT, "acme", "Acme", Tenant.Status.ACTIVE, settings, T0, T0);
        List<Provider> shuffled = Stream.concat(
                        providers.stream().skip(1), providers.stream().limit(1))
                .toList();
        return new TenantView(tenant, shuffled, PriceTable.EMPTY);
    }

    private @Nullable String resolved(String model) {
        return view().resolve(model)
                .map(m -> m.provider().account().name() + " " + m.upstreamModel())
                .orElse(null);
    }

    private record Fake(ProviderAccount account) implements Provider {
        @Override
        public @Nullable String fault() {
            return null;
        }

        @Override
        public ProviderCall call(UpstreamRequest request) {
            throw new UnsupportedOperationException();
        }

        @Override
        public void retire() {}
    }
}
