package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.ProviderCall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Usage that a provider does not tell, or not as a count, is never passed on as one. */
class UsageOfAnswersTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final Map<String, String> ANSWERS = Map.of(
            "openai", "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":%s}",
            "anthropic", "{\"content\":[{\"type\":\"text\",\"text\":\"x\"}],\"stop_reason\":\"end_turn\",\"usage\":%s}",
            "gemini",
                    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":%s}");
    private static final Map<String, String> STREAMS = Map.of(
            "openai",
                    "data: {\"choices\":[{\"delta\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}],\"usage\":%s}\n\ndata: [DONE]\n\n",
            "anthropic", """
                    data: {"type":"message_start","message":{"id":"i","model":"m","usage":%1$s}}

                    data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":%1$s}

                    data: {"type":"message_stop"}

                    """,
            "gemini",
                    "data: {\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"x\"}]},\"finishReason\":\"STOP\"}],\"usageMetadata\":%s}\n\n");

    private static String answer(String provider, String client, boolean stream, String usage) throws IOException {
        String text = String.valueOf((stream ? STREAMS : ANSWERS).get(provider)).formatted(usage);
        CannedProvider canned = new CannedProvider(
                Dialects.kind(provider),
                200,
                HeaderFields.of("Content-Type", stream ? "text/event-stream" : "application/json"),
                text.getBytes(StandardCharsets.UTF_8));
        String request = "{\"model\":\"m\",\"max_tokens\":9,\"stream\":" + stream
                + (stream && client.equals("openai") ? ",\"stream_options\":{\"include_usage\":true}" : "")
                + ",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}";
        try (ProviderCall call = Dialects.call(Dialects.translating(canned, provider, false), client, request)) {
            call.execute();
            return new String(call.body().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "openai|anthropic|null",
                "openai|anthropic|5",
                "openai|anthropic|{\"prompt_tokens\":-7,\"completion_tokens\":-1}",
                "openai|anthropic|{\"prompt_tokens\":1.5,\"completion_tokens\":\"3\"}",
                "openai|anthropic|{\"prompt_tokens\":1e30,\"completion_tokens\":99999999999999999999}",
                "anthropic|openai|null",
                "anthropic|openai|[]",
                "anthropic|openai|{\"input_tokens\":-7,\"output_tokens\":-1}",
                "anthropic|openai|{\"input_tokens\":\"7\",\"output_tokens\":null}",
                "gemini|openai|null",
                "gemini|openai|{\"promptTokenCount\":-7,\"candidatesTokenCount\":-1}",
                "gemini|anthropic|{\"promptTokenCount\":\"7\"}"
            })
    void isNotToldWhereItIsNone(String provider, String client, String usage) throws IOException {
        String whole = answer(provider, client, false, usage);
        String stream = answer(provider, client, true, usage);

        if (client.equals("openai")) {
            assertThat(JSON.readTree(whole).path("usage").isObject()).isFalse();
            assertThat(stream).doesNotContain("prompt_tokens").endsWith("data: [DONE]\n\n");
        } else {
            // its clients cannot do without the object: zeros, which the ledger does not take for a count either
            JsonNode told = JSON.readTree(whole).path("usage");
            assertThat(told.path("input_tokens").asLong(-1)).isZero();
            assertThat(told.path("output_tokens").asLong(-1)).isZero();
            assertThat(stream).doesNotContain("-7", "-1", "1.5");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "openai|anthropic|{\"prompt_tokens\":7,\"completion_tokens\":-1,\"prompt_tokens_details\":{\"cached_tokens\":-5}}",
                "openai|anthropic|{\"prompt_tokens\":7,\"prompt_tokens_details\":{\"cached_tokens\":-1}}",
                "anthropic|openai|{\"input_tokens\":7,\"output_tokens\":-1,\"cache_read_input_tokens\":-5}",
                "gemini|openai|{\"promptTokenCount\":7,\"candidatesTokenCount\":-1,\"cachedContentTokenCount\":-5,\"thoughtsTokenCount\":-9}"
            })
    void isToldAsFarAsItIsPlausible(String provider, String client, String usage) throws IOException {
        JsonNode told = JSON.readTree(answer(provider, client, false, usage)).path("usage");

        assertThat(told.path(client.equals("openai") ? "prompt_tokens" : "input_tokens")
                        .asLong(-1))
                .isEqualTo(7);
        assertThat(told.path(client.equals("openai") ? "completion_tokens" : "output_tokens")
                        .asLong(-1))
                .isZero();
        assertThat(told.toString()).doesNotContain("-");
    }
}
