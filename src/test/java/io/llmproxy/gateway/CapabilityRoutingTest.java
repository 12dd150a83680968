package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.route.BalancePolicy;
import io.llmproxy.domain.route.Choice;
import io.llmproxy.domain.route.Requirement;
import io.llmproxy.domain.route.Route;
import io.llmproxy.domain.route.RouteMatch;
import io.llmproxy.domain.route.Target;
import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.domain.usage.PriceList;
import io.llmproxy.domain.usage.PriceOverlay;
import io.llmproxy.gateway.ScriptedProvider.Script;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Routes that ask what their targets can do. */
class CapabilityRoutingTest {
    private static final String TOO_LONG =
            "{\"error\":{\"message\":\"too many tokens\",\"code\":\"context_length_exceeded\"}}";

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() {
        fixture = new GatewayFixture(directory);
        fixture.addProvider("a", "own-of-a");
        fixture.addProvider("b", "own-of-b");
    }

    private void route(Set<Requirement> requires, String... targets) {
        fixture.addRoute(new Route(
                Ids.next(GatewayFixture.START),
                fixture.tenant.id(),
                "r",
                RouteMatch.NONE,
                new Choice(BalancePolicy.FAILOVER, null, requires),
                List.of(targets).stream().map(t -> Target.parse("targets", t)).toList(),
                0,
                false,
                null,
                GatewayFixture.START,
                GatewayFixture.START));
    }

    private RecordingSink send(String path, String body) {
        return fixture.send(FakeRequest.post(path, body).key(fixture.secret));
    }

    private @Nullable String served(String path, String body) {
        return send(path, body).header("x-llmproxy-provider");
    }

    private @Nullable String chat(String rest) {
        return served("/v1/chat/completions", "{\"model\":\"r\"," + rest + "}");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1/chat/completions | {\"model\":\"r\",\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"?\"},{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://x/y.png\"}}]}]}",
                "/v1/responses | {\"model\":\"r\",\"store\":false,\"input\":[{\"role\":\"user\",\"content\":[{\"type\":\"input_image\",\"image_url\":\"https://x/y.png\"}]}]}",
                "/v1/messages | {\"max_tokens\":9,\"messages\":[{\"role\":\"user\",\"content\":[{\"source\":{\"type\":\"url\",\"url\":\"https://x\"},\"type\":\"image\"}]}],\"model\":\"r\"}",
                "/v1beta/models/r:generateContent | {\"contents\":[{\"parts\":[{\"text\":\"?\"},{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"aa\"}}]}]}",
                "/v1beta/models/r:generateContent | {\"contents\":[{\"parts\":[{\"file_data\":{\"file_uri\":\"u\",\"mime_type\":\"image/png\"}}]}]}",
                "/api/chat | {\"model\":\"r\",\"messages\":[{\"role\":\"user\",\"content\":\"?\",\"images\":[\"aa\"]}]}",
                "/api/generate | {\"model\":\"r\",\"prompt\":\"?\",\"images\":[\"aa\"]}"
            })
    void imagesGoToModelsThatReadThem(String path, String body) {
        route(Set.of(Requirement.VISION), "a/deepseek-chat", "b/gpt-4o");

        assertThat(served(path, body)).isEqualTo("b");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"messages\":[{\"role\":\"user\",\"content\":\"type: image_url\"}]",
                "\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":\"image\"}]}]",
                "\"messages\":[],\"metadata\":{\"type\":\"image\"}",
                "\"messages\":[],\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"image\"}}}]"
            })
    void whatOnlySpeaksOfImagesIsNotConcerned(String rest) {
        route(Set.of(Requirement.VISION), "a/deepseek-chat", "b/gpt-4o");

        assertThat(chat(rest)).isEqualTo("a");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/v1beta/models/r:generateContent | {\"contents\":[{\"parts\":[{\"inlineData\":{\"mimeType\":\"application/pdf\",\"data\":\"aa\"}}]}]}",
                "/api/chat | {\"model\":\"r\",\"messages\":[{\"role\":\"user\",\"content\":\"images\",\"images\":[]}]}",
                "/v1/chat/completions | {\"model\":\"r\",\"messages\":[{\"role\":\"user\",\"content\":\"\",\"images\":[\"a\"]}]}"
            })
    void whatIsNoImageInTheApiOfTheClientIsNotConcerned(String path, String body) {
        route(Set.of(Requirement.VISION), "a/deepseek-chat", "b/gpt-4o");

        assertThat(served(path, body)).isEqualTo("a");
    }

    @Test
    void toolsGoToModelsThatCallThem() {
        route(Set.of(Requirement.TOOLS), "a/o1-mini", "b/meta/llama-3.3-70b-versatile");

        assertThat(chat("\"tools\":[{\"type\":\"function\"}],\"messages\":[]")).isEqualTo("b");
        assertThat(chat("\"functions\":[{\"name\":\"f\"}],\"messages\":[]")).isEqualTo("b");
        assertThat(chat("\"tools\":[],\"messages\":[]")).isEqualTo("a");
        assertThat(chat("\"tools\":null,\"messages\":[]")).isEqualTo("a");
    }

    @Test
    void whatNobodyKnowsCanDoNothingAndTheClientIsTold() {
        route(Set.of(Requirement.TOOLS, Requirement.VISION), "a/unheard-of", "b/o1-mini");

        RecordingSink sink = send("/v1/chat/completions", "{\"model\":\"r\",\"tools\":[{}],\"messages\":[]}");

        assertThat(sink.refusal()).isEqualTo("400 invalid_request_error/invalid_request");
        assertThat(sink.error().message()).contains("`r`", "tools");
        assertThat(fixture.provider("a").asked()).isEmpty();
    }

    private void window(String model, int tokens) {
        fixture.price(new PriceOverlay(
                Ids.next(GatewayFixture.START),
                fixture.tenant.id(),
                false,
                PriceList.parse(
                                "model,input,output,valid-from,context\n" + model + ",1,1,2025-01-01," + tokens,
                                GatewayFixture.START)
                        .getFirst(),
                GatewayFixture.START));
    }

    private static String words(int tokens) {
        return "\"messages\":[{\"role\":\"user\",\"content\":\"" + "word".repeat(tokens) + "\"}]";
    }

    @Test
    void whatIsTooLongGoesToTheLargerWindowAndAtLeastToTheLargest() {
        window("small", 1000);
        window("large", 3000);
        route(Set.of(Requirement.CONTEXT), "a/small", "b/large");

        assertThat(chat(words(100))).isEqualTo("a");
        assertThat(chat(words(2000))).isEqualTo("b");
        assertThat(chat("\"max_tokens\":950," + words(100))).isEqualTo("b");
        assertThat(chat(words(9000))).as("a guess refuses nothing").isEqualTo("b");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "openai | 400 | {\"error\":{\"message\":\"Too long.\",\"type\":\"invalid_request_error\",\"param\":\"messages\",\"code\":\"context_length_exceeded\"}}",
                "openai responses | 400 | {\"error\":{\"message\":\"Your input exceeds the context window of this model.\"}}",
                "anthropic | 400 | {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"prompt is too long: 210000 tokens > 200000 maximum\"}}",
                "anthropic with max_tokens | 400 | {\"type\":\"error\",\"error\":{\"message\":\"input length and `max_tokens` exceed context limit: 190000 + 20000 > 200000\"}}",
                "gemini | 400 | {\"error\":{\"code\":400,\"message\":\"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).\",\"status\":\"INVALID_ARGUMENT\"}}",
                "gemini on vertex | 400 | {\"error\":{\"code\":400,\"message\":\"Unable to submit request because the input token count is 40000 but model only supports up to 32768.\"}}",
                "bedrock | 400 | {\"message\":\"Input is too long for requested model.\"}",
                "llama.cpp | 400 | {\"error\":{\"code\":400,\"message\":\"the request exceeds\",\"type\":\"exceed_context_size_error\",\"n_prompt_tokens\":9,\"n_ctx\":8}}",
                "llama.cpp translated | 400 | {\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"the request exceeds the available context size. try increasing the context size or enable context shift\"}}",
                "xai | 400 | {\"code\":\"Client specified an invalid argument\",\"error\":\"This model's maximum prompt length is 131072 but the request contains 537812 tokens.\"}",
                "cohere | 400 | {\"message\":\"too many tokens: size limit exceeded by 11326 tokens. Try using shorter or fewer inputs.\"}",
                "huggingface | 422 | {\"error\":\"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4000 `inputs` tokens and 200 `max_new_tokens`\",\"error_type\":\"validation\"}",
                "huggingface inputs | 422 | {\"error\":\"Input validation error: `inputs` must have less than 1024 tokens. Given: 2000\",\"error_type\":\"validation\"}",
                "together | 422 | {\"error\":{\"message\":\"Input validation error: `inputs` tokens + `max_new_tokens` must be \\u003c= 8193.\"}}",
                "bedrock nova | 400 | {\"message\":\"Input Tokens Exceeded: Number of input tokens exceeds maximum length. Please update the input to try again.\"}",
                "bedrock titan | 400 | {\"message\":\"400 Bad Request: Too many input tokens. Max input tokens: 8192, request input token count: 11938 \"}",
                "ollama | 400 | {\"error\":\"the input length exceeds the context length\"}",
                "ollama of late | 400 | {\"error\":\"prompt too long; exceeded max context length by 12 tokens\"}",
                "sglang | 400 | {\"object\":\"error\",\"message\":\"The input (8200 tokens) is longer than the model's context length (8192 tokens).\",\"type\":\"BadRequestError\",\"code\":400}",
                "lm studio | 400 | {\"error\":\"The number of tokens to keep from the initial prompt is greater than the context length. Try to load the model with a larger context length.\"}",
                "lm studio of late | 400 | {\"error\":\"Trying to keep the first 5000 tokens when context the overflows. However, the model is loaded with context length of only 4096 tokens.\"}",
                "mistral | 400 | {\"object\":\"error\",\"message\":\"Prompt contains 40000 tokens and 0 draft tokens, too large for model with 32768 maximum context length\",\"type\":\"invalid_request_prompt\",\"code\":\"3051\"}",
                "vllm | 400 | {\"error\":{\"message\":\"The decoder prompt (length 5000) is longer than the maximum model length of 4096.\",\"type\":\"BadRequestError\",\"code\":400}}",
                "deepseek | 400 | {\"error\":{\"message\":\"This model's maximum context length is 65536 tokens. However, you requested 70000 tokens.\",\"type\":\"invalid_request_error\",\"code\":\"invalid_request_error\"}}",
                "groq | 413 | {\"error\":{\"message\":\"Please reduce the length of the messages or completion.\",\"type\":\"invalid_request_error\"}}"
            })
    void aProviderThatSaysThatItIsTooLongIsFollowedByALargerOne(String who, int status, String body) {
        window("small", 1000);
        window("large", 3000);
        route(Set.of(Requirement.CONTEXT), "a/small", "up/small", "b/large");
        fixture.provider("a").answers(r -> Script.json(body).status(status));

        assertThat(chat(words(10))).isEqualTo("b");
        assertThat(fixture.up().asked()).as("it is no larger").isEmpty();
        assertThat(fixture.record().failed())
                .as(who)
                .extracting(Attempt::reason, Attempt::status)
                .containsExactly(tuple("too-long", status));
    }

    @Test
    void theLargestOnesOwnWordAndOther400sAreTheClients() {
        window("small", 1000);
        window("large", 3000);
        route(Set.of(Requirement.CONTEXT), "a/small", "b/large");
        String other = "{\"error\":{\"message\":\"" + "x".repeat(20_000) + "\"}}";
        fixture.provider("a").answers(r -> Script.json(other).status(400));
        fixture.provider("b").answers(r -> Script.json(TOO_LONG).status(400));

        RecordingSink first = send("/v1/chat/completions", "{\"model\":\"r\"," + words(10) + "}");
        assertThat(first.status()).isEqualTo(400);
        assertThat(first.text()).isEqualTo(other);
        RecordingSink second = send("/v1/chat/completions", "{\"model\":\"r\"," + words(2000) + "}");
        assertThat(second.status()).isEqualTo(400);
        assertThat(second.text()).isEqualTo(TOO_LONG);
    }

    @Test
    void withoutTheRequirementItIsTheClientsAtOnce() {
        route(Set.of(), "a/small", "b/large");
        fixture.provider("a").answers(r -> Script.json(TOO_LONG).status(400));

        assertThat(send("/v1/chat/completions", "{\"model\":\"r\"," + words(10) + "}")
                        .text())
                .isEqualTo(TOO_LONG);
    }
}
