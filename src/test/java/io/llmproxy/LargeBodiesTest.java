package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.ServerJvm;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpRequest.BodyPublisher;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Bodies of 30 MB, up and down, many at once, in a server whose heap could not hold three of them, and on a disk that cannot hold one. */
class LargeBodiesTest {
    private static final String CHAT = "/v1/chat/completions";
    private static final String TEXT = "0123456789".repeat(3_000_000);
    private static final byte[] BODY = bytes("{\"model\":\"up/m\",\"x\":\"" + TEXT + "\"}");
    private static final long ARRIVES = crc(bytes("{\"model\":\"m\",\"x\":\"" + TEXT + "\"}"));

    private static final String SPEECH = "/v1/audio/speech";
    private static final int MEGABYTES = 32;
    private static final byte[] SOUND = sound();
    private static final long ANSWERED = crcOfSound();

    private static final List<Upload> UPLOADS = List.of(
            Upload.multipart("/v1/audio/transcriptions"),
            Upload.raw("/v1/audio/samples", "audio/wav"),
            Upload.raw("/v1/objects", "application/octet-stream"));

    private HttpServer upstream;

    @BeforeEach
    void setUp() throws IOException {
        upstream = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 100);
        upstream.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        upstream.createContext("/v1", LargeBodiesTest::tellChecksum);
        upstream.createContext(SPEECH, LargeBodiesTest::speak);
        upstream.start();
    }

    @AfterEach
    void tearDown() {
        upstream.stop(0);
    }

    @Test
    void passInConstantMemory() throws Exception {
        passInConstantMemory(6);
    }

    @Test
    @Tag("proof")
    void fortyPassInConstantMemory() throws Exception {
        passInConstantMemory(40);
    }

    private void passInConstantMemory(int count) throws Exception {
        Path directory = ServerJvm.newDirectory();
        Path left = Files.createDirectories(directory.resolve("spool")).resolve("body-of-a-killed-process.part");
        Files.writeString(left, "x");
        try (ServerJvm server = ServerJvm.start(directory, ":", "-Xmx80m", "gateway.body-memory=16MiB");
                Http http = new Http(server.gateway(), server.tenantWithKey("acme", baseUrl()))) {
            assertThat(left).doesNotExist();
            assertThat(together(http, count)).hasSize(count).containsOnly("200 " + ARRIVES);
            for (Upload upload : UPLOADS) {
                assertThat(uploadsTogether(http, upload, count))
                        .as(upload.path)
                        .hasSize(count)
                        .containsOnly("200 " + upload.arrives);
            }
            assertThat(answersTogether(http, count)).hasSize(count).containsOnly("200 " + ANSWERED);
            assertThat(directory.resolve("spool")).isEmptyDirectory();
            assertThat(server.alive()).isTrue();
        }
    }

    @Test
    void thatFindNoRoomOnDiskAreRefusedAndLeaveNothing() throws Exception {
        Path directory = ServerJvm.newDirectory();
        // a file of 8 MiB (16 MiB by some shells' count) is the largest that this server can write
        try (ServerJvm server = ServerJvm.start(directory, "ulimit -f 16384", "-Xmx128m", "gateway.body-memory=16MiB");
                Http http = new Http(server.gateway(), server.tenantWithKey("acme", baseUrl()))) {
            for (int i = 0; i < 2; i++) {
                HttpResponse<String> answer = post(http, BodyPublishers.ofByteArray(BODY));
                assertThat(answer.statusCode()).as(answer.body()).isEqualTo(503);
                assertThat(Http.error(answer)).startsWith("overloaded_error/");
                assertThat(answer.headers().firstValue("Retry-After")).isPresent();
                assertThat(directory.resolve("spool")).isEmptyDirectory();
                assertThat(http.chat().statusCode()).isEqualTo(200);
            }
            assertThat(server.ctl("-t", "acme", "usage", "export", "-o", "jsonl")
                            .value()
                            .lines())
                    .hasSize(4)
                    .filteredOn(l -> l.contains("refused"))
                    .hasSize(2);
            assertThat(Files.readString(directory.resolve("log")).lines())
                    .filteredOn(l -> l.contains("large request bodies are refused"))
                    .hasSize(1);
        }
    }

    /** Status and checksum of each; every other one is sent without its length. */
    private static List<String> together(Http http, int count) throws Exception {
        List<Future<String>> answers = new ArrayList<>();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < count; i++) {
                BodyPublisher body = i % 2 == 0
                        ? BodyPublishers.ofByteArray(BODY)
                        : BodyPublishers.ofInputStream(() -> new ByteArrayInputStream(BODY));
                answers.add(clients.submit(() -> {
                    HttpResponse<String> answer = post(http, body);
                    return answer.statusCode() + " " + answer.body();
                }));
            }
        }
        List<String> out = new ArrayList<>();
        for (Future<String> answer : answers) {
            out.add(answer.get());
        }
        return out;
    }

    /** What is no JSON: a megabyte of noise thirty-one times over, and what stands before and behind it. */
    private record Upload(String path, String type, String before, String behind, long arrives) {
        private static final int COPIES = 31;

        static Upload raw(String path, String type) {
            return new Upload(path, type, "", "", crc("", ""));
        }

        /** With the name of a model behind the file, which becomes the provider's. */
        static Upload multipart(String path) {
            String before = """
                    --b--b
                    Content-Disposition: form-data; name="file"; filename="a.mp3"
                    Content-Type: audio/mpeg

                    """.replace("\n", "\r\n");
            String behind = """

                    --b--b
                    Content-Disposition: form-data; name="model"

                    %s
                    --b--b--
                    """.replace("\n", "\r\n");
            return new Upload(
                    path,
                    "multipart/form-data; boundary=b--b",
                    before,
                    behind.formatted("up/m"),
                    crc(before, behind.formatted("m")));
        }

        private static long crc(String before, String behind) {
            CRC32 crc = new CRC32();
            crc.update(bytes(before));
            for (int i = 0; i < COPIES; i++) {
                crc.update(SOUND);
            }
            crc.update(bytes(behind));
            return crc.getValue();
        }

        private InputStream open() {
            List<InputStream> parts = new ArrayList<>();
            parts.add(new ByteArrayInputStream(bytes(before)));
            for (int i = 0; i < COPIES; i++) {
                parts.add(new ByteArrayInputStream(SOUND));
            }
            parts.add(new ByteArrayInputStream(bytes(behind)));
            return new SequenceInputStream(Collections.enumeration(parts));
        }

        BodyPublisher body(boolean lengthKnown) {
            BodyPublisher streamed = BodyPublishers.ofInputStream(this::open);
            long length = bytes(before).length + (long) COPIES * SOUND.length + bytes(behind).length;
            return lengthKnown ? BodyPublishers.fromPublisher(streamed, length) : streamed;
        }
    }

    /** The same of uploads that are no JSON; every other one is sent without its length. */
    private static List<String> uploadsTogether(Http http, Upload upload, int count) throws Exception {
        List<Future<String>> answers = new ArrayList<>();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < count; i++) {
                BodyPublisher body = upload.body(i % 2 == 0);
                answers.add(clients.submit(() -> {
                    HttpResponse<String> answer = http.send(http.request(upload.path)
                            .timeout(Duration.ofMinutes(2))
                            .header("Content-Type", upload.type)
                            .POST(body));
                    return answer.statusCode() + " " + answer.body();
                }));
            }
        }
        List<String> out = new ArrayList<>();
        for (Future<String> answer : answers) {
            out.add(answer.get());
        }
        return out;
    }

    /** The same of large answers, every other one of which comes without its length. */
    private static List<String> answersTogether(Http http, int count) throws Exception {
        List<Future<String>> answers = new ArrayList<>();
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < count; i++) {
                String known = i % 2 == 0 ? "known" : "unknown";
                answers.add(clients.submit(() -> {
                    String json = "{\"model\":\"" + known + "\",\"input\":\"x\"}";
                    HttpResponse<InputStream> answer = http.stream(SPEECH, json);
                    return answer.statusCode() + " " + checksum(Objects.requireNonNull(answer.body()));
                }));
            }
        }
        List<String> out = new ArrayList<>();
        for (Future<String> answer : answers) {
            out.add(answer.get());
        }
        return out;
    }

    private static void speak(HttpExchange exchange) throws IOException {
        try (exchange) {
            boolean known =
                    new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8).contains("\"known\"");
            exchange.getResponseHeaders().set("Content-Type", "audio/mpeg");
            exchange.sendResponseHeaders(200, known ? (long) MEGABYTES * SOUND.length : 0);
            for (int i = 0; i < MEGABYTES; i++) {
                exchange.getResponseBody().write(SOUND);
            }
        }
    }

    private static HttpResponse<String> post(Http http, BodyPublisher body) {
        return http.send(http.request(CHAT).timeout(Duration.ofMinutes(2)).POST(body));
    }

    private URI baseUrl() {
        return URI.create("http://127.0.0.1:" + upstream.getAddress().getPort() + "/v1");
    }

    private static void tellChecksum(HttpExchange exchange) throws IOException {
        try (exchange) {
            byte[] answer = bytes(String.valueOf(checksum(exchange.getRequestBody())));
            exchange.sendResponseHeaders(200, answer.length);
            exchange.getResponseBody().write(answer);
        }
    }

    private static long checksum(InputStream in) throws IOException {
        CheckedInputStream body = new CheckedInputStream(in, new CRC32());
        byte[] buffer = new byte[64 * 1024];
        while (body.read(buffer) >= 0) {
            // only its checksum is of interest
        }
        return body.getChecksum().getValue();
    }

    private static long crcOfSound() {
        CRC32 crc = new CRC32();
        for (int i = 0; i < MEGABYTES; i++) {
            crc.update(SOUND);
        }
        return crc.getValue();
    }

    private static byte[] sound() {
        byte[] bytes = new byte[1 << 20];
        new Random(7).nextBytes(bytes);
        return bytes;
    }

    private static long crc(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return crc.getValue();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
