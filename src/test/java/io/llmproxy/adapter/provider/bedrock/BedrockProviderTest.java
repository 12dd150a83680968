package io.llmproxy.adapter.provider.bedrock;

import static io.llmproxy.adapter.provider.Accounts.account;
import static io.llmproxy.adapter.provider.Accounts.providers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.provider.Accounts;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.port.Provider;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class BedrockProviderTest {
    private static final Credential KEY = new Credential.Referenced(SecretRef.parse("env:KEY"));

    private final FakeProvider fake = FakeProvider.start();

    @AfterEach
    void tearDown() {
        fake.close();
    }

    private ProviderAccount bedrock(Map<String, String> options) {
        return Accounts.with(
                account(
                        ProviderKind.BEDROCK,
                        URI.create(fake.origin()),
                        KEY,
                        Map.of("x-own", "1"),
                        true,
                        Accounts.TENANT),
                null,
                options);
    }

    private static String send(Provider provider, UpstreamRequest request) throws IOException {
        try (ProviderCall call = provider.call(request)) {
            call.execute();
            return new String(call.body().readAllBytes(), StandardCharsets.UTF_8);
        } finally {
            provider.retire();
        }
    }

    private static UpstreamRequest chat(String model) {
        String json = "{\"model\":\"" + model + "\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
        RequestBody body = RequestBody.of(json.getBytes(StandardCharsets.UTF_8));
        return new UpstreamRequest("POST", "/chat/completions", false, null, new HeaderFields(), body, model, null);
    }

    @Test
    void signsWithTheTokenOfASessionWhichNoErrorShows() throws IOException {
        fake.on("/model/m%3A1/converse", Script.answer(403, "{\"message\":\"bad token-of-session\"}"));
        Provider provider = providers(Map.of("KEY", "ASIA1:secret-key:token-of-session"))
                .open(bedrock(Map.of("region", "us-west-2")));

        String answer = send(provider, chat("m:1"));

        FakeProvider.Request sent = fake.lastRequest();
        assertThat(sent.header("x-amz-security-token")).isEqualTo("token-of-session");
        assertThat(sent.header("x-amz-date")).isEqualTo("19700101T000000Z");
        assertThat(sent.header("x-own")).isEqualTo("1");
        assertThat(sent.header("authorization"))
                .startsWith("AWS4-HMAC-SHA256 Credential=ASIA1/19700101/us-west-2/bedrock/aws4_request,"
                        + " SignedHeaders=host;x-amz-date;x-amz-security-token, Signature=");
        assertThat(answer).contains("bad ***").doesNotContain("token-of-session");
    }

    @Test
    void sendsAnApiKeyAsItIs() throws IOException {
        fake.on("/model/m/converse", Script.answer(400, "{}"));
        send(providers(Map.of("KEY", "bedrock-api-key-1")).open(bedrock(Map.of())), chat("m"));
        assertThat(fake.lastRequest().header("authorization")).isEqualTo("Bearer bedrock-api-key-1");
    }

    @Test
    void asksForModelsWhereTheyAreListed() throws IOException {
        fake.on("/foundation-models", Script.answer(200, "{}"));
        Provider provider = providers(Map.of("KEY", "AKIA1:s")).open(bedrock(Map.of("region", "us-west-2")));
        send(provider, new UpstreamRequest("GET", "/models", false, null, new HeaderFields(), RequestBody.NONE));
        assertThat(fake.lastRequest().target()).isEqualTo("/foundation-models");
        assertThat(fake.lastRequest().header("authorization")).startsWith("AWS4-HMAC-SHA256 ");
    }

    @Test
    void withoutARegionItHasAFaultThatSaysSo() {
        Provider provider = providers(Map.of("KEY", "AKIA1:s")).open(bedrock(Map.of()));
        assertThat(provider.fault()).contains("--option region=NAME");
    }

    @ParameterizedTest
    @CsvSource({
        "https://bedrock-runtime.eu-central-1.amazonaws.com, eu-central-1, https://bedrock.eu-central-1.amazonaws.com",
        "https://bedrock-runtime-fips.us-east-1.amazonaws.com, us-east-1, https://bedrock-fips.us-east-1.amazonaws.com",
        "https://vpce-1-a.bedrock-runtime.us-east-2.vpce.amazonaws.com, us-east-2, https://vpce-1-a.bedrock-runtime.us-east-2.vpce.amazonaws.com",
        "https://bedrock-runtime.cn-north-1.amazonaws.com.cn, cn-north-1, https://bedrock.cn-north-1.amazonaws.com.cn",
        "https://example.com, , https://example.com"
    })
    void knowsTheRegionOfAnAddress(String url, String region, String models) {
        ProviderAccount account = account(ProviderKind.BEDROCK, url);
        assertThat(Regions.of(account)).isEqualTo(region);
        assertThat(Regions.ofModels(account)).isEqualTo(URI.create(models));
    }

    @ParameterizedTest
    @ValueSource(strings = {"..", "a/../b", "", "a b", "a?b", "a#b", "-a"})
    void whatIsNoModelIsRefused(String model) {
        Provider provider = providers(Map.of("KEY", "AKIA1:s")).open(bedrock(Map.of("region", "us-west-2")));
        assertThatThrownBy(() -> provider.call(chat(model))).isInstanceOf(ProxyException.class);
        assertThat(fake.connections()).isZero();
    }
}
