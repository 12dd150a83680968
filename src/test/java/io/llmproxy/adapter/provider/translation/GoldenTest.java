package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.testing.AwsMessages;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/**
 * Recorded conversations, one directory each, below CLIENT-PROVIDER: what the client asks and the provider answers, and what
 * becomes of both. With {@code -Dgolden.write=true} the latter two are written anew, to be read before they are kept.
 */
class GoldenTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final HeaderFields USUAL = HeaderFields.of("User-Agent", "test");
    private static final boolean WRITE = Boolean.getBoolean("golden.write");
    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(SerializationFeature.INDENT_OUTPUT)
            .enable(DeserializationFeature.USE_BIG_DECIMAL_FOR_FLOATS)
            .build();

    /** Files of a provider's stream, and the type it has. */
    private static final Map<String, String> STREAMS = Map.of(
            "upstream-answer.sse", "text/event-stream",
            "upstream-answer.ndjson", "application/x-ndjson",
            "upstream-answer.events", "application/vnd.amazon.eventstream");

    private static final List<String> FILES = List.of(
            "upstream-answer.sse",
            "upstream-answer.ndjson",
            "upstream-answer.events",
            "upstream-answer.txt",
            "upstream-answer.json");

    static List<Path> conversations() throws IOException {
        try (Stream<Path> directories = Files.walk(GOLDEN, 2)) {
            return directories
                    .filter(d -> GOLDEN.relativize(d).getNameCount() == 2)
                    .map(GOLDEN::relativize)
                    .sorted()
                    .toList();
        }
    }

    @ParameterizedTest
    @MethodSource("conversations")
    void isTranslatedAsRecorded(Path conversation) throws IOException {
        Path at = GOLDEN.resolve(conversation);
        String[] pair = conversation.getName(0).toString().split("-", 2);
        CannedProvider provider = provider(at, pair[1]);
        String request = Files.readString(at.resolve("client-request.json"));

        try (ProviderCall call =
                Dialects.call(Dialects.translating(provider, pair[1], false), path(at, pair[0]), USUAL, request)) {
            ProviderCall.Head head = call.execute();
            String body = stable(new String(call.body().readAllBytes(), StandardCharsets.UTF_8));

            same(at.resolve("upstream-path.txt"), provider.path() + "\n");
            same(at.resolve("upstream-request.json"), pretty(provider.body()));
            String form = form(head);
            same(at.resolve("client-answer." + form), form.equals("json") ? pretty(body) : body);
            same(at.resolve("client-head.json"), head(head));
        }
    }

    /** Where the client's call goes to, where that is not always the same. */
    private static String path(Path at, String client) throws IOException {
        Path given = at.resolve("client-path.txt");
        return Files.exists(given) ? Files.readString(given).strip() : Dialects.path(client, false);
    }

    private static String form(ProviderCall.Head head) {
        String type = head.headers().first("Content-Type").orElse("");
        return type.startsWith("text/event-stream") ? "sse" : type.contains("ndjson") ? "ndjson" : "json";
    }

    private static CannedProvider provider(Path at, String dialect) throws IOException {
        String file = FILES.stream()
                .filter(name -> Files.exists(at.resolve(name)))
                .findFirst()
                .orElseThrow();
        HeaderFields headers = new HeaderFields();
        headers.add("content-type", STREAMS.getOrDefault(file, "application/json"));
        int status = 200;
        if (Files.exists(at.resolve("upstream-head.json"))) {
            JsonNode head = JSON.readTree(Files.readString(at.resolve("upstream-head.json")));
            status = head.path("status").asInt();
            head.path("headers").forEachEntry((name, value) -> headers.set(name, value.stringValue()));
        }
        byte[] bytes = Files.readAllBytes(at.resolve(file));
        byte[] answer =
                file.endsWith(".events") ? AwsMessages.ofLines(new String(bytes, StandardCharsets.UTF_8)) : bytes;
        return new CannedProvider(Dialects.kind(dialect), status, headers, answer);
    }

    /** Ids are made here where the provider gives none, and how long something took is never the same. */
    private static String stable(String body) {
        return body.replaceAll("(call_|ollama-|bedrock-)[0-9a-f]{24}", "$1X")
                .replaceAll("(_duration\"\\s*:\\s*)[0-9]+", "$10");
    }

    private static String pretty(String json) {
        return JSON.writeValueAsString(JSON.readTree(json)) + "\n";
    }

    private static String head(ProviderCall.Head head) {
        ObjectNode out = JSON.createObjectNode().put("status", head.status());
        ObjectNode fields = out.putObject("headers");
        head.headers().forEach(fields::put);
        return JSON.writeValueAsString(out) + "\n";
    }

    private static void same(Path golden, String actual) throws IOException {
        if (WRITE) {
            Files.writeString(golden, actual);
        }
        assertThat(actual).as(golden.toString()).isEqualTo(Files.readString(golden));
    }
}
