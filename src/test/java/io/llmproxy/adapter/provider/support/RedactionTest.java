package io.llmproxy.adapter.provider.support;

import static io.llmproxy.adapter.provider.support.TestUpstream.call;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.ProviderCall.Head;
import io.llmproxy.testing.FakeProvider;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class RedactionTest {
    private static final String KEY = "sk-abab-abac-0123";
    private static final String QUOTING = "{\"error\":\"Incorrect API key: " + KEY + ".\"}";

    private final FakeProvider fake = FakeProvider.start();
    private final HttpUpstream upstream = TestUpstream.to(fake.port()).build();
    private final CredentialRedactor redactor = new CredentialRedactor(new Secret(KEY));

    @AfterEach
    void tearDown() {
        fake.close();
    }

    @Test
    void replacesTheCredentialWhereverTheReadsCutIt() throws IOException {
        String text = "before " + KEY + KEY + " sk-abab-abab-abac-0123 sk-abab-" + KEY + " after sk-ab";
        String clean = text.replace(KEY, "***");
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut <= bytes.length; cut++) {
            for (int second = cut; second <= bytes.length; second += 3) {
                assertThat(redacted(new Pieces(bytes, cut, second), KEY)).isEqualTo(clean);
            }
        }
    }

    @Test
    void agreesWithAPlainReplaceOnRandomTexts() throws IOException {
        Random random = new Random(7);
        for (int round = 0; round < 3000; round++) {
            String needle = random(random, 4 + random.nextInt(4));
            String text = random(random, random.nextInt(60));
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            int cut = random.nextInt(bytes.length + 1);
            assertThat(redacted(new Pieces(bytes, cut, cut), needle))
                    .as(needle + " in " + text)
                    .isEqualTo(text.replace(needle, "***"));
        }
    }

    @Test
    void keepsWhatIsLargerThanItsBuffers() throws IOException {
        String text = ("x".repeat(5000) + KEY).repeat(20) + "sk-aba".repeat(5000);
        InputStream in = new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8));
        assertThat(redacted(in, KEY)).isEqualTo(text.replace(KEY, "***"));
    }

    @Test
    void redactsErrorsInHeadersAndBody() throws IOException {
        fake.on("/x", FakeProvider.Script.answer(401, QUOTING, "WWW-Authenticate", "Bearer " + KEY, "X-Other", "1"));
        try (ProviderCall call = redactor.redacting(call(upstream, "/x"), "POST")) {
            Head head = call.execute();
            assertThat(head.contentLength()).isEqualTo(-1);
            assertThat(head.headers().contains("content-length")).isFalse();
            assertThat(head.headers().first("www-authenticate")).hasValue("Bearer ***");
            assertThat(head.headers().first("x-other")).hasValue("1");
            assertThat(text(call)).isEqualTo("{\"error\":\"Incorrect API key: ***.\"}");
        }
        assertThat(upstream.idleConnections()).isEqualTo(1);
    }

    @Test
    void leavesSuccessAlone() throws IOException {
        fake.on("/x", FakeProvider.Script.answer(200, QUOTING));
        try (ProviderCall call = redactor.redacting(call(upstream, "/x"), "POST")) {
            assertThat(call.execute().contentLength()).isEqualTo(QUOTING.length());
            assertThat(text(call)).isEqualTo(QUOTING);
        }
    }

    @Test
    void decodesACodedErrorAndLeavesOutTheBodyOfOneThatItCannot() throws IOException {
        byte[] raw = deflated(true);
        assertThat(coded("gzip", gzipped())).isEqualTo(QUOTING.replace(KEY, "***"));
        assertThat(coded("x-gzip", gzipped())).isEqualTo(QUOTING.replace(KEY, "***"));
        assertThat(coded("deflate", deflated(false))).isEqualTo(QUOTING.replace(KEY, "***"));
        assertThat(coded("Deflate", raw)).isEqualTo(QUOTING.replace(KEY, "***"));
        assertThat(coded("identity", QUOTING.getBytes(StandardCharsets.UTF_8))).doesNotContain(KEY);
        fake.on("/br", c -> c.answer(500, new byte[] {1, 2, 3}, "Content-Encoding", "br"));
        try (ProviderCall call = redactor.redacting(call(upstream, "/br"), "POST")) {
            Head head = call.execute();
            assertThat(head.status()).isEqualTo(500);
            assertThat(head.contentLength()).isZero();
            assertThat(head.headers().contains("content-encoding")).isFalse();
            assertThat(call.body().readAllBytes()).isEmpty();
        }
        assertThatThrownBy(() -> coded("gzip", new byte[] {1, 2, 3, 4, 5, 6, 7, 8, 9, 10}))
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> coded("deflate", java.util.Arrays.copyOf(raw, raw.length / 2)))
                .isInstanceOf(IOException.class);
    }

    @Test
    void redactsAnErrorEventInAStreamThatBeganWell() throws IOException {
        fake.on("/events", c -> {
            c.head(200, "Content-Type", "text/event-stream; charset=utf-8");
            c.event("{\"delta\":\"skill sk-abab\"}").chunk("data: {\"error\":\"key " + KEY.substring(0, 7));
            c.chunk(KEY.substring(7) + " is bad\"}\n\n").lastChunk();
        });
        try (ProviderCall call = redactor.redacting(call(upstream, "/events"), "POST")) {
            call.execute();
            assertThat(text(call))
                    .isEqualTo("data: {\"delta\":\"skill sk-abab\"}\n\ndata: {\"error\":\"key *** is bad\"}\n\n");
        }
    }

    @Test
    void redactsTrailers() throws IOException {
        fake.on(
                "/x",
                FakeProvider.Script.raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Note: "
                        + KEY + "\r\n\r\n"));
        try (ProviderCall call = redactor.redacting(call(upstream, "/x"), "POST")) {
            call.execute();
            assertThat(text(call)).isEqualTo("ok");
            assertThat(call.trailers().first("x-note")).hasValue("***");
        }
    }

    private String coded(String coding, byte[] body) throws IOException {
        fake.on("/coded", c -> c.answer(500, body, "Content-Encoding", coding));
        try (ProviderCall call = redactor.redacting(call(upstream, "/coded"), "POST")) {
            assertThat(call.execute().headers().contains("content-encoding")).isFalse();
            return text(call);
        }
    }

    private static byte[] gzipped() throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream gzip = new GZIPOutputStream(out)) {
            gzip.write(QUOTING.getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }

    private static byte[] deflated(boolean bare) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (OutputStream deflate = new DeflaterOutputStream(out, new Deflater(6, bare))) {
            deflate.write(QUOTING.getBytes(StandardCharsets.UTF_8));
        }
        return out.toByteArray();
    }

    private static String random(Random random, int length) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < length; i++) {
            out.append(random.nextInt(4) > 0 ? 'a' : 'b');
        }
        return out.toString();
    }

    private static String redacted(InputStream in, String needle) throws IOException {
        byte[] out = new RedactingInputStream(in, needle.getBytes(StandardCharsets.UTF_8)).readAllBytes();
        return new String(out, StandardCharsets.UTF_8);
    }

    private static String text(ProviderCall call) throws IOException {
        return new String(call.body().readAllBytes(), StandardCharsets.UTF_8);
    }

    /** Gives its bytes in three reads. */
    private static final class Pieces extends InputStream {
        private final byte[] bytes;
        private final int[] cuts;
        private int position;

        Pieces(byte[] bytes, int first, int second) {
            this.bytes = bytes;
            this.cuts = new int[] {first, second, bytes.length};
        }

        @Override
        public int read() {
            throw new UnsupportedOperationException();
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            for (int cut : cuts) {
                if (position < cut) {
                    int n = Math.min(length, cut - position);
                    System.arraycopy(bytes, position, into, offset, n);
                    position += n;
                    return n;
                }
            }
            return -1;
        }
    }
}
