package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What goes in at one end of the appliance comes out at the other, byte for byte, but for what must change. */
class ExactnessTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final int LARGE = 30_000_000;
    private static FakeProvider upstream;
    private static TestAppliance appliance;
    private static Http http;

    @BeforeAll
    static void start() {
        upstream = FakeProvider.start();
        appliance = TestAppliance.start();
        http = new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()));
    }

    @AfterAll
    static void stop() {
        http.close();
        appliance.close();
        upstream.close();
    }

    // --- requests

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"model\":\"gpt-4o\",\"invented\":{\"next\":[\"week\"]},\"messages\":[]}",
                "{\"model\":\"gpt-4o\",\"a\":1.0,\"b\":1e400,\"c\":-0.0,\"d\":1E+2,\"e\":123456789012345678901234567890}",
                "{\"z\":1,\"model\":\"gpt-4o\",\"b\":2,\"a\":3}",
                "{\"model\":\"gpt-4o\",\"s\":\"\\u0000\\uD83D\\ude00\\/\\ud800\\b\\f\\n\\r\\t\\\\\\\"\"}",
                "{\"model\":\"gpt\\u002d4o\",\"s\":\"é€\uD83D\uDE00\u007f\"}",
                " \t\r\n{ \"model\" :\r\n\t\"gpt-4o\" , \"a\" : [ ] , \"b\" : { } } \r\n\t ",
                "{\"model\":\"gpt-4o\",\"a\":1,\"a\":2,\"a\":{\"model\":1}}",
                "{\"model\":\"gpt-4o\",\"stream\":false,\"stream_options\":{\"include_usage\":false}}",
                "{\"model\":\"gpt-4o\",\"stream\":true,\"stream_options\":{\"include_usage\":true}}",
                "{\"model\":\"gpt-4o\",\"max_tokens\":null,\"n\":1e0,\"user\":7}\n"
            })
    void aRequestBody(String body) {
        assertThat(sent(body)).isEqualTo(body);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"up/gpt-4o\"", "\"up\\/gpt-4o\"", "\"\\u0075p/gpt\\u002d4o\""})
    void onlyTheModelsValueWhereItHasAPrefix(String written) {
        String body = " {\"b\":1.0, \"mod\\u0065l\" :\t%s ,\"a\":\"up/gpt-4o\",\"x\":{\"model\":\"up/gpt-4o\"}}\r\n ";
        assertThat(sent(body.formatted(written))).isEqualTo(body.formatted("\"gpt-4o\""));
    }

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "x-gzip", "deflate", "GZIP"})
    void aCodedRequestBody(String coding) throws IOException {
        byte[] coded = coded(coding, " {\"model\":\"gpt-4o\" ,\"a\":1.0,\"b\":1e400,\"s\":\"\\u0000é\"}\r\n");
        upstream.on(CHAT, Script.answer(200, "{}"));
        assertThat(sent(coding, coded)).isEqualTo(200);
        assertThat(upstream.lastRequest().body()).isEqualTo(coded);
        assertThat(upstream.lastRequest().header("Content-Encoding")).isEqualToIgnoringCase(coding);
        assertThat(upstream.lastRequest().header("Content-Length")).isEqualTo(String.valueOf(coded.length));
    }

    @Test
    void aCodedRequestBodyWithoutItsCodingWhereSomethingInItMustChange() throws IOException {
        upstream.on(CHAT, Script.answer(200, "{}"));
        String body = " {\"b\":1.0, \"model\":\t\"%s\" ,\"x\":\"up/gpt-4o\"}\r\n ";
        assertThat(sent("gzip", coded("gzip", body.formatted("up/gpt-4o")))).isEqualTo(200);
        assertThat(upstream.lastRequest().text()).isEqualTo(body.formatted("gpt-4o"));
        assertThat(upstream.lastRequest().header("Content-Encoding")).isNull();
    }

    @Test
    void aLargeCodedRequestBody() throws IOException {
        upstream.on(CHAT, Script.answer(200, "{}"));
        String random = Base64.getEncoder().encodeToString(random(3_000_000));
        byte[] coded = coded("gzip", "{\"model\":\"gpt-4o\",\"x\":\"" + random + "\"}");
        assertThat(sent("gzip", coded)).isEqualTo(200);
        assertThat(Arrays.equals(upstream.lastRequest().body(), coded)).isTrue();
        assertThat(appliance.directory().resolve("spool")).isEmptyDirectory();
    }

    private static byte[] coded(String coding, String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (OutputStream out =
                coding.equals("deflate") ? new DeflaterOutputStream(bytes) : new GZIPOutputStream(bytes)) {
            out.write(bytes(text));
        }
        return bytes.toByteArray();
    }

    private static int sent(String coding, byte[] body) {
        return http.bytes(http.request(CHAT)
                        .header("Content-Type", "application/json")
                        .header("Content-Encoding", coding)
                        .POST(BodyPublishers.ofByteArray(body)))
                .statusCode();
    }

    @Test
    void onlyTheUsageOfAStream() {
        assertThat(sent(" { \"model\":\"gpt-4o\" , \"stream\" : true , \"x\":1.0 } "))
                .isEqualTo(
                        " {\"stream_options\":{\"include_usage\":true}, \"model\":\"gpt-4o\" , \"stream\" : true , \"x\":1.0 } ");
        assertThat(sent("{\"model\":\"gpt-4o\",\"stream_options\":{ \"z\":1.0 },\"stream\":true}"))
                .isEqualTo(
                        "{\"model\":\"gpt-4o\",\"stream_options\":{\"include_usage\":true, \"z\":1.0 },\"stream\":true}");
        assertThat(sent("{\"stream\":true,\"stream_options\":{\"include_usage\" : false},\"model\":\"up/gpt-4o\"}"))
                .isEqualTo("{\"stream\":true,\"stream_options\":{\"include_usage\" : true},\"model\":\"gpt-4o\"}");
    }

    @Test
    void aMultipartBodyWithItsBoundaryPreambleAndEpilogue() {
        byte[] file = new byte[5000];
        new Random(3).nextBytes(file);
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        body.writeBytes(
                bytes(
                        "preamble\r\n--a b'c:d \t\r\nContent-Disposition: form-data; name=\"file\"; filename=\"ü.wav\"\r\n\r\n"));
        body.writeBytes(file);
        body.writeBytes(
                bytes(
                        "\r\n--a b'c:d\r\nContent-Disposition: form-data; name=\"model\"\r\nX-Y: z\r\n\r\nwhisper-1\r\n--a b'c:d--\r\nepilogue\r\n"));
        String type = "multipart/form-data; charset=x; boundary=\"a b'c:d\"";
        upstream.on("/v1/audio/transcriptions", Script.answer(200, "{}"));
        http.bytes(http.request("/v1/audio/transcriptions")
                .header("Content-Type", type)
                .POST(BodyPublishers.ofByteArray(body.toByteArray())));
        assertThat(upstream.lastRequest().body()).isEqualTo(body.toByteArray());
        assertThat(upstream.lastRequest().header("Content-Type")).isEqualTo(type);
    }

    @Test
    void aLargeUploadInJsonAndInMultipart() {
        byte[] json = bytes("{\"model\":\"up/gpt-4o\",\"x\":\"" + "0123456789".repeat(LARGE / 10) + "\"}");
        upstream.on(CHAT, Script.answer(200, "{}"));
        http.bytes(http.request(CHAT).POST(BodyPublishers.ofByteArray(json)));
        byte[] expected = bytes("{\"model\":\"gpt-4o\",\"x\":\"" + "0123456789".repeat(LARGE / 10) + "\"}");
        assertThat(Arrays.equals(upstream.lastRequest().body(), expected)).isTrue();

        byte[] file = random(LARGE);
        ByteArrayOutputStream body = new ByteArrayOutputStream(LARGE + 1000);
        body.writeBytes(bytes("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f\"\r\n\r\n"));
        body.writeBytes(file);
        body.writeBytes(bytes("\r\n--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n--b--\r\n"));
        upstream.on("/v1/files", Script.answer(200, "{}"));
        http.bytes(http.request("/v1/files")
                .header("Content-Type", "multipart/form-data; boundary=b")
                .POST(BodyPublishers.ofByteArray(body.toByteArray())));
        assertThat(Arrays.equals(upstream.lastRequest().body(), body.toByteArray()))
                .isTrue();
        assertThat(appliance.directory().resolve("spool")).isEmptyDirectory();
    }

    // --- answers

    @ParameterizedTest
    @ValueSource(
            strings = {
                " {\"a\":1.0,\"b\":1e400,\"z\":\"\\u0000\\/\\ud800\",\"a\":2,\"usage\":{\"prompt_tokens\":1}} \r\n",
                "not json at all",
                "{\"truncated\":",
                ""
            })
    void anAnswersBody(String body) {
        upstream.on(CHAT, Script.answer(200, body, "Content-Type", "application/json; charset=UTF-8"));
        HttpResponse<byte[]> answer = http.bytes(http.request(CHAT).POST(BodyPublishers.ofString(Http.CHAT)));
        assertThat(answer.body()).isEqualTo(bytes(body));
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/json; charset=UTF-8");
        assertThat(answer.headers().firstValue("Content-Length")).contains(String.valueOf(bytes(body).length));
    }

    @Test
    void aCodedAnswerToAClientThatTakesIt() throws IOException {
        ByteArrayOutputStream coded = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(coded)) {
            gzip.write(bytes("{\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}"));
        }
        upstream.on(
                CHAT,
                c -> c.answer(
                        200, coded.toByteArray(), "Content-Type", "application/json", "Content-Encoding", "gzip"));
        HttpResponse<byte[]> answer = http.bytes(
                http.request(CHAT).header("Accept-Encoding", "gzip").POST(BodyPublishers.ofString(Http.CHAT)));
        assertThat(answer.body()).isEqualTo(coded.toByteArray());
        assertThat(answer.headers().firstValue("Content-Encoding")).contains("gzip");
    }

    @Test
    void aLargeBinaryAnswerOfKnownAndOfUnknownLength() {
        byte[] audio = random(LARGE);
        String path = "/v1/audio/speech";
        upstream.on(path, c -> c.answer(200, audio, "Content-Type", "audio/mpeg"), c -> {
            c.head(200, "Content-Type", "audio/mpeg");
            for (int at = 0; at < audio.length; at += 1_000_003) {
                c.chunk(Arrays.copyOfRange(audio, at, Math.min(audio.length, at + 1_000_003)));
            }
            c.lastChunk();
        });
        for (int i = 0; i < 2; i++) {
            HttpResponse<byte[]> answer = http.bytes(
                    http.request(path).POST(BodyPublishers.ofString("{\"model\":\"tts-1\",\"input\":\"x\"}")));
            assertThat(Arrays.equals(answer.body(), audio)).isTrue();
        }
    }

    // --- streams

    @ParameterizedTest
    @ValueSource(
            strings = {
                "data: 1\n\n|data: 2\n\n|data: [DONE]\n\n",
                "data: 1\r\n\r\n|: comment\r\n\r\n|data: [DONE]\r\n\r\n",
                "data: 1\r\r|data: 2\r\r|data: [DONE]\r\r",
                "id: 7\nevent: e\nretry: 10\ndata: a\ndata:b\ndata\n\n|: ping\n|\ndata: x\n\n|",
                "data: one\n\ndata: two\n\ndata: three\n\n|data: four\n\ndata: five|\n\n",
                "\uFEFFdata: bom\n\n|\n\n\n\n|data: no end",
                "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\n|data: {\"usage\":null}\n\n"
            })
    void aStreamPieceByPieceInAnyFraming(String pieces) throws Exception {
        List<byte[]> all = Arrays.stream(pieces.split("\\|"))
                .filter(p -> !p.isEmpty())
                .map(ExactnessTest::bytes)
                .toList();
        streamed(Http.CHAT, all, all);
    }

    @Test
    void aStreamByteByByteAndSplitInsideACharacter() throws Exception {
        List<byte[]> all = new ArrayList<>();
        for (byte b : bytes("data: {\"é\":\"€\uD83D\uDE00\"}\r\n\r\ndata: [DONE]\n\n")) {
            all.add(new byte[] {b});
        }
        streamed(Http.CHAT, all, all);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\n", "\r\n", "\r"})
    void aStreamWithoutTheUsageThatOnlyTheGatewayAskedForEventByEvent(String end) throws Exception {
        List<byte[]> sent = List.of(
                event("data: {\"choices\":[{\"delta\":{\"content\":\"é\"}}],\"usage\":null}", end),
                event(": comment", end),
                event("id: 1\nevent: e\ndata: {\"choices\":[1],\"x\":1.0}", end),
                event("data: {\"choices\":[1]}\n\ndata: {\"usage\":null,\"choices\":[2]}", end),
                event("data: {\"choices\":[],\"usage\":{\"prompt_tokens\":1}}\n\ndata: [DONE]", end));
        List<byte[]> received = List.of(
                event("data: {\"choices\":[{\"delta\":{\"content\":\"é\"}}]}", end),
                event(": comment", end),
                event("id: 1\nevent: e\ndata: {\"choices\":[1],\"x\":1.0}", end),
                event("data: {\"choices\":[1]}\n\ndata: {\"choices\":[2]}", end),
                event("data: [DONE]", end));
        streamed(Http.CHAT_STREAM, sent, received);
    }

    private static byte[] event(String lines, String end) {
        return bytes((lines + "\n\n").replace("\n", end));
    }

    /** Each piece must arrive before the next one is sent. */
    private static void streamed(String request, List<byte[]> sent, List<byte[]> received) throws Exception {
        Semaphore arrived = new Semaphore(0);
        upstream.on(CHAT, c -> {
            c.head(200, "Content-Type", "text/event-stream");
            for (byte[] piece : sent) {
                c.chunk(piece);
                if (!arrived.tryAcquire(20, TimeUnit.SECONDS)) {
                    throw new IOException("the piece did not arrive");
                }
            }
            c.lastChunk();
        });
        try (InputStream in = http.stream(CHAT, request).body()) {
            for (byte[] piece : received) {
                assertThat(in.readNBytes(piece.length)).isEqualTo(piece);
                arrived.release();
            }
            assertThat(in.readAllBytes()).isEmpty();
        }
    }

    private static String sent(String body) {
        upstream.on(CHAT, Script.answer(200, "{}"));
        HttpResponse<byte[]> answer = http.bytes(
                http.request(CHAT).header("Content-Type", "application/json").POST(BodyPublishers.ofString(body)));
        assertThat(answer.statusCode()).isEqualTo(200);
        return upstream.lastRequest().text();
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        return bytes;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
