package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.provider.support.chat.TranslatingProvider;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.port.ProviderCall;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Requests that cannot be taken along are refused by the name of what is wrong, before anything is sent. */
class BadRequestsTest {
    private static final String MESSAGES =
            "\"model\":\"m\",\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]";

    private static CannedProvider canned(String provider) {
        String answer = switch (provider) {
            case "openai" -> "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}";
            case "bedrock" -> "{\"output\":{\"message\":{\"content\":[{\"text\":\"x\"}]}},\"stopReason\":\"end_turn\"}";
            default -> "{\"content\":[],\"stop_reason\":\"end_turn\"}";
        };
        HeaderFields headers = HeaderFields.of("Content-Type", "application/json");
        return new CannedProvider(Dialects.kind(provider), 200, headers, answer.getBytes(StandardCharsets.UTF_8));
    }

    private static ProxyError refusal(String client, String json) {
        String provider = client.equals("openai") ? "anthropic" : "openai";
        CannedProvider canned = canned(provider);
        try (ProviderCall _ = Dialects.call(Dialects.translating(canned, provider, false), client, json)) {
            throw new AssertionError("it was sent: " + canned.body());
        } catch (ProxyException e) {
            assertThat(canned.path()).isEmpty();
            return e.error();
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "openai|\"n\":2|n",
                "openai|\"seed\":1|seed",
                "openai|\"logprobs\":true|logprobs",
                "openai|\"logit_bias\":{\"1\":2}|logit_bias",
                "openai|\"presence_penalty\":0.5|presence_penalty",
                "openai|\"frequency_penalty\":-0.5|frequency_penalty",
                "openai|\"temperature\":1.5|temperature",
                "openai|\"response_format\":{\"type\":\"json_object\"}|response_format",
                "openai|\"modalities\":[\"text\",\"audio\"]|modalities",
                "openai|\"audio\":{}|audio",
                "openai|\"store\":true|store",
                "openai|\"service_tier\":\"flex\"|service_tier",
                "openai|\"reasoning_effort\":\"high\",\"max_completion_tokens\":500,\"model\":\"claude-3-7-sonnet\"|reasoning_effort",
                "openai|\"functions\":[]|functions",
                "openai|\"an_unknown_one\":1|an_unknown_one",
                "openai|\"tools\":[{\"type\":\"custom\"}]|tools[0].type",
                "openai|\"messages\":[{\"role\":\"user\",\"name\":\"u\",\"content\":\"x\"}]|messages.name",
                "openai|\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"\",\"format\":\"wav\"}}]}]|messages.content.input_audio",
                "openai|\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"file\",\"file\":{\"file_id\":\"f\"}}]}]|messages.content.file.file_id",
                "openai|\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"video\"}]}]|messages[0].content[0].type",
                "openai|\"verbosity\":\"low\"|verbosity",
                "openai|\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"bar\":1}]|messages[0].bar",
                "openai|\"messages\":[{\"role\":\"assistant\",\"content\":\"x\",\"prefix\":true}]|messages[0].prefix",
                "openai|\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\",\"bar\":1}]}]|messages[0].content[0].bar",
                "openai|\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"u\",\"bar\":1}}]}]|messages[0].content[0].image_url.bar",
                "openai|\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"i\",\"bar\":1,\"function\":{\"name\":\"f\"}}]}]|messages[0].tool_calls[0].bar",
                "openai|\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"i\",\"function\":{\"name\":\"f\",\"bar\":1}}]}]|messages[0].tool_calls[0].function.bar",
                "openai|\"tools\":[{\"type\":\"function\",\"bar\":1,\"function\":{\"name\":\"f\"}}]|tools[0].bar",
                "openai|\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"bar\":1}}]|tools[0].function.bar",
                "openai|\"response_format\":{\"type\":\"json_schema\",\"json_schema\":{\"name\":\"n\",\"bar\":1}}|response_format.json_schema.bar",
                "anthropic|\"messages\":[{\"role\":\"user\",\"content\":\"x\",\"bar\":1}]|messages[0].bar",
                "anthropic|\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"x\",\"bar\":1}]}]|messages[0].content[0].bar",
                "anthropic|\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":\"image/png\",\"data\":\"\",\"bar\":1}}]}]|messages[0].content[0].source.bar",
                "anthropic|\"thinking\":{\"type\":\"adaptive\",\"bar\":1}|thinking.bar",
                "anthropic|\"tool_choice\":{\"type\":\"auto\",\"bar\":1}|tool_choice.bar",
                "anthropic|\"output_config\":{\"format\":{\"type\":\"json_schema\",\"schema\":{},\"bar\":1}}|output_config.format.bar",
                "anthropic|\"top_k\":5|top_k",
                "anthropic|\"container\":\"c\"|container",
                "anthropic|\"context_management\":{}|context_management",
                "anthropic|\"output_config\":{\"new\":1}|output_config.new",
                "anthropic|\"tools\":[{\"type\":\"web_search_20250305\",\"name\":\"web_search\"}]|tools[0].type",
                "anthropic|\"tools\":[{\"name\":\"f\",\"input_schema\":{},\"defer_loading\":true}]|tools[0].defer_loading",
                "anthropic|\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"file\",\"file_id\":\"f\"}}]}]|messages.content.source.file_id",
                "anthropic|\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"source\":{\"type\":\"url\",\"url\":\"https://e\"}}]}]|messages.content.source.url",
                "anthropic|\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"citations\":{\"enabled\":true},\"source\":{\"type\":\"text\",\"data\":\"\"}}]}]|messages[0].content[0].citations",
                "anthropic|\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"document\",\"source\":{\"type\":\"text\",\"data\":\"\"}}]}]|messages.content.source.media_type",
                "anthropic|\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"search_result\"}]}]|messages[0].content[0].type",
                "anthropic|\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"t\",\"content\":[{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":\"u\"}}]}]}]|messages.content.content.type"
            })
    void whatTheProviderDoesNotHaveIsRefusedByName(String client, String member, String parameter) {
        ProxyError error = refusal(client, "{" + MESSAGES + "," + member + "}");

        assertThat(error.code()).isEqualTo("unsupported_parameter");
        assertThat(error.status()).isEqualTo(400);
        assertThat(error.param()).isEqualTo(parameter);
        assertThat(error.message()).contains("`" + parameter + "`").contains("type ");
    }

    @Test
    void aNameLongerThanTheProviderAllowsIsRefused() {
        String tool = "\"tools\":[{\"name\":\"" + "f".repeat(65) + "\",\"input_schema\":{}}]";

        assertThat(refusal("anthropic", "{" + MESSAGES + "," + tool + "}").param())
                .isEqualTo("tools.name");
    }

    @Test
    void thoughtsDoNotGoTogetherWithACallThatIsDemanded() {
        String asked = "{\"model\":\"claude-sonnet-4-5\",\"max_completion_tokens\":9000,\"reasoning_effort\":\"low\","
                + "\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"tool_choice\":\"required\",\"tools\":"
                + "[{\"type\":\"function\",\"function\":{\"name\":\"f\"}}]}";
        ProxyError error = refusal("openai", asked);

        assertThat(error.code()).isEqualTo("unsupported_parameter");
        assertThat(error.param()).isEqualTo("reasoning_effort");
        assertThat(error.message()).contains("where it must call a tool");
    }

    private static final String CALLED =
            "\"model\":\"us.anthropic.claude-sonnet-4-20250514-v1:0\",\"tool_choice\":\"none\","
                    + "\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"description\":\"of use\"}},"
                    + "{\"type\":\"function\",\"function\":{\"name\":\"g\"}}],\"messages\":[{\"role\":\"user\",\"content\":\"x\"}";
    private static final String CALLS = ",{\"role\":\"assistant\",\"tool_calls\":["
            + "{\"id\":\"c1\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}},"
            + "{\"id\":\"c2\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},"
            + "{\"role\":\"tool\",\"tool_call_id\":\"c1\",\"content\":\"y\"},{\"role\":\"tool\",\"tool_call_id\":\"c2\",\"content\":\"y\"}";

    @Test
    void bedrockForbidsNoCallsWhereThereHaveBeenSome() throws IOException {
        CannedProvider canned = canned("bedrock");
        String called = "{" + CALLED + CALLS + "]}";
        assertThatThrownBy(() -> Dialects.call(Dialects.translating(canned, "bedrock", false), "openai", called))
                .isInstanceOfSatisfying(ProxyException.class, e -> {
                    assertThat(e.error().code()).isEqualTo("unsupported_parameter");
                    assertThat(e.error().param()).isEqualTo("tool_choice");
                });
        assertThat(canned.path()).isEmpty();

        try (ProviderCall call = Dialects.call(Dialects.translating(canned, "bedrock", true), "openai", called)) {
            assertThat(call.execute().headers().first("Warning"))
                    .hasValueSatisfying(w -> assertThat(w).contains("not supported and left out: tool_choice"));
            assertThat(canned.body())
                    .contains("\"tools\":[{\"toolSpec\":{\"name\":\"f\",\"inputSchema\":")
                    .doesNotContain("of use", "\"name\":\"g\"", "toolChoice");
        }
    }

    @Test
    void bedrockCallsNothingWhereItIsToldOfNoTools() throws IOException {
        CannedProvider canned = canned("bedrock");
        try (ProviderCall call =
                Dialects.call(Dialects.translating(canned, "bedrock", false), "openai", "{" + CALLED + "]}")) {
            assertThat(call.execute().headers().contains("Warning")).isFalse();
            assertThat(canned.body()).doesNotContain("toolConfig");
        }
    }

    @ParameterizedTest
    @CsvSource({"openai,64", "mistral,64", "anthropic,128", "gemini,128", "bedrock,64"})
    void aFunctionOfGeminisClientsMayHaveTheLongestNameOfTheProvider(String provider, int longest) throws Exception {
        String path = "/models/m:generateContent";
        String client = provider.equals("gemini") ? "responses" : "gemini";
        String request = client.equals("gemini")
                ? "{\"contents\":[{\"parts\":[{\"text\":\"x\"}]}],\"tools\":[{\"functionDeclarations\":[{\"name\":\"%s\"}]}]}"
                : "{\"model\":\"m\",\"input\":\"x\",\"tools\":[{\"type\":\"function\",\"name\":\"%s\"}]}";
        CannedProvider canned = canned(provider);
        TranslatingProvider translating = Dialects.translating(canned, provider, true);
        String to = client.equals("gemini") ? path : "/responses";
        HeaderFields none = new HeaderFields();

        assertThatThrownBy(() -> Dialects.call(translating, to, none, request.formatted("f".repeat(longest + 1))))
                .isInstanceOfSatisfying(
                        ProxyException.class, e -> assertThat(e.error().param()).isEqualTo("tools.name"));
        assertThat(canned.path()).isEmpty();
        Dialects.call(translating, to, none, request.formatted("f".repeat(longest)))
                .close();
        assertThat(canned.body()).contains("f".repeat(longest));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "openai|{}|messages",
                "openai|{\"messages\":[]}|messages",
                "openai|{\"messages\":{}}|messages",
                "openai|{\"messages\":[1]}|messages[0]",
                "openai|{\"messages\":[{}]}|messages[0].role",
                "openai|{\"messages\":[{\"role\":\"king\",\"content\":\"x\"}]}|messages[0].role",
                "openai|{\"messages\":[{\"role\":\"user\"}]}|messages[0].content",
                "openai|{\"messages\":[{\"role\":\"user\",\"content\":1}]}|messages[0].content",
                "openai|{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}]}|messages[0].content[0].image_url",
                "openai|{\"messages\":[{\"role\":\"tool\",\"content\":\"x\"}]}|messages[0].tool_call_id",
                "openai|{\"messages\":[{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"i\",\"function\":{\"name\":\"f\",\"arguments\":\"no\"}}]}],\"model\":\"m\"}|messages.tool_calls.function.arguments",
                "openai|{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":\"m\",\"temperature\":\"hot\"}|temperature",
                "openai|{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":\"m\",\"max_tokens\":0}|max_tokens",
                "openai|{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":\"m\",\"temperature\":1e999}|temperature",
                "openai|{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":\"m\",\"stop\":[1]}|stop",
                "openai|{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":\"m\",\"tool_choice\":\"maybe\"}|tool_choice",
                "anthropic|{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":\"m\"}|max_tokens",
                "anthropic|{\"messages\":[{\"role\":\"system\",\"content\":\"x\"}],\"model\":\"m\",\"max_tokens\":1}|messages[0].role",
                "anthropic|{\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"tool_use\",\"id\":\"i\",\"name\":\"n\",\"input\":\"x\"}]}],\"model\":\"m\",\"max_tokens\":1}|messages[0].content[0].input",
                "anthropic|{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":\"m\",\"max_tokens\":1,\"tools\":[{\"name\":\"n\"}]}|tools[0].input_schema",
                "anthropic|{\"messages\":[{\"role\":\"user\",\"content\":\"x\"}],\"model\":\"m\",\"max_tokens\":1,\"thinking\":{\"type\":\"enabled\"}}|thinking.budget_tokens"
            })
    void whatIsMalformedIsRefusedByName(String client, String json, String parameter) {
        ProxyError error = refusal(client, json);

        assertThat(error.code()).isEqualTo("invalid_request");
        assertThat(error.param()).isEqualTo(parameter);
    }

    @Test
    void nestingWithoutEndIsRefused() {
        String deep = "[".repeat(100_000) + "]".repeat(100_000);

        assertThat(refusal("openai", "{\"model\":\"m\",\"messages\":" + deep + "}")
                        .status())
                .isEqualTo(400);
    }

    @Test
    void whereTheOperatorSaysSoItIsLeftOutAndTold() throws IOException {
        CannedProvider canned = canned("anthropic");
        String json = "{" + MESSAGES + ",\"seed\":1,\"b\\\"\\n\\u00fcd\":2,\"prompt_cache_key\":\"k\"}";
        try (ProviderCall call = Dialects.call(Dialects.translating(canned, "anthropic", true), "openai", json)) {
            ProviderCall.Head head = call.execute();

            assertThat(canned.body()).doesNotContain("seed").contains("\"content\":\"x\"");
            assertThat(head.headers().first("Warning"))
                    .contains(
                            "299 llmproxy \"not supported and left out: b???d, seed; without effect: prompt_cache_key\"");
        }
    }

    /** What clients send of an answer as it came, and what is a wish only, is no fault; but it is told. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "openai|\"verbosity\":\"medium\"|``",
                "openai|\"metadata\":{\"a\":\"b\"}|metadata",
                "openai|\"messages\":[{\"role\":\"assistant\",\"content\":\"x\",\"refusal\":null,\"annotations\":[],\"audio\":null,\"function_call\":null,\"tool_calls\":[{\"index\":0,\"id\":\"i\",\"type\":\"function\",\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]},{\"role\":\"tool\",\"name\":\"f\",\"tool_call_id\":\"i\",\"content\":\"y\"}]|``",
                "openai|\"messages\":[{\"role\":\"assistant\",\"content\":\"x\",\"annotations\":[{}],\"reasoning\":\"r\"},{\"role\":\"user\",\"content\":\"x\"}]|messages.annotations, messages.reasoning",
                "anthropic|\"messages\":[{\"role\":\"assistant\",\"content\":[{\"type\":\"text\",\"text\":\"x\",\"citations\":null},{\"type\":\"tool_use\",\"id\":\"i\",\"name\":\"f\",\"input\":{},\"caller\":{\"type\":\"direct\"}}]},{\"role\":\"user\",\"content\":[{\"type\":\"tool_result\",\"tool_use_id\":\"i\"}]}]|``",
                "anthropic|\"messages\":[{\"role\":\"assistant\",\"stop_reason\":\"end_turn\",\"content\":[{\"type\":\"text\",\"text\":\"x\",\"citations\":[{}]}]},{\"role\":\"user\",\"content\":\"x\"}]|messages.stop_reason, messages.content.citations",
                "anthropic|\"metadata\":{\"user_id\":\"u\",\"bar\":1}|metadata.bar",
                "anthropic|\"thinking\":{\"type\":\"adaptive\",\"display\":\"omitted\"}|thinking.display",
                "anthropic|\"thinking\":{\"type\":\"disabled\"}|reasoning_effort",
            })
    void whatIsHarmlessGoesNoFurtherAndIsTold(String client, String member, String told) throws IOException {
        String provider = client.equals("openai") ? "anthropic" : "openai";
        CannedProvider canned = canned(provider);
        try (ProviderCall call = Dialects.call(
                Dialects.translating(canned, provider, false), client, "{" + MESSAGES + "," + member + "}")) {
            assertThat(call.execute().headers().first("Warning").orElse(""))
                    .isEqualTo(told.isEmpty() ? "" : "299 llmproxy \"without effect: " + told + "\"");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "openai,gpt-5.1,none,false",
        "openai,gpt-5.4-mini,none,false",
        "azure,gpt-5,minimal,false",
        "openai,gpt-5-nano-2025-08-07,minimal,false",
        "openai,gpt-5-pro,,true",
        "openai,gpt-5.3-codex,,true",
        "openai,o3-mini,,true",
        "openai,gpt-4o,,false",
        "openai,chatgpt-4o-latest,,false",
        "azure,my-deployment,,true",
        "groq,qwen3,,true",
        "openrouter,any/model,none,false",
        "mistral,mistral-small,,false",
        "mistral,magistral-medium,,true"
    })
    void thoughtsAreTurnedOffWhereTheModelTakesIt(String provider, String model, @Nullable String effort, boolean told)
            throws IOException {
        CannedProvider canned = new CannedProvider(
                Dialects.kind(provider),
                200,
                HeaderFields.of("Content-Type", "application/json"),
                "{\"choices\":[{\"message\":{\"content\":\"x\"},\"finish_reason\":\"stop\"}]}"
                        .getBytes(StandardCharsets.UTF_8));
        String json = "{" + MESSAGES.replace("\"m\"", "\"" + model + "\"") + ",\"thinking\":{\"type\":\"disabled\"}}";
        try (ProviderCall call = Dialects.call(Dialects.translating(canned, provider, false), "anthropic", json)) {
            assertThat(call.execute().headers().contains("Warning")).isEqualTo(told);
        }
        if (effort == null) {
            assertThat(canned.body()).doesNotContain("reasoning_effort");
        } else {
            assertThat(canned.body()).contains("\"reasoning_effort\":\"" + effort + "\"");
        }
    }

    @Test
    void contentIsNeverLeftOut() {
        CannedProvider canned = canned("anthropic");
        String audio = "{\"type\":\"input_audio\",\"input_audio\":{\"data\":\"\",\"format\":\"wav\"}}";
        String json = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":[" + audio + "]}]}";

        assertThatThrownBy(() -> Dialects.call(Dialects.translating(canned, "anthropic", true), "openai", json))
                .isInstanceOf(ProxyException.class);
    }

    @Test
    void aProviderOfAnotherDialectIsNotAskedForWhatItDoesNotHave() {
        CannedProvider canned = canned("anthropic");

        assertThatThrownBy(() -> Dialects.call(
                        Dialects.translating(canned, "anthropic", false), "/embeddings", new HeaderFields(), "{}"))
                .isInstanceOfSatisfying(
                        ProxyException.class,
                        e -> assertThat(e.error().message()).contains("/v1/embeddings"));
        assertThat(canned.path()).isEmpty();
    }

    @Test
    void butForWhateverAClientOfItsOwnDialectAsksFor() {
        CannedProvider canned = canned("anthropic");
        HeaderFields own = HeaderFields.of("anthropic-version", "2023-06-01");

        Dialects.call(Dialects.translating(canned, "anthropic", false), "/of_tomorrow", own, "{}")
                .close();
        assertThat(canned.path()).isEqualTo("/of_tomorrow");
    }

    @Test
    void onlyFieldsThatMeanTheSameEverywhereGoAlong() throws IOException {
        CannedProvider canned = canned("openai");
        HeaderFields headers = HeaderFields.of(
                "User-Agent", "a", "anthropic-version", "2023-06-01", "anthropic-beta", "b", "Via", "1.1 llmproxy");
        try (ProviderCall call = Dialects.call(
                Dialects.translating(canned, "openai", false), "/messages/", headers, "{" + MESSAGES + "}")) {
            call.execute();

            assertThat(canned.headers().contains("anthropic-version")).isFalse();
            assertThat(canned.headers().contains("anthropic-beta")).isFalse();
            assertThat(canned.headers().first("User-Agent")).contains("a");
            assertThat(canned.headers().first("Accept-Encoding")).contains("identity");
            assertThat(canned.headers().first("Content-Type")).contains("application/json");
        }
    }

    @Test
    void theTokensOfAConversationAreCountedHereWhereTheProviderCannot() throws IOException {
        CannedProvider canned = canned("openai");
        String json =
                "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"" + "word ".repeat(100) + "\"}]}";
        try (ProviderCall call = Dialects.call(
                Dialects.translating(canned, "openai", false), "/messages/count_tokens", new HeaderFields(), json)) {
            assertThat(call.execute().status()).isEqualTo(200);
            assertThat(new String(call.body().readAllBytes(), StandardCharsets.UTF_8))
                    .matches("\\{\"input_tokens\":1[0-9]{2}}");
            assertThat(canned.path()).isEmpty();
        }
    }
}
