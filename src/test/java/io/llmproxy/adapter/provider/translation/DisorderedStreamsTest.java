package io.llmproxy.adapter.provider.translation;

import io.llmproxy.adapter.provider.support.chat.ChatDialect;
import io.llmproxy.adapter.provider.support.chat.JsonOut;
import io.llmproxy.adapter.provider.support.chat.StreamWriter;
import io.llmproxy.domain.chat.StreamEvent;
import io.llmproxy.port.UpstreamException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Streams of whole events that are lost, repeated, swapped, unknown or errors: what the client gets is well-formed, and ends in order only
 * where the answer did. {@link TranslationFuzz} says what that means; random bytes seldom get as far as the order of events.
 */
class DisorderedStreamsTest {
    private static final int MANY = 200;
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static final String[] STRANGERS = {
        "data: {\"type\":\"later\",\"x\":[{}]}",
        ": a comment",
        "event: ping\ndata: {\"type\":\"ping\"}",
        "data: {\"error\":{\"type\":\"server_error\",\"message\":\"boom\"}}",
        "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\",\"message\":\"boom\"}}",
        "data: <html>",
        "data: {\"half\":",
        "data:",
        "data: [DONE]",
        "retry: 5\nid: 7"
    };

    @ParameterizedTest
    @ValueSource(strings = {"openai", "anthropic"})
    void neverLookWhole(String provider) throws IOException {
        byte kind = (byte) (provider.equals("openai") ? 0 : 1);
        for (int seed = 0; seed < MANY; seed++) {
            Random random = new Random(seed);
            RandomChat chat = new RandomChat(random);
            play(kind, disordered(written(Dialects.of(provider), chat.stream(chat.answer())), random), seed);
        }
    }

    @Test
    void neverLookWholeFromGemini() throws IOException {
        for (String client : new String[] {"openai", "anthropic"}) {
            String recorded = Files.readString(GOLDEN.resolve(client + "-gemini/stream/upstream-answer.sse"));
            byte kind = (byte) (client.equals("anthropic") ? -128 : -127);
            for (int seed = 0; seed < MANY; seed++) {
                play(kind, disordered(recorded.strip(), new Random(seed)), seed);
            }
        }
    }

    private static void play(byte kind, String stream, int seed) throws IOException {
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        input.write(kind);
        input.writeBytes(stream.getBytes(StandardCharsets.UTF_8));
        try {
            TranslationFuzz.fuzzerTestOneInput(input.toByteArray());
        } catch (AssertionError e) {
            throw new AssertionError("seed " + seed + ":\n" + stream, e);
        }
    }

    private static String written(ChatDialect dialect, List<StreamEvent> events) {
        JsonOut out = new JsonOut();
        StreamWriter writer = dialect.streamWriter(RandomChat.STREAMED, 0);
        try {
            for (StreamEvent event : events) {
                writer.write(event, out);
            }
            writer.end(out);
        } catch (UpstreamException e) {
            throw new AssertionError(e);
        }
        return new String(out.take(), StandardCharsets.UTF_8).strip();
    }

    private static String disordered(String stream, Random random) {
        List<String> events = new ArrayList<>(Arrays.asList(stream.split("\n\n", -1)));
        for (int changes = 1 + random.nextInt(3); changes > 0 && !events.isEmpty(); changes--) {
            int at = random.nextInt(events.size());
            switch (random.nextInt(5)) {
                case 0 -> events.remove(at);
                case 1 -> events.add(at, events.get(random.nextInt(events.size())));
                case 2 -> Collections.swap(events, at, random.nextInt(events.size()));
                case 3 -> events.add(at, STRANGERS[random.nextInt(STRANGERS.length)]);
                default -> events.subList(at, events.size()).clear();
            }
        }
        return String.join("\n\n", events) + "\n\n";
    }
}
