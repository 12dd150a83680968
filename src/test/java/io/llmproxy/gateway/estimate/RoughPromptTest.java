package io.llmproxy.gateway.estimate;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.usage.TokenEncoding;
import io.llmproxy.gateway.scan.JsonRequest;
import io.llmproxy.gateway.scan.PlainChat;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RoughPromptTest {
    private static final String[] NAMES = {
        "content", "text", "role", "name", "image_url", "unheard_of", "tool_calls", "r\\u006fle", "args"
    };
    private static final String[] PIECES = {
        "a", "word ", "\\n", "\\\"", "\\\\", "\\u00e9", "\\ud83d\\ude00", "é", "漢", "😀", "{", "]", ",", ":", "low"
    };

    private static long rough(String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        return RoughPrompt.tokens(PromptShape.CHAT, new ByteArrayInputStream(bytes), bytes.length);
    }

    /** The same by the counter that decodes all text. */
    private static long decoded(String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        TextCounter counter = new TextCounter(
                (encoding, text) -> Math.ceilDiv(text.length(), RoughPrompt.BYTES_PER_TOKEN),
                TokenEncoding.of(null),
                TextCounter.Effort.FULL);
        return new PromptCounter(new JsonPieces(new ByteArrayInputStream(bytes)), counter).count(PromptShape.CHAT);
    }

    @Test
    void fourCharactersAreOneToken() throws IOException {
        // three for the message, three for the reply, one for the role
        assertThat(rough("{\"messages\":[{\"role\":\"user\",\"content\":\"12345678\"}]}"))
                .isEqualTo(2 + 3 + 3 + 1);
        assertThat(rough("{\"messages\":[{\"content\":\"\\u0031\\u0032\\n\\\"é漢😀\"}]}"))
                .as("eight units of UTF-16, however they are spelt")
                .isEqualTo(2 + 3 + 3);
    }

    @Test
    void whatIsNotDecodedIsCountedAsIfItWere() throws IOException {
        Random random = new Random(7);
        for (int round = 0; round < 2000; round++) {
            StringBuilder json = new StringBuilder("{\"model\":\"m\",\"messages\":[");
            for (int i = random.nextInt(4); i >= 0; i--) {
                object(random, json, 3);
                json.append(i == 0 ? "" : ",");
            }
            json.append("]}");
            assertThat(rough(json.toString())).as(json::toString).isEqualTo(decoded(json.toString()));
        }
    }

    @Test
    void whatTheScanMeasuredIsTheSame() throws IOException {
        String[] twists = {
            "",
            "",
            "",
            ",\"name\":\"bob\"",
            ",\"content\":\"again\"",
            ",\"content\":null",
            ",\"content\":7",
            ",\"refusal\":\"no way\"",
            ",\"content\":[{\"type\":\"text\",\"text\":\"part\"}]",
            ",\"file_id\":\"file-1\"",
            ",\"content\":\"\\n\"",
            ",\"r\\u006fle\":\"tool\"",
            ",\"content\":\"é\"",
            ",\"tool_calls\":[{\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]"
        };
        String[] members = {
            "",
            "",
            "",
            "",
            ",\"tools\":[]",
            ",\"functions\":[{\"name\":\"f\"}]",
            ",\"messages\":\"text\"",
            ",\"messages\":null",
            ",\"messages\":[7,\"x\",[{\"content\":\"in a list\"}]]",
            ",\"messages\":{\"content\":\"alone\"}",
            ",\"messages\":[{\"role\":\"x\"}]"
        };
        Random random = new Random(23);
        int plain = 0;
        for (int round = 0; round < 5000; round++) {
            StringBuilder json = new StringBuilder("{\"model\":\"m\",\"messages\":[");
            for (int i = random.nextInt(4); i > 0; i--) {
                json.append("{\"role\":\"user\",\"content\":\"")
                        .append("abc d".repeat(random.nextInt(9)))
                        .append('"');
                json.append(twists[random.nextInt(twists.length)]).append(i == 1 ? "}" : "},");
            }
            json.append(']').append(members[random.nextInt(members.length)]).append(",\"temperature\":0.5}");
            byte[] bytes = json.toString().getBytes(StandardCharsets.UTF_8);
            PlainChat chat = JsonRequest.scan(bytes, bytes.length).plainChat();
            if (chat != null) {
                plain++;
                assertThat(RoughPrompt.tokens(chat)).as(json::toString).isEqualTo(rough(json.toString()));
            }
        }
        assertThat(plain).as("of 5000").isBetween(500, 4500);
    }

    @Test
    void onlyAPlainConversationIsMeasuredByTheScan() {
        assertThat(measured("{\"messages\":[{\"role\":\"user\",\"content\":\"12345678\"},{\"content\":null}]}"))
                .isEqualTo(new PlainChat(2, 1 + 2));
        assertThat(measured("{}")).isEqualTo(new PlainChat(0, 0));
        assertThat(measured("[]")).isNull();
        assertThat(measured("{\"messages\":[{\"content\":[{\"type\":\"image_url\"}]}]}"))
                .isNull();
        assertThat(measured("{\"messages\":[],\"tools\":[]}")).isNull();
    }

    private static @Nullable PlainChat measured(String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        return JsonRequest.scan(bytes, bytes.length).plainChat();
    }

    private static void object(Random random, StringBuilder json, int depth) {
        json.append('{');
        for (int i = random.nextInt(4); i >= 0; i--) {
            json.append('"').append(NAMES[random.nextInt(NAMES.length)]).append("\":");
            value(random, json, depth - 1);
            json.append(i == 0 ? "" : ",");
        }
        json.append('}');
    }

    private static void value(Random random, StringBuilder json, int depth) {
        switch (random.nextInt(depth > 0 ? 5 : 3)) {
            case 0 -> json.append(random.nextInt());
            case 3 -> object(random, json, depth);
            case 4 -> {
                json.append('[');
                object(random, json, depth);
                json.append(']');
            }
            default -> {
                json.append('"');
                for (int i = random.nextInt(40); i > 0; i--) {
                    json.append(PIECES[random.nextInt(PIECES.length)]);
                }
                json.append('"');
            }
        }
    }
}
