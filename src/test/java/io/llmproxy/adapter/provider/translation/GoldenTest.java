package io.llmproxy.adapter.provider.translation;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderApi;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.model.Quirk;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.testing.AwsMessages;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
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

    /** The contract's types; the presets behind them speak OpenAI's dialect like the first, and the simulated one none. */
    private static final Set<ProviderKind> TYPES = EnumSet.range(ProviderKind.OPENAI, ProviderKind.CUSTOM);

    private static final List<String> CLIENTS = List.of("openai", "anthropic", "gemini", "responses", "ollama");
    private static final List<String> STREAMED = List.of("text-stream", "tools-stream");

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

    /** Every type that the contract names, and each dialect of a client that it is asked in, but for its own, has these. */
    @Test
    void everyClientOfEveryTypeHasATextACallAndAnError() throws IOException {
        List<Path> all = conversations();
        List<String> missing = new ArrayList<>();
        for (ProviderKind kind : TYPES) {
            for (String client : CLIENTS) {
                if (!asks(client, kind)) {
                    continue;
                }
                Path pair = Path.of(client + "-" + kind.word());
                Set<String> names = all.stream()
                        .filter(c -> c.startsWith(pair))
                        .map(c -> c.getFileName().toString())
                        .collect(Collectors.toSet());
                STREAMED.stream().filter(n -> !names.contains(n)).forEach(n -> missing.add(pair + "/" + n));
                if (names.stream().noneMatch(n -> n.startsWith("error") && !n.equals("error-stream"))) {
                    missing.add(pair + "/error");
                }
            }
        }
        assertThat(missing).isEmpty();
        assertThat(TYPES.stream().map(ProviderKind::api))
                .containsAll(EnumSet.complementOf(EnumSet.of(ProviderApi.SIMULATED)));
    }

    /** Whether its requests are translated there; those of OpenAI's chat go through to most, each with a stream of its own kind. */
    private static boolean asks(String client, ProviderKind kind) {
        return switch (client) {
            case "anthropic" -> kind.api() != ProviderApi.ANTHROPIC;
            case "gemini" -> kind.api() != ProviderApi.GEMINI;
            case "ollama" -> kind.api() != ProviderApi.OLLAMA;
            case "responses" ->
                switch (kind.api()) {
                    case OPENAI -> kind.has(Quirk.NO_RESPONSES);
                    case ANTHROPIC, GEMINI, COHERE, BEDROCK -> true;
                    case AZURE, OLLAMA, SIMULATED -> false;
                };
            default -> true;
        };
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
            ByteArrayOutputStream read = new ByteArrayOutputStream();
            UpstreamException.Kind broken = read(call.body(), read);
            String body = stable(read.toString(StandardCharsets.UTF_8));

            same(at.resolve("upstream-path.txt"), provider.path() + "\n");
            same(at.resolve("upstream-request.json"), pretty(provider.body()));
            String form = form(head);
            same(at.resolve("client-answer." + form), form.equals("json") ? pretty(body) : body);
            same(at.resolve("client-head.json"), head(head, broken));
        }
    }

    /** All that comes; how it broke off, null where it did not. */
    private static UpstreamException.@Nullable Kind read(InputStream body, ByteArrayOutputStream to)
            throws IOException {
        byte[] piece = new byte[8192];
        try {
            for (int n = body.read(piece); n >= 0; n = body.read(piece)) {
                to.write(piece, 0, n);
            }
            return null;
        } catch (UpstreamException e) {
            return e.kind();
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
        return body.replaceAll("(call_|ollama-|bedrock-|resp_|msg_|fc_)[0-9a-f]{24}(?![0-9a-f])", "$1X")
                .replaceAll("(_duration\"\\s*:\\s*)[0-9]+", "$10");
    }

    private static String pretty(String json) {
        return JSON.writeValueAsString(JSON.readTree(json)) + "\n";
    }

    private static String head(ProviderCall.Head head, UpstreamException.@Nullable Kind broken) {
        ObjectNode out = JSON.createObjectNode().put("status", head.status());
        ObjectNode fields = out.putObject("headers");
        head.headers().forEach(fields::put);
        if (broken != null) {
            out.put("broken", broken.name());
        }
        return JSON.writeValueAsString(out) + "\n";
    }

    private static void same(Path golden, String actual) throws IOException {
        if (WRITE) {
            Files.writeString(golden, actual);
        }
        assertThat(actual).as(golden.toString()).isEqualTo(Files.readString(golden));
    }
}
