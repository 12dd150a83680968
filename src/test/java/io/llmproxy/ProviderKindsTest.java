package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.AwsMessages;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.llmproxy.testing.TestAppliance.Ctl;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** Providers of every API behind a running appliance: made by the command line, called by clients of two dialects, metered. */
class ProviderKindsTest {
    private static final JsonMapper JSON = JsonMapper.builder().build();
    private static final String CHAT = "/v1/chat/completions";
    private static final String MESSAGES = "/v1/messages";

    private static FakeProvider upstream;
    private static TestAppliance appliance;
    private static Http http;

    @BeforeAll
    static void start() {
        upstream = FakeProvider.start();
        appliance = TestAppliance.start();
        http = new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()));
        create("az", "azure", "azure-key", "--models", "gpt-az", "--base-url", upstream.origin());
        create(
                "aws",
                "bedrock",
                "AKIA1:very-secret",
                "--models",
                "*amazon.*",
                "--base-url",
                upstream.origin(),
                "--option",
                "region=eu-west-1");
        create("co", "cohere", "co-key", "--models", "command-*", "--base-url", upstream.origin());
        create("oll", "ollama", null, "--models", "llama*", "--base-url", upstream.origin());
        create(
                "fast",
                "groq",
                "groq-key",
                "--models",
                "groq-*",
                "--base-url",
                upstream.baseUrl().toString());
    }

    private static Ctl ctl(String input, String... args) {
        List<String> all = new ArrayList<>(List.of("-t", "acme"));
        all.addAll(List.of(args));
        return appliance.ctlWithInput(input, all.toArray(String[]::new));
    }

    private static Ctl create(
            String name, String type, @org.jspecify.annotations.Nullable String credential, String... options) {
        List<String> args = new ArrayList<>(List.of("provider", "create", name, "--type", type));
        args.addAll(List.of(options));
        if (credential != null) {
            args.add("--api-key-stdin");
        }
        Ctl made = ctl(credential == null ? "" : credential, args.toArray(String[]::new));
        assertThat(made.code()).as(made.err()).isZero();
        return made;
    }

    @AfterAll
    static void stop() {
        http.close();
        appliance.close();
        upstream.close();
    }

    private static String asked(String model, String more) {
        return "{\"model\":\"" + model + "\",\"max_tokens\":50,\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
                + more + "}";
    }

    private record Streamed(String id, String text) {}

    private static Streamed streamed(String path, String json) throws IOException {
        HttpResponse<InputStream> answer = http.stream(path, json);
        try (InputStream in = answer.body()) {
            return new Streamed(id(answer), new String(in.readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static String id(HttpResponse<?> answer) {
        return answer.headers().firstValue("x-request-id").orElseThrow();
    }

    private static JsonNode record(String requestId) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
        do {
            for (String line :
                    ctl("", "usage", "export", "-o", "jsonl").value().lines().toList()) {
                if (line.contains(requestId)) {
                    return JSON.readTree(line);
                }
            }
        } while (System.nanoTime() < end);
        throw new AssertionError("no usage record of " + requestId);
    }

    private static void counted(String requestId, String provider, int input, int output) {
        JsonNode record = record(requestId);
        assertThat(record.path("provider").asString("")).isEqualTo(provider);
        assertThat(record.path("inputTokens").asInt()).as(record.toString()).isEqualTo(input);
        assertThat(record.path("outputTokens").asInt()).as(record.toString()).isEqualTo(output);
    }

    @Test
    void azureGetsAndGivesTheBytesOfItsDeployment() {
        String path = "/openai/deployments/gpt-az/chat/completions";
        String body = asked("gpt-az", ",\"data_sources\":[ ]");
        String answer = "{\"id\":\"c\",\"model\":\"gpt-4o\", \"prompt_filter_results\":[],\"choices\":[{\"index\":0,"
                + "\"content_filter_results\":{},\"message\":{\"role\":\"assistant\",\"content\":\"Hi.\"},"
                + "\"finish_reason\":\"stop\"}],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":2,\"total_tokens\":11}}";
        upstream.on(path, Script.answer(200, answer, "Content-Type", "application/json"));

        HttpResponse<String> got = http.post(CHAT, body);

        assertThat(got.body()).isEqualTo(answer);
        FakeProvider.Request asked = last(path);
        assertThat(asked.text()).isEqualTo(body);
        assertThat(asked.target()).isEqualTo(path + "?api-version=2024-10-21");
        assertThat(asked.header("api-key")).isEqualTo("azure-key");
        counted(id(got), "az", 9, 2);
    }

    private static FakeProvider.Request last(String path) {
        return upstream.requests().stream()
                .filter(r -> r.path().equals(path))
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    @Test
    void bedrockStreamsItsMessagesToAClientOfOpenAis() throws IOException {
        String path = "/model/us.amazon.nova-lite-v1%3A0/converse-stream";
        upstream.on(path, c -> {
            c.head(200, "Content-Type", "application/vnd.amazon.eventstream");
            byte[] events = AwsMessages.ofLines("""
                    messageStart {"role":"assistant"}
                    contentBlockDelta {"contentBlockIndex":0,"delta":{"text":"Grüezi."}}
                    contentBlockStop {"contentBlockIndex":0}
                    messageStop {"stopReason":"end_turn"}
                    metadata {"usage":{"inputTokens":7,"outputTokens":3,"totalTokens":10}}
                    """);
            // in the middle of a message
            c.chunk(java.util.Arrays.copyOf(events, 50));
            c.chunk(java.util.Arrays.copyOfRange(events, 50, events.length));
            c.lastChunk();
        });

        Streamed got = streamed(CHAT, asked("us.amazon.nova-lite-v1:0", ",\"stream\":true"));

        assertThat(got.text())
                .contains("\"content\":\"Grüezi.\"", "\"model\":\"us.amazon.nova-lite-v1:0\"")
                .endsWith("data: [DONE]\n\n");
        assertThat(last(path).header("authorization"))
                .startsWith("AWS4-HMAC-SHA256 Credential=AKIA1/")
                .contains("/eu-west-1/bedrock/aws4_request, SignedHeaders=host;x-amz-date, Signature=")
                .doesNotContain("very-secret");
        counted(got.id(), "aws", 7, 3);
    }

    @Test
    void bedrocksErrorsComeInTheClientsForm() {
        String path = "/model/us.amazon.nova-pro-v1%3A0/converse";
        upstream.on(
                path,
                Script.answer(400, "{\"message\":\"The model is not here.\"}", "Content-Type", "application/json"));

        HttpResponse<String> got = http.post(MESSAGES, asked("us.amazon.nova-pro-v1:0", ""));

        assertThat(got.statusCode()).isEqualTo(400);
        assertThat(Http.json(got).at("/error/message").asString("")).isEqualTo("The model is not here.");
        assertThat(Http.json(got).at("/error/type").asString("")).isEqualTo("invalid_request_error");
    }

    @Test
    void cohereAnswersAClientOfAnthropics() {
        upstream.on("/v2/chat", Script.answer(200, """
                {"id":"c1","finish_reason":"COMPLETE","message":{"role":"assistant","content":[{"type":"text","text":"Hi."}]},
                "usage":{"billed_units":{"input_tokens":5,"output_tokens":2},"tokens":{"input_tokens":70,"output_tokens":3}}}
                """, "Content-Type", "application/json"));

        HttpResponse<String> got = http.post(MESSAGES, asked("command-a", ""));

        assertThat(Http.json(got).at("/content/0/text").asString("")).isEqualTo("Hi.");
        assertThat(Http.json(got).at("/model").asString("")).isEqualTo("command-a");
        assertThat(last("/v2/chat").header("authorization")).isEqualTo("Bearer co-key");
        counted(id(got), "co", 5, 2);
    }

    @Test
    void ollamaStreamsItsLinesToAClientOfAnthropicsAndKeepsItsV1ForOpenAis() throws IOException {
        upstream.on("/api/chat", c -> {
            c.head(200, "Content-Type", "application/x-ndjson");
            c.chunk(
                    "{\"model\":\"llama3\",\"message\":{\"role\":\"assistant\",\"content\":\"Grü\"},\"done\":false}\n{\"mo");
            c.chunk("del\":\"llama3\",\"message\":{\"role\":\"assistant\",\"content\":\"ezi.\"},\"done\":false}\n");
            c.chunk("{\"model\":\"llama3\",\"message\":{\"role\":\"assistant\",\"content\":\"\"},\"done\":true,"
                    + "\"done_reason\":\"stop\",\"prompt_eval_count\":8,\"eval_count\":4}\n");
            c.lastChunk();
        });

        Streamed got = streamed(MESSAGES, asked("llama3", ",\"stream\":true"));
        HttpResponse<String> plain = http.post(CHAT, asked("llama3", ""));

        assertThat(got.text()).contains("\"text\":\"Grü\"", "\"text\":\"ezi.\"", "message_stop");
        counted(got.id(), "oll", 8, 4);
        assertThat(plain.statusCode()).isEqualTo(200);
        assertThat(last(CHAT).text()).isEqualTo(asked("llama3", ""));
    }

    @Test
    void customPutsTheCredentialAndTheModelWhereTheServerWantsThem() {
        create(
                "own",
                "custom",
                "own-key",
                "--base-url",
                upstream.origin(),
                "--models",
                "mine",
                "--header",
                "Authorization=Token {credential}",
                "--header",
                "X-Model=the {model}",
                "--option",
                "/chat/completions=/llm/{model}/talk?v=1");
        upstream.on("/llm/mine/talk", Script.answer(200, "{}", "Content-Type", "application/json"));

        HttpResponse<String> got = http.post(CHAT, asked("mine", ""));

        assertThat(got.statusCode()).isEqualTo(200);
        FakeProvider.Request asked = last("/llm/mine/talk");
        assertThat(asked.target()).isEqualTo("/llm/mine/talk?v=1");
        assertThat(asked.headers().get("authorization")).containsExactly("Token own-key");
        assertThat(asked.header("x-model")).isEqualTo("the mine");
        assertThat(ctl("", "provider", "show", "own", "-o", "json").value())
                .contains("/llm/{model}/talk?v=1")
                .doesNotContain("own-key", "Token");
    }

    @Test
    void presetsAreShownByTheirNames() {
        assertThat(ctl("", "provider", "list").value()).contains("groq", "azure", "bedrock", "cohere");
        assertThat(http.post(CHAT, asked("groq-1", "")).statusCode()).isEqualTo(200);
        assertThat(last(CHAT).header("authorization")).isEqualTo("Bearer groq-key");
    }

    @Test
    void theTestSaysWhatItFound() {
        String list = "application/json";
        upstream.on(
                "/foundation-models",
                Script.answer(200, "{\"modelSummaries\":[{\"modelId\":\"amazon.nova\"}]}", "Content-Type", list));
        upstream.on(
                "/v1/models",
                Script.answer(
                        200, "{\"models\":[{\"name\":\"command-a\"},{\"name\":\"embed-4\"}]}", "Content-Type", list));
        upstream.on("/openai/models", Script.answer(401, "{}", "Content-Type", list));
        try {
            assertThat(ctl("", "provider", "test", "aws", "-o", "json").value())
                    .contains("lists 1 model", "amazon.nova");
            assertThat(ctl("", "provider", "test", "co", "-o", "json").value()).contains("lists 2 models", "command-a");
            Ctl refused = ctl("", "provider", "test", "az");
            assertThat(refused.code()).isEqualTo(1);
            assertThat(refused.err()).contains("it does not accept the credential");
            noList("oll", "a web page", "it has to be an origin", "<html>hello</html>", "text/html; charset=utf-8");
            noList("fast", "a web page", "does it have to end in /v1?", "<html>hello</html>", "text/html");
            noList("fast", "an empty body", "does it have to end in /v1?", "", list);
            noList("fast", "a stream of events", "base URL is probably wrong", "data: [DONE]\n\n", "text/event-stream");
            noList("fast", "something else", "base URL is probably wrong", "{\"status\":\"ok\"}", list);
            upstream.on("/v1/models", Script.answer(200, "{\"object\":\"list\",\"data\":null}", "Content-Type", list));
            assertThat(ctl("", "provider", "test", "fast", "-o", "json").value())
                    .as("Ollama without models")
                    .contains("lists no models");
        } finally {
            upstream.restore("/v1/models");
        }
    }

    private static void noList(String provider, String what, String advice, String body, String type) {
        upstream.on("/v1/models", Script.answer(200, body, "Content-Type", type));
        upstream.on("/api/tags", Script.answer(200, body, "Content-Type", type));
        Ctl tested = ctl("", "provider", "test", provider);
        assertThat(tested.code()).as(tested.out()).isEqualTo(1);
        assertThat(tested.err()).contains("answered 200 with " + what, advice).doesNotContain("hello");
    }

    @Test
    void whatATypeCannotHaveIsRefusedWithWhatItHas() {
        refused(
                "it has region",
                "bedrock",
                "--base-url",
                "https://bedrock-runtime.us-east-1.amazonaws.com",
                "--option",
                "regoin=x");
        refused("https://NAME.openai.azure.com", "azure");
        refused("region=us-east-1", "bedrock");
        refused("entra-client", "azure", "--base-url", "https://a.openai.azure.com", "--option", "entra-tenant=t");
        refused("is for type custom", "groq", "--header", "Authorization=Token {credential}");
        refused(
                "is not for a fixed header",
                "custom",
                "--base-url",
                "https://example.com",
                "--header",
                "Authorization=x");
        refused("perplexity", "grok");
    }

    private static void refused(String why, String type, String... options) {
        List<String> args = new ArrayList<>(List.of("provider", "create", "bad", "--type", type, "--api-key-stdin"));
        args.addAll(List.of(options));
        Ctl refused = ctl("secret-1", args.toArray(String[]::new));
        assertThat(refused.code()).as(refused.out()).isEqualTo(1);
        assertThat(refused.err()).contains(why).doesNotContain("secret-1");
    }
}
