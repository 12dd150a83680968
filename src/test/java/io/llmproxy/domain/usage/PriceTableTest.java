package io.llmproxy.domain.usage;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Glob;
import io.llmproxy.domain.Ids;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderEgress;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.ProviderTimeouts;
import io.llmproxy.domain.model.StreamUsage;
import io.llmproxy.domain.secret.Credential;
import java.net.URI;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PriceTableTest {
    private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");
    private static final UUID TENANT = Ids.next(NOW);
    private static final PriceCatalogue CATALOGUE = PriceCatalogue.parse("""
            type,model,valid-from,input,output
            openai,gpt-4o,2024-05-13,2.5,10
            openai,gpt-4o-2024-05-13,2024-05-13,5,15
            openai,moderation-*,2024-05-13,0,0
            groq,llama,2024-05-13,0.05,0.08
            bedrock,anthropic.claude-v1:0,2024-05-13,3,15
            anthropic,claude-3-7-sonnet,2025-02-19,3,15
            """);

    private final ProviderAccount own = account("up", TENANT, ProviderKind.OPENAI, "https://api.openai.com/v1");
    private final ProviderAccount shared = account("pool", null, ProviderKind.OPENAI, "https://api.openai.com/v1");
    private final List<PriceOverlay> overlays = new ArrayList<>();

    private static ProviderAccount account(String name, @Nullable UUID tenant, ProviderKind kind, String url) {
        return new ProviderAccount(
                Ids.next(NOW),
                tenant,
                name,
                kind,
                URI.create(url),
                new Credential.None(),
                List.of(),
                0,
                1,
                Map.of(),
                null,
                ProviderTimeouts.DEFAULT,
                ProviderEgress.DEFAULT,
                StreamUsage.AUTO,
                io.llmproxy.domain.model.Abilities.NONE,
                false,
                true,
                NOW,
                NOW);
    }

    /** @param scope as {@code provider/model}, {@code type:model} or {@code model} */
    private void set(@Nullable UUID tenant, boolean ownOnly, String scope, String from, String usd) {
        int slash = scope.indexOf('/');
        int colon = scope.indexOf(':');
        PriceScope parsed = new PriceScope(
                slash > 0 ? scope.substring(0, slash) : null,
                colon > 0 ? scope.substring(0, colon) : null,
                new Glob(scope.substring(Math.max(slash, colon) + 1)));
        long picos = Usd.perMillion("input", usd);
        PriceRow row = new PriceRow(parsed, Instant.parse(from), new Rates(picos, picos, -1, -1, -1, -1, -1, -1), 0, 0);
        overlays.add(new PriceOverlay(Ids.next(NOW), tenant, ownOnly, row, NOW));
    }

    private void set(@Nullable UUID tenant, String scope, String usd) {
        set(tenant, false, scope, "2026-01-01T00:00:00Z", usd);
    }

    private @Nullable String input(ProviderAccount account, @Nullable String model, Instant at) {
        List<ProviderAccount> all = List.of(own, shared, account);
        PriceTable table = new PriceBook(CATALOGUE, overlays, all).table(TENANT, () -> all);
        Price price = table.find(account, model, at);
        return price == null ? null : Usd.perMillion(price.rates().input());
    }

    private @Nullable String input(String model) {
        return input(own, model, NOW);
    }

    @ParameterizedTest
    @CsvSource({
        "gpt-4o, 2.5",
        "gpt-4o-2024-05-13, 5", // a row of its own
        "gpt-4o-2024-08-06, 2.5",
        "gpt-4o-20240806, 2.5",
        "gpt-4o-latest, 2.5",
        "moderation-latest, 0", // a glob
        "gpt-4o-2024-13, ", // no date
        "gpt-4o-mini, ",
        "gpt-4o-1914-08-06, ",
        "ft:gpt-4o-2024-08-06:acme::x, ", // dearer, and nobody knows how much
        "-2024-08-06, ",
        "GPT-4o, ",
        "llama, " // another seller's
    })
    void findsAModelByItsNameThenByTheNameWithoutItsDate(String model, @Nullable String usd) {
        assertThat(input(model)).isEqualTo(usd);
    }

    @Test
    void aRequestWithoutAModelHasNoPrice() {
        assertThat(input(own, null, NOW)).isNull();
    }

    @Test
    void theSellersAddressSaysWhoseListCountsElseTheType() {
        ProviderAccount groq = account("g", TENANT, ProviderKind.CUSTOM, "https://API.groq.com/openai/v1");
        ProviderAccount proxied = account("p", TENANT, ProviderKind.OPENAI, "http://10.0.0.5:8000/v1");
        ProviderAccount own = account("v", TENANT, ProviderKind.CUSTOM, "http://10.0.0.5:8000/v1");
        assertThat(input(groq, "llama", NOW)).isEqualTo("0.05");
        assertThat(input(groq, "gpt-4o", NOW)).isNull();
        assertThat(input(proxied, "gpt-4o", NOW)).isEqualTo("2.5");
        assertThat(input(own, "gpt-4o", NOW)).isNull();
    }

    @Test
    void bedrocksInferenceProfilesAreTheirModels() {
        set(null, "bedrock:anthropic.claude-v1:0", "1");
        assertThat(ModelNames.withoutRegion("us.anthropic.claude-v1:0")).isEqualTo("anthropic.claude-v1:0");
        assertThat(ModelNames.withoutRegion("global.anthropic.claude-v1:0")).isEqualTo("anthropic.claude-v1:0");
        assertThat(ModelNames.withoutRegion("anthropic.claude-v1:0")).isNull();
        assertThat(ModelNames.withoutRegion("us.model")).isNull();
    }

    @Test
    void namesOfVertexAndAnthropicLoseTheirDates() {
        assertThat(ModelNames.undated("claude-3-7-sonnet-20250219")).isEqualTo("claude-3-7-sonnet");
        assertThat(ModelNames.undated("claude-3-7-sonnet@20250219")).isEqualTo("claude-3-7-sonnet");
        assertThat(ModelNames.undated("gpt-4-0613")).isNull();
        assertThat(ModelNames.undated("-latest")).isNull();
        assertThat(ModelNames.undated("")).isNull();
    }

    @Test
    void theTenantsRowComesBeforeTheInstallationsAndThatBeforeTheCatalogues() {
        assertThat(input("gpt-4o")).isEqualTo("2.5");
        set(null, "gpt-4o", "2");
        assertThat(input("gpt-4o")).isEqualTo("2");
        set(TENANT, "gpt-*", "1");
        assertThat(input("gpt-4o")).isEqualTo("1");
        set(Ids.next(NOW), "gpt-4o", "9"); // somebody else's
        assertThat(input("gpt-4o")).isEqualTo("1");
    }

    @Test
    void withinAListTheProviderComesBeforeTheTypeAndThatBeforeAllThenTheMostSpecificName() {
        set(null, "gpt-4o", "1");
        set(null, "openai:gpt-4*", "2");
        set(null, "openai:gpt-*", "3");
        assertThat(input("gpt-4o")).isEqualTo("2");
        assertThat(input("gpt-5")).isEqualTo("3");
        set(null, "openai:gpt-4o", "4");
        assertThat(input("gpt-4o")).isEqualTo("4");
        set(null, "up/*", "5");
        assertThat(input("gpt-4o")).isEqualTo("5");
        assertThat(input(shared, "gpt-4o", NOW)).isEqualTo("4");
    }

    @Test
    void aRowHoldsFromItsTimeUpToTheNext() {
        set(null, false, "gpt-4o", "2026-02-01T00:00:00Z", "2");
        set(null, false, "gpt-4o", "2026-03-01T00:00:00Z", "3");
        assertThat(input(own, "gpt-4o", Instant.parse("2026-01-31T23:59:59.999999Z")))
                .isEqualTo("2.5");
        assertThat(input(own, "gpt-4o", Instant.parse("2026-02-01T00:00:00Z"))).isEqualTo("2");
        assertThat(input(own, "gpt-4o", Instant.parse("2026-02-28T23:59:59.999999Z")))
                .isEqualTo("2");
        assertThat(input(own, "gpt-4o", Instant.parse("2026-03-01T00:00:00Z"))).isEqualTo("3");
        assertThat(input(own, "gpt-4o", Instant.parse("2023-01-01T00:00:00Z"))).isNull();
    }

    @Test
    void aTenantAdminsRowLeavesSharedProvidersAlone() {
        set(TENANT, true, "gpt-4o", "2026-01-01T00:00:00Z", "0");
        assertThat(input(own, "gpt-4o", NOW)).isEqualTo("0");
        assertThat(input(shared, "gpt-4o", NOW)).isEqualTo("2.5");
    }

    @Test
    void aProviderThatTheTableDoesNotKnowHasNoPrices() {
        PriceTable table = new PriceBook(CATALOGUE, overlays, List.of(own)).table(TENANT, List::of);
        assertThat(table.find(shared, "gpt-4o", NOW)).isNull();
        assertThat(PriceTable.EMPTY.find(own, "gpt-4o", NOW)).isNull();
    }
}
