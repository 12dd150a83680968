package io.llmproxy.sdk;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.AnthropicClient;
import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.core.http.StreamResponse;
import com.anthropic.models.messages.batches.MessageBatchIndividualResponse;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.anthropic.FakeAnthropic;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Clients of Anthropic's read the results of their batches through the gateway, whether or not they follow {@code results_url}. */
class AnthropicBatchesTest {
    private static final FakeProvider BEHIND = FakeProvider.start();
    private static final TestAppliance APPLIANCE = TestAppliance.start();
    private static final String KEY = key();

    @AfterAll
    static void closeAll() {
        APPLIANCE.close();
        BEHIND.close();
    }

    @BeforeEach
    void setUp() {
        BEHIND.otherwise(new FakeAnthropic());
    }

    private static String key() {
        APPLIANCE.ctl("tenant", "create", "acme").value();
        APPLIANCE.provider("acme", "claude", "anthropic", BEHIND.origin(), "sk-ant");
        return APPLIANCE
                .ctl("-t", "acme", "key", "create", "dev", "--passthrough", "-q")
                .value();
    }

    @Test
    void ofJava() {
        AnthropicClient client = AnthropicOkHttpClient.builder()
                .baseUrl(APPLIANCE.gateway().toString())
                .apiKey(KEY)
                .maxRetries(0)
                .timeout(Duration.ofMinutes(1))
                .build();
        try (StreamResponse<MessageBatchIndividualResponse> results =
                client.messages().batches().resultsStreaming("msgbatch_ended")) {
            assertThat(results.stream().map(MessageBatchIndividualResponse::customId))
                    .containsExactly("a", "b");
        } finally {
            client.close();
        }
    }

    /** As the SDKs for Python and TypeScript do: what is no address of its own goes behind the one that they were given. */
    @Test
    void thatFollowTheLink() {
        try (Http client = new Http(APPLIANCE.gateway(), KEY)) {
            for (String prefix : new String[] {"", "/p/claude"}) {
                HttpResponse<String> batch = client.get(prefix + "/v1/messages/batches/msgbatch_ended");
                String link = Http.json(batch).path("results_url").stringValue();
                HttpResponse<String> results = client.get(link);

                assertThat(link).isEqualTo(prefix + "/v1/messages/batches/msgbatch_ended/results");
                assertThat(results.statusCode()).isEqualTo(200);
                assertThat(results.body().lines()).hasSize(2);
            }
        }
        assertThat(BEHIND.requests())
                .noneMatch(r -> String.valueOf(r.header("x-api-key")).contains(KEY));
    }

    /** Everything else is the provider's, to the byte, and so is what says that there is no such batch. */
    @Test
    void withTheRestAsItIs() {
        try (Http client = new Http(APPLIANCE.gateway(), KEY)) {
            String batch = client.get("/v1/messages/batches/msgbatch_ended").body();
            HttpResponse<String> none = client.get("/v1/messages/batches/msgbatch_1/nothing");

            assertThat(batch)
                    .contains("\"request_counts\":{\"processing\":0,")
                    .endsWith("\"results_url\":\"/v1/messages/batches/msgbatch_ended/results\"}");
            assertThat(none.statusCode()).isEqualTo(404);
        }
    }
}
