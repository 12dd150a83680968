package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.SocketClient;
import io.llmproxy.testing.TestAppliance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bodies that are refused: each time nothing has reached the upstream, and the next request is served. */
class BadBodiesTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String UPLOAD = "/v1/audio/transcriptions";
    private static FakeProvider upstream;
    private static TestAppliance appliance;
    private static Http http;
    private static String key;

    @BeforeAll
    static void start() {
        upstream = FakeProvider.start().on(UPLOAD, Script.answer(200, "{}"));
        appliance = TestAppliance.start();
        key = appliance.tenantWithKey("acme", upstream.baseUrl());
        http = new Http(appliance.gateway(), key);
    }

    @AfterAll
    static void stop() {
        http.close();
        appliance.close();
        upstream.close();
    }

    // --- JSON

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "{",
                "{\"",
                "{\"model",
                "{\"model\"",
                "{\"model\":",
                "{\"model\":\"",
                "{\"model\":\"gpt-4o",
                "{\"model\":\"gpt-4o\\",
                "{\"model\":\"gpt-4o\\u00",
                "{\"model\":\"gpt-4o\"",
                "{\"model\":\"gpt-4o\",",
                "{\"model\":\"gpt-4o\",\"a\":[",
                "{\"model\":\"gpt-4o\",\"a\":[1",
                "{\"model\":\"gpt-4o\",\"a\":-",
                "{\"model\":\"gpt-4o\",\"a\":1.",
                "{\"model\":\"gpt-4o\",\"a\":1e",
                "{\"model\":\"gpt-4o\",\"a\":tru",
                "{\"model\":\"gpt-4o\",\"a\":NaN}",
                "{\"model\":\"gpt-4o\",\"a\":Infinity}",
                "{\"model\":\"gpt-4o\",\"a\":-Infinity}",
                "{\"model\":\"gpt-4o\",\"a\":007}",
                "{\"model\":\"gpt-4o\",\"a\":+1}",
                "{\"model\":\"gpt-4o\",\"a\":.5}",
                "{\"model\":\"gpt-4o\",\"a\":0x1F}",
                "{\"model\":\"gpt-4o\" /* comment */}",
                "{\"model\":\"gpt-4o\"} // comment",
                "# comment\n{\"model\":\"gpt-4o\"}",
                "{\"model\":\"gpt-4o\",}",
                "{\"model\":\"gpt-4o\",\"a\":[1,]}",
                "{'model':'gpt-4o'}",
                "{model:\"gpt-4o\"}",
                "{\"model\":\"gpt-4o\"}{\"model\":\"gpt-4o\"}",
                "{\"model\":\"gpt-4o\"}\n\n{}",
                "{\"model\":\"gpt-4o\"}]",
                "\uFEFF{\"model\":\"gpt-4o\"}",
                "{\"model\":\"gpt-4o\"}\u0000",
                "\u0000{\"model\":\"gpt-4o\"}",
                "{\"model\":\"gpt-4o\",\"a\":\"\u0000\"}",
                "{\"model\":\"gpt-4o\",\"a\":\"\n\"}",
                "{\"model\":\"gpt-4o\",\"a\":\"\u001f\"}",
                "{\"model\":\"gpt-4o\",\"a\":\"\\x41\"}",
                "{\"model\":\"gpt-4o\",\"model\":\"gpt-4o\"}",
                "{\"model\":\"gpt-4o\",\"mod\\u0065l\":\"other\"}",
                "{\"model\":5}",
                "{\"model\":null}",
                "{\"model\":[\"gpt-4o\"]}",
                "{\"model\":{\"model\":\"gpt-4o\"}}",
                "{\"model\":\"\"}",
                "{\"model\":\"a\\u0000b\"}",
                "{\"messages\":[{\"model\":\"gpt-4o\"}]}",
                "[{\"model\":\"gpt-4o\"}]",
                "\"gpt-4o\"",
                "null"
            })
    void aBodyThatIsNoJsonRequest(String body) {
        refused(body.getBytes(StandardCharsets.UTF_8));
    }

    static List<byte[]> notUtf8() {
        int[][] sequences = {
            {0x80},
            {0xC0, 0xAF},
            {0xC1, 0xBF},
            {0xC3},
            {0xE0, 0x80, 0xAF},
            {0xE2, 0x82},
            {0xED, 0xA0, 0x80},
            {0xED, 0xBF, 0xBF},
            {0xF0, 0x80, 0x80, 0xAF},
            {0xF0, 0x9F, 0x98},
            {0xF4, 0x90, 0x80, 0x80},
            {0xFE},
            {0xFF}
        };
        return Arrays.stream(sequences).map(BadBodiesTest::inAString).toList();
    }

    private static byte[] inAString(int[] sequence) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(bytes("{\"model\":\"gpt-4o\",\"a\":\""));
        Arrays.stream(sequence).forEach(out::write);
        out.writeBytes(bytes("\"}"));
        return out.toByteArray();
    }

    @ParameterizedTest
    @MethodSource("notUtf8")
    void aStringThatIsNotUtf8(byte[] body) {
        refused(body);
    }

    @Test
    void aBodyOfAHundredThousandLevels() {
        String start = "{\"model\":\"gpt-4o\",\"a\":";
        refused(bytes(start + "[".repeat(100_000) + "]".repeat(100_000) + "}"));
        refused(bytes(start + "{\"a\":".repeat(100_000) + "1" + "}".repeat(100_000) + "}"));
        refused(bytes(start + "[".repeat(100_000)));
    }

    @Test
    void aModelOfAMegabyte() {
        assertThat(refused(bytes("{\"model\":\"" + "m".repeat(1_000_000) + "\"}"))
                        .body())
                .contains("longer than 256 characters");
    }

    @Test
    void aFaultAtTheEndOfALargeBody() {
        refused(bytes("{\"model\":\"gpt-4o\",\"a\":\"" + "x".repeat(20_000_000) + "\"]"));
    }

    // --- content codings

    private static byte[] gzipped(byte[] plain) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(plain);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    private static byte[] changed(byte[] bytes, int at) {
        byte[] copy = bytes.clone();
        copy[at] ^= 0x20;
        return copy;
    }

    private static byte[] joined(byte[] first, byte[] second) {
        byte[] all = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, all, first.length, second.length);
        return all;
    }

    /** What is coded otherwise than it says, and what two readers might read differently. */
    static Stream<Arguments> badlyCoded() {
        byte[] chat = bytes(Http.CHAT);
        byte[] good = gzipped(chat);
        return Stream.of(
                Arguments.of("no gzip at all", "gzip", chat),
                Arguments.of("a coding that nobody knows", "br", good),
                Arguments.of("two codings", "gzip, gzip", gzipped(good)),
                Arguments.of("no deflate", "deflate", good),
                Arguments.of("nothing", "gzip", new byte[0]),
                Arguments.of("half a head", "gzip", Arrays.copyOf(good, 7)),
                Arguments.of("half of it", "gzip", Arrays.copyOf(good, good.length / 2)),
                Arguments.of("no checksum", "gzip", Arrays.copyOf(good, good.length - 8)),
                Arguments.of("half a length", "gzip", Arrays.copyOf(good, good.length - 2)),
                Arguments.of("a wrong checksum", "gzip", changed(good, good.length - 6)),
                Arguments.of("a wrong length", "gzip", changed(good, good.length - 2)),
                Arguments.of("flags of the future", "gzip", changed(good, 3)),
                Arguments.of("a byte behind it", "gzip", joined(good, new byte[1])),
                Arguments.of("a second member behind it", "gzip", joined(good, gzipped(bytes(" ")))),
                Arguments.of("an empty body in it", "gzip", gzipped(new byte[0])),
                Arguments.of("no JSON in it", "gzip", gzipped(bytes(Http.CHAT + "]"))),
                Arguments.of("two models in it", "gzip", gzipped(bytes("{\"model\":\"a\",\"model\":\"b\"}"))));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("badlyCoded")
    void aBodyThatIsNotCodedAsItSays(String name, String coding, byte[] body) {
        int before = upstream.requests().size();
        HttpResponse<String> answer = coded(coding, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(Http.error(answer)).startsWith("invalid_request_error/");
        nothingCameOf(before);
    }

    @Test
    void aSmallBodyThatIsAHugeOne() {
        int before = upstream.requests().size();
        byte[] bomb = gzipped(bytes("{\"model\":\"gpt-4o\"" + " ".repeat(40_000_000) + "}"));
        assertThat(bomb).hasSizeLessThan(100_000);
        HttpResponse<String> answer = coded("gzip", bomb);
        assertThat(answer.statusCode()).isEqualTo(413);
        assertThat(Http.error(answer)).isEqualTo("request_too_large/request_too_large");
        nothingCameOf(before);
    }

    private static HttpResponse<String> coded(String coding, byte[] body) {
        return http.send(http.request(CHAT)
                .header("Content-Type", "application/json")
                .header("Content-Encoding", coding)
                .POST(BodyPublishers.ofByteArray(body)));
    }

    // --- size

    @Test
    void aHundredMegabytesThatAreAnnouncedAreRefusedUnread() throws IOException {
        int before = upstream.requests().size();
        SocketClient.Response answer = raw(head(CHAT) + "Content-Length: 104857600\r\n\r\n", new byte[0]);
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.body()).contains("request_too_large");
        nothingCameOf(before);
    }

    @Test
    void aHundredMegabytesThatAreNotAnnouncedAreCutAtTheBound() throws IOException {
        int before = upstream.requests().size();
        byte[] chunk = bytes("100000\r\n" + " ".repeat(1 << 20) + "\r\n");
        int sent = 0;
        try (Socket socket =
                new Socket(appliance.gateway().getHost(), appliance.gateway().getPort())) {
            socket.setSoTimeout(20_000);
            socket.getOutputStream().write(bytes(head(CHAT) + "Transfer-Encoding: chunked\r\n\r\n"));
            for (; sent < 100 && socket.getInputStream().available() == 0; sent++) {
                socket.getOutputStream().write(chunk);
            }
            assertThat(new String(socket.getInputStream().readNBytes(12), StandardCharsets.US_ASCII))
                    .isEqualTo("HTTP/1.1 413");
        }
        assertThat(sent).isGreaterThanOrEqualTo(32);
        nothingCameOf(before);
    }

    // --- large, odd and yet JSON

    @Test
    @Timeout(60)
    void aMillionMembersLongNumbersAndNamesOfOneHashAreServed() {
        upstream.on(CHAT, Script.answer(200, "{}"));
        StringBuilder million = new StringBuilder("{\"model\":\"gpt-4o\"");
        for (int i = 0; i < 1_000_000; i++) {
            million.append(",\"k").append(i).append("\":0");
        }
        served(million.append('}').toString());
        StringBuilder collisions = new StringBuilder("{\"model\":\"gpt-4o\"");
        for (int i = 0; i < 1 << 16; i++) {
            collisions.append(",\"");
            for (int bit = 0; bit < 16; bit++) {
                collisions.append((i >> bit & 1) == 0 ? "Aa" : "BB");
            }
            collisions.append("\":0");
        }
        served(collisions.append('}').toString());
        served("{\"model\":\"gpt-4o\",\"max_tokens\":" + "9".repeat(1_000_000) + ",\"n\":0." + "0".repeat(1_000_000)
                + "}");
        upstream.restore(CHAT);
    }

    private static void served(String body) {
        assertThat(post(CHAT, "application/json", bytes(body)).statusCode()).isEqualTo(200);
        assertThat(upstream.lastRequest().text().equals(body)).isTrue();
    }

    // --- multipart

    private static final String MODEL = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n";

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "--b",
                "no boundary at all",
                MODEL + "whisper-1",
                MODEL + "whisper-1\r\n--b",
                MODEL + "whisper-1\r\n--b\r\n",
                MODEL + "whisper-1\r\n--c--\r\n",
                MODEL + "a\r\n" + MODEL + "b\r\n--b--\r\n",
                MODEL + "\r\n--b--\r\n",
                "--b\r\nno colon\r\n\r\nx\r\n" + MODEL + "whisper-1\r\n--b--\r\n",
                "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\nx\r\n--b--\r\n"
            })
    void aMultipartBodyThatIsNone(String body) {
        refused(UPLOAD, "multipart/form-data; boundary=b", bytes(body));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "multipart/form-data",
                "multipart/form-data; boundary",
                "multipart/form-data; boundary=",
                "multipart/form-data; boundary=\"\"",
                "multipart/form-data; bound=b"
            })
    void aMultipartBodyWithoutBoundary(String type) {
        refused(UPLOAD, type, bytes(MODEL + "whisper-1\r\n--b--\r\n"));
    }

    @Test
    void aMultipartHeaderWithoutEnd() {
        refused(
                UPLOAD,
                "multipart/form-data; boundary=b",
                bytes("--b\r\nX-A: " + "a".repeat(1_000_000) + "\r\n\r\n\r\n--b--"));
    }

    @Test
    void tenThousandPartsAreServedAndAreNoWayToHideAModel() {
        String parts = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\ny\r\n".repeat(10_000);
        byte[] one = bytes(parts + MODEL + "up/whisper-1\r\n" + parts + "--b--\r\n");
        assertThat(post(UPLOAD, "multipart/form-data; boundary=b", one).statusCode())
                .isEqualTo(200);
        assertThat(upstream.lastRequest().text())
                .contains("\r\n\r\nwhisper-1\r\n")
                .doesNotContain("up/whisper");
        refused(UPLOAD, "multipart/form-data; boundary=b", bytes(MODEL + "a\r\n" + parts + MODEL + "b\r\n--b--\r\n"));
    }

    @Test
    void aModelBehindAFileOfThirtyMegabytesIsFoundAndReplaced() {
        String file = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n"
                + "\r\n--bx".repeat(5_000_000) + "\r\n";
        assertThat(post(UPLOAD, "multipart/form-data; boundary=b", bytes(file + MODEL + "up/whisper-1\r\n--b--\r\n"))
                        .statusCode())
                .isEqualTo(200);
        byte[] expected = bytes(file + MODEL + "whisper-1\r\n--b--\r\n");
        assertThat(Arrays.equals(upstream.lastRequest().body(), expected)).isTrue();
        refused(UPLOAD, "multipart/form-data; boundary=b", bytes(file + MODEL + "nosuch/\u0001\r\n--b--\r\n"));
    }

    // ---

    private static HttpResponse<String> refused(byte[] json) {
        return refused(CHAT, "application/json", json);
    }

    private static HttpResponse<String> refused(String path, String type, byte[] body) {
        int before = upstream.requests().size();
        HttpResponse<String> answer = post(path, type, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(Http.error(answer)).startsWith("invalid_request_error/");
        nothingCameOf(before);
        return answer;
    }

    private static void nothingCameOf(int before) {
        assertThat(upstream.requests()).hasSize(before);
        assertThat(appliance.directory().resolve("spool")).isEmptyDirectory();
        assertThat(http.chat().statusCode()).isEqualTo(200);
    }

    private static HttpResponse<String> post(String path, String type, byte[] body) {
        return http.send(http.request(path).header("Content-Type", type).POST(BodyPublishers.ofByteArray(body)));
    }

    private static String head(String path) {
        return "POST " + path + " HTTP/1.1\r\nHost: gateway\r\nContent-Type: application/json\r\nAuthorization: Bearer "
                + key + "\r\n";
    }

    private static SocketClient.Response raw(String head, byte[] body) throws IOException {
        return new SocketClient(new InetSocketAddress(
                        appliance.gateway().getHost(), appliance.gateway().getPort()))
                .raw(head, body);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
