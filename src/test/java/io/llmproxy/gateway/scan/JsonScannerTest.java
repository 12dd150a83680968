package io.llmproxy.gateway.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.gateway.scan.JsonScanner.Token;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class JsonScannerTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "{}",
                "[]",
                " [ ] ",
                "0",
                "-0",
                "-1.5e+10",
                "1E2",
                "1e-2",
                "0.5",
                "123456789012345678901234567890",
                "true",
                "false",
                "null",
                "\"\"",
                "\"a\\\"b\\\\\\/\\b\\f\\n\\r\\t\\u00e9\"",
                "\"\\ud800\"",
                "\"\\uDBFF\\uDFFF\"",
                "{\"a\":1,\"a\":2}",
                "{\"\":{\"a\":[1,2,{}]}}",
                "\t\r\n {\"a\" : [ true , false ] } \n",
                "[[],[[]],{}]",
                "\"é €\uD83D\uDE00\"",
                "\"\u007f\"",
                "[1,\n2]",
                "\"abcdefghijklmnop\\n\"",
                "[\"abcdefgé12345678\"]"
            })
    void takesWhatTheStandardTakes(String json) {
        assertThat(valid(bytes(json))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "}",
                "[",
                "]",
                "[1,]",
                "[,1]",
                "[1 2]",
                "[1",
                "{\"a\"}",
                "{\"a\":}",
                "{\"a\":1,}",
                "{,}",
                "{a:1}",
                "{'a':1}",
                "{\"a\":1 \"b\":2}",
                "{\"a\" 1}",
                "{1:2}",
                "01",
                "-",
                "-01",
                "1.",
                ".5",
                "+1",
                "1e",
                "1e+",
                "0x10",
                "NaN",
                "Infinity",
                "-Infinity",
                "tru",
                "truE",
                "nul",
                "nulll",
                "truefalse",
                "\"",
                "\"a",
                "\"\\",
                "\"\\x\"",
                "\"\\u12\"",
                "\"\\u12G4\"",
                "\"\\'\"",
                "\"a\nb\"",
                "\"a\tb\"",
                "\"abcdefgh\u0001\"",
                "\"\u0000\"",
                "{} x",
                "{}{}",
                "[]]",
                "1 2",
                "/*c*/1",
                "1//",
                "\uFEFF{}",
                "[1}",
                "{\"a\":1]",
                "[\u00a01]",
                "\f1",
                "'a'"
            })
    void refusesWhatTheStandardRefuses(String json) {
        assertThat(valid(bytes(json))).isFalse();
    }

    @Test
    void refusesBytesThatAreNotUtf8() {
        int[][] bad = {
            {0x80},
            {0xBF},
            {0xC0, 0x80},
            {0xC1, 0xBF},
            {0xC2},
            {0xC2, 0x41},
            {0xE0, 0x80, 0x80},
            {0xE0, 0x9F, 0xBF},
            {0xE2, 0x82},
            {0xED, 0xA0, 0x80},
            {0xED, 0xBF, 0xBF},
            {0xF0, 0x80, 0x80, 0x80},
            {0xF0, 0x8F, 0xBF, 0xBF},
            {0xF4, 0x90, 0x80, 0x80},
            {0xF5, 0x80, 0x80, 0x80},
            {0xFE},
            {0xFF},
            {0xF0, 0x9F, 0x98}
        };
        for (int[] sequence : bad) {
            byte[] json = new byte[sequence.length + 2];
            json[0] = '"';
            json[json.length - 1] = '"';
            for (int i = 0; i < sequence.length; i++) {
                json[i + 1] = (byte) sequence[i];
            }
            assertThat(valid(json)).as(java.util.Arrays.toString(sequence)).isFalse();
        }
    }

    @Test
    void takesAThousandLevelsAndNoMore() {
        assertThat(valid(bytes("[".repeat(1000) + "]".repeat(1000)))).isTrue();
        assertThatThrownBy(() -> read(bytes("[".repeat(1001) + "]".repeat(1001))))
                .hasMessageContaining("1000 levels");
        assertThat(valid(bytes("{\"a\":".repeat(1000) + "1" + "}".repeat(1000))))
                .isTrue();
        assertThat(valid(bytes("[".repeat(5_000_000)))).isFalse();
    }

    @Test
    void saysWhereTheFaultIs() {
        assertThatThrownBy(() -> read(bytes("{\"a\": tru}")))
                .isInstanceOfSatisfying(
                        MalformedException.class, e -> assertThat(e.offset()).isEqualTo(9));
    }

    @Test
    void resolvesEscapesInNames() {
        byte[] json = bytes("{\"mod\\u0065l\":\"a\\n\\u20ac\"}");
        JsonScanner scanner = new JsonScanner(json, 0, json.length);
        scanner.next();
        assertThat(scanner.next()).isEqualTo(Token.NAME);
        assertThat(scanner.is("model")).isTrue();
        assertThat(scanner.next()).isEqualTo(Token.STRING);
        assertThat(scanner.text()).isEqualTo("a\n€");
    }

    @Test
    void readsWhatIsLargerThanItsWindow() {
        String space = " ".repeat(100_000);
        String text = "é€\uD83D\uDE00\\n\\u00e9".repeat(20_000);
        byte[] json = bytes("{\"a\":\"" + text + "\",\"" + text + "\":[" + space + "]" + space + ",\"mod\\u0065l\""
                + space + ":" + space + "\"gpt-4o\"" + space + ",\"n\":" + "1".repeat(100_000) + "}" + space);
        String inMemory = tokens(new JsonScanner(json, 0, json.length));
        assertThat(inMemory).endsWith("END").contains("modeltrueNAME").contains("gpt-4ofalseSTRING");
        assertThat(tokens(new JsonScanner(new ByteArrayInputStream(json)))).isEqualTo(inMemory);
        assertThat(tokens(new JsonScanner(new OneByteAtATime(json)))).isEqualTo(inMemory);
    }

    @Test
    void failsAsItsStreamDoes() {
        JsonScanner scanner =
                new JsonScanner(new SequenceInputStream(new ByteArrayInputStream(bytes("{\"a\"")), new BrokenStream()));
        scanner.next();
        assertThatThrownBy(scanner::next).isInstanceOf(UncheckedIOException.class);
    }

    private static final class BrokenStream extends InputStream {
        @Override
        public int read() throws IOException {
            throw new IOException("the disk is gone");
        }

        @Override
        public int read(byte[] into, int offset, int length) throws IOException {
            return read();
        }
    }

    @Test
    void agreesWithAnotherStrictReaderOnMutatedDocuments() {
        String[] seeds = {
            "{\"model\":\"gpt-4o\",\"messages\":[{\"role\":\"user\",\"content\":\"hé€\uD83D\uDE00\\u00e9\\n\"}],\"n\":1,\"t\":-0.5e+3}",
            "[[],{},[1,2.5,true,false,null,\"\\\"\\\\\"],{\"a\":{\"b\":[0]}}]",
            "{\"stream\":true,\"stream_options\":{\"include_usage\":false},\"max_tokens\":12}",
        };
        byte[] alphabet = bytes("{}[]\",:\\/ \n\t0123456789-+.eEtrufalsn\u00e9€'x\u0001");
        Random random = new Random(42);
        for (int round = 0; round < 20_000; round++) {
            byte[] json = bytes(seeds[round % seeds.length]);
            for (int change = random.nextInt(3); change >= 0; change--) {
                int at = random.nextInt(json.length);
                switch (random.nextInt(3)) {
                    case 0 -> json[at] = alphabet[random.nextInt(alphabet.length)];
                    case 1 -> json = removed(json, at);
                    default -> json[at] = (byte) random.nextInt(256);
                }
            }
            byte[] tried = json;
            assertThat(valid(json))
                    .as(() -> new String(tried, StandardCharsets.ISO_8859_1))
                    .isEqualTo(StrictJson.of(json) != null);
        }
    }

    private static byte[] removed(byte[] json, int at) {
        if (json.length < 2) {
            return json;
        }
        byte[] out = new byte[json.length - 1];
        System.arraycopy(json, 0, out, 0, at);
        System.arraycopy(json, at + 1, out, at, out.length - at);
        return out;
    }

    /** By both readers of the scanner, which must agree. */
    private static boolean valid(byte[] json) {
        String inMemory = tokens(new JsonScanner(json, 0, json.length));
        assertThat(tokens(new JsonScanner(new OneByteAtATime(json)))).isEqualTo(inMemory);
        return inMemory.endsWith("END");
    }

    private static void read(byte[] json) {
        JsonScanner scanner = new JsonScanner(json, 0, json.length);
        Token token;
        do {
            token = scanner.next();
        } while (token != Token.END);
    }

    /** All that a scanner tells of an input, to its end or its fault. */
    static String tokens(JsonScanner scanner) {
        StringBuilder out = new StringBuilder();
        try {
            Token token;
            do {
                token = scanner.next();
                out.append(scanner.start()).append('-').append(scanner.end()).append(' ');
                if (token == Token.NAME || token == Token.STRING) {
                    out.append(scanner.kept() ? scanner.text() + scanner.is("model") : "long");
                } else if (token == Token.NUMBER) {
                    out.append(scanner.count());
                }
                out.append(token);
            } while (token != Token.END);
        } catch (MalformedException e) {
            out.append(e.getMessage());
        }
        return out.toString();
    }

    /** The slowest stream there is: the window moves on at every byte. */
    static final class OneByteAtATime extends ByteArrayInputStream {
        OneByteAtATime(byte[] bytes) {
            super(bytes);
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            return super.read(into, offset, Math.min(1, length));
        }
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
