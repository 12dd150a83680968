package io.llmproxy.adapter.provider.support;

import static io.llmproxy.adapter.provider.support.TestUpstream.body;
import static io.llmproxy.adapter.provider.support.TestUpstream.call;
import static io.llmproxy.adapter.provider.support.TestUpstream.post;
import static io.llmproxy.adapter.provider.support.TestUpstream.read;
import static io.llmproxy.adapter.provider.support.TestUpstream.send;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.provider.support.TestUpstream.Answer;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Gate;
import java.io.IOException;
import java.io.OutputStream;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class HttpUpstreamTest {
    private static final String OK = "HTTP/1.1 200 OK\r\n";

    private final FakeProvider fake = FakeProvider.start().on("/ok", Script.answer(200, "fine"));
    private final HttpUpstream upstream = TestUpstream.to(fake.port()).build();

    @AfterEach
    void tearDown() {
        upstream.retire();
        fake.close();
    }

    @Test
    void sendsTheRequestAsItWasGiven() throws IOException {
        HeaderFields headers = HeaderFields.of("X-One", "1", "x-two", "caf\u00e9", "X-One", "again");
        Answer answer = read(upstream.call("POST", "/ok?a=%2F&b", headers, body("{\"n\":1}")));

        assertThat(answer.body()).isEqualTo("fine");
        assertThat(answer.head().contentLength()).isEqualTo(4);
        assertThat(fake.lastRequest().target()).isEqualTo("/ok?a=%2F&b");
        assertThat(fake.lastRequest().headers().get("x-one")).containsExactly("1", "again");
        assertThat(fake.lastRequest().header("x-two")).isEqualTo("caf\u00e9");
        assertThat(fake.lastRequest().header("host")).isEqualTo("127.0.0.1:" + fake.port());
        assertThat(fake.lastRequest().header("content-length")).isEqualTo("7");
        assertThat(fake.lastRequest().text()).isEqualTo("{\"n\":1}");
    }

    @Test
    void tellsAnAbsentBodyFromAnEmptyOne() throws IOException {
        send(upstream, "GET", "/ok");
        assertThat(fake.lastRequest().headers()).doesNotContainKey("content-length");
        read(upstream.call("POST", "/ok", new HeaderFields(), body("")));
        assertThat(fake.lastRequest().header("content-length")).isEqualTo("0");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a\r\nb: c", "a\nb", "a\rb", "a\0b"})
    void refusesToSendAHeaderThatWouldBeTwo(String value) {
        assertThatThrownBy(() -> upstream.call("GET", "/", HeaderFields.of("x", value), RequestBody.NONE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageNotContaining(value);
        assertThatThrownBy(() -> upstream.call("GET", "/a b", new HeaderFields(), RequestBody.NONE))
                .isInstanceOf(IllegalArgumentException.class);
    }

    static Stream<Arguments> oddAnswersThatAreGood() {
        String large = "v".repeat(65_000);
        return Stream.of(
                Arguments.of("chunked", OK + "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n", "abc", true),
                Arguments.of(
                        "chunk extension and trailers",
                        OK + "Transfer-Encoding: chunked\r\n\r\n3;x=\"y\"\r\nabc\r\n0\r\nX-Trailer: t\r\n\r\n",
                        "abc",
                        true),
                Arguments.of(
                        "early hints",
                        "HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" + OK + "Content-Length: 3\r\n\r\nabc",
                        "abc",
                        true),
                Arguments.of(
                        "unsolicited continue, twice",
                        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + OK
                                + "Content-Length: 3\r\n\r\nabc",
                        "abc",
                        true),
                Arguments.of("no content", "HTTP/1.1 204 No Content\r\n\r\n", "", true),
                Arguments.of(
                        "not modified with a length",
                        "HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n",
                        "",
                        true),
                Arguments.of(
                        "redirect is not followed",
                        "HTTP/1.1 302 Found\r\nLocation: /ok\r\nContent-Length: 0\r\n\r\n",
                        "",
                        true),
                Arguments.of("large field", OK + "X-Large: " + large + "\r\nContent-Length: 3\r\n\r\nabc", "abc", true),
                Arguments.of("1.0 with length", "HTTP/1.0 200 OK\r\nContent-Length: 3\r\n\r\nabc", "abc", false),
                Arguments.of("closing", OK + "Connection: close\r\nContent-Length: 3\r\n\r\nabc", "abc", false),
                Arguments.of(
                        "length and chunked: the chunks count",
                        OK + "Content-Length: 100\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
                        "abc",
                        false));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("oddAnswersThatAreGood")
    void readsOddAnswersAndReusesTheConnectionWhereItMay(String name, String bytes, String body, boolean reused)
            throws IOException {
        fake.on("/odd", Script.raw(bytes));
        Answer answer = post(upstream, "/odd");
        assertThat(answer.body()).isEqualTo(body);
        assertThat(answer.head().headers().contains("Transfer-Encoding")).isFalse();
        assertThat(post(upstream, "/ok").body()).isEqualTo("fine");
        assertThat(fake.connections()).as(name).isEqualTo(reused ? 1 : 2);
    }

    static Stream<Arguments> answersUntilClose() {
        return Stream.of(
                Arguments.of(OK + "\r\nabc"),
                Arguments.of("HTTP/1.0 200 OK\r\n\r\nabc"),
                Arguments.of(OK + "Connection: keep-alive\r\n\r\nabc"));
    }

    @ParameterizedTest
    @MethodSource("answersUntilClose")
    void readsABodyUntilTheClose(String bytes) throws IOException {
        fake.on("/eof", Script.rawThenClose(bytes));
        assertThat(post(upstream, "/eof").body()).isEqualTo("abc");
        assertThat(post(upstream, "/eof").head().contentLength()).isEqualTo(-1);
        assertThat(post(upstream, "/ok").body()).isEqualTo("fine");
    }

    @Test
    void readsNoBodyAfterHead() throws IOException {
        Answer answer = send(upstream, "HEAD", "/ok");
        assertThat(answer.body()).isEmpty();
        assertThat(answer.head().contentLength()).isEqualTo(4);
        assertThat(post(upstream, "/ok").body()).isEqualTo("fine");
        assertThat(fake.connections()).isEqualTo(1);
    }

    static Stream<Arguments> brokenAnswers() {
        String chunked = OK + "Transfer-Encoding: chunked\r\n\r\n";
        return Stream.of(
                Arguments.of("cut in a chunk", chunked + "a\r\nabc", Kind.TRUNCATED),
                Arguments.of("cut between chunks", chunked + "3\r\nabc\r\n", Kind.TRUNCATED),
                Arguments.of("cut after a chunk's data", chunked + "3\r\nabc", Kind.TRUNCATED),
                Arguments.of("cut in a chunk's length", chunked + "3\r\nabc\r\n0", Kind.TRUNCATED),
                Arguments.of("cut in the last chunk", chunked + "3\r\nabc\r\n0\r\n", Kind.TRUNCATED),
                Arguments.of("cut in a length", OK + "Content-Length: 10\r\n\r\nabc", Kind.TRUNCATED),
                Arguments.of("cut in the status line", "HTTP/1.1 20", Kind.TRUNCATED),
                Arguments.of("cut in the head", OK + "Content-Le", Kind.TRUNCATED),
                Arguments.of("cut between fields", OK + "X-A: b\r\n", Kind.TRUNCATED),
                Arguments.of("nothing", "", Kind.NO_ANSWER),
                Arguments.of("an interim head alone", "HTTP/1.1 100 Continue\r\n\r\n", Kind.NO_ANSWER),
                Arguments.of("no chunk length", chunked + "xyz\r\nabc\r\n0\r\n\r\n", Kind.PROTOCOL),
                Arguments.of("negative chunk length", chunked + "-3\r\nabc\r\n0\r\n\r\n", Kind.PROTOCOL),
                Arguments.of("chunk longer than told", chunked + "2\r\nabc\r\n0\r\n\r\n", Kind.PROTOCOL),
                Arguments.of("two lengths", OK + "Content-Length: 3\r\nContent-Length: 30\r\n\r\nabc", Kind.PROTOCOL),
                Arguments.of("length no number", OK + "Content-Length: abc\r\n\r\nabc", Kind.PROTOCOL),
                Arguments.of("negative length", OK + "Content-Length: -3\r\n\r\nabc", Kind.PROTOCOL),
                Arguments.of("garbage", "SSH-2.0-OpenSSH_9.6\r\n\r\n\r\n\r\n", Kind.PROTOCOL),
                Arguments.of("empty lines", "\r\n\r\n\r\n\r\n\r\n\r\n", Kind.PROTOCOL),
                Arguments.of("field without a name", OK + ": x\r\nContent-Length: 0\r\n\r\n", Kind.PROTOCOL),
                Arguments.of("blank in a field name", OK + "X Y: x\r\nContent-Length: 0\r\n\r\n", Kind.PROTOCOL),
                Arguments.of("a bracket in a field name", OK + "X(Y): x\r\nContent-Length: 0\r\n\r\n", Kind.PROTOCOL),
                Arguments.of("an upgrade", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n", Kind.PROTOCOL),
                Arguments.of("too many fields", OK + "X: y\r\n".repeat(300) + "\r\n", Kind.PROTOCOL),
                Arguments.of(
                        "endless head", OK + ("X: " + "y".repeat(60_000) + "\r\n").repeat(4) + "\r\n", Kind.PROTOCOL),
                Arguments.of("endless line", OK + "X: " + "y".repeat(200_000), Kind.PROTOCOL),
                Arguments.of("HTTP/2", "HTTP/2 200 OK\r\n\r\n", Kind.PROTOCOL));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("brokenAnswers")
    void tellsABrokenAnswerAsWhatItIs(String name, String bytes, Kind kind) throws IOException {
        fake.on("/broken", Script.rawThenClose(bytes));
        assertFails(kind, () -> post(upstream, "/broken"));
        assertThat(post(upstream, "/ok").body()).as("after " + name).isEqualTo("fine");
        assertThat(fake.requests()).as("never sent twice").hasSize(2);
    }

    @Test
    void tellsAResetFromAnEnd() throws IOException {
        fake.on("/none", c -> c.reset());
        for (String head : new String[] {OK + "Content-Length: 10\r\n\r\nabc", OK + "\r\nabc"}) {
            Gate read = new Gate();
            fake.on("/half", c -> {
                c.write(head);
                read.await();
                c.reset();
            });
            try (ProviderCall call = call(upstream, "/half")) {
                call.execute();
                read.open();
                assertFails(Kind.TRUNCATED, () -> call.body().readAllBytes());
            }
        }
        assertFails(Kind.NO_ANSWER, () -> post(upstream, "/none"));
    }

    @Test
    void blanksOutControlCharactersInHeaders() throws IOException {
        fake.on("/odd", Script.raw(OK + "X-Odd: a\rb\u0001c\u00e9\r\nContent-Length: 0\r\n\r\n"));
        assertThat(post(upstream, "/odd").head().headers().first("x-odd")).hasValue("a b c\u00e9");
    }

    @Test
    void givesEachByteAsItComes() throws Exception {
        fake.on("/slow", c -> {
            c.head(200);
            c.write("5\r\na").pause(300).write("bcde\r\n").lastChunk();
        });
        try (ProviderCall call = call(upstream, "/slow")) {
            call.execute();
            byte[] bytes = new byte[100];
            assertThat(call.body().read(bytes)).isEqualTo(1);
            assertThat(call.body().readAllBytes()).isEqualTo("bcde".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
    }

    @Test
    void neverGivesSurplusBytesToTheNextRequest() throws Exception {
        String evil = OK + "Content-Length: 4\r\n\r\nEVIL";
        fake.on("/at-once", Script.raw(OK + "Content-Length: 4\r\n\r\ngood" + evil));
        fake.on("/chunked", Script.raw(OK + "Transfer-Encoding: chunked\r\n\r\n4\r\ngood\r\n0\r\n\r\n" + evil));
        fake.on("/no-content", Script.raw("HTTP/1.1 204 No Content\r\n\r\n" + evil));
        fake.on("/not-modified", Script.raw("HTTP/1.1 304 Not Modified\r\n\r\nbody that may not be"));
        for (String path : new String[] {"/at-once", "/chunked", "/no-content", "/not-modified"}) {
            for (int i = 0; i < 5; i++) {
                assertThat(post(upstream, path).body()).doesNotContain("EVIL");
                assertThat(post(upstream, "/ok").body()).as("after " + path).isEqualTo("fine");
            }
        }
    }

    @Test
    void neverGivesALateAnswerToTheNextRequest() throws Exception {
        for (int i = 0; i < 5; i++) {
            Gate answered = new Gate();
            Gate late = new Gate();
            fake.on("/late", c -> {
                c.write(OK + "Content-Length: 4\r\n\r\ngood");
                answered.await();
                c.write("HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\n\r\n");
                late.open();
            });
            assertThat(post(upstream, "/late").body()).isEqualTo("good");
            answered.open();
            late.await();
            assertThat(post(upstream, "/ok").status()).isEqualTo(200);
        }
    }

    @Test
    void doesNotReuseAConnectionWhoseAnswerWasNotReadToItsEnd() throws Exception {
        fake.on("/long", Script.answer(200, "0123456789"));
        try (ProviderCall call = call(upstream, "/long")) {
            call.execute();
            assertThat(call.body().read(new byte[4])).isEqualTo(4);
        }
        assertThat(upstream.idleConnections()).isZero();
        assertThat(post(upstream, "/ok").body()).isEqualTo("fine");
    }

    @Test
    void sendsOnceMoreWhereAReusedConnectionHadDied() throws Exception {
        fake.on("/closing", c -> {
            c.answer(200, new byte[] {'x'});
            c.close();
        });
        for (int i = 0; i < 10; i++) {
            assertThat(post(upstream, "/closing").body()).isEqualTo("x");
            assertThat(post(upstream, "/ok").body()).isEqualTo("fine");
        }
        fake.dropConnections();
        assertThat(read(upstream.call("POST", "/ok", new HeaderFields(), body("b".repeat(300_000))))
                        .status())
                .isEqualTo(200);
        assertThat(fake.lastRequest().body()).hasSize(300_000);
    }

    @Test
    void sendsOnceMoreOnlyOnce() throws Exception {
        fake.on("/none", c -> c.close());
        post(upstream, "/ok");
        assertFails(Kind.NO_ANSWER, () -> post(upstream, "/none"));
        assertThat(fake.requests().stream().filter(r -> r.path().equals("/none")))
                .hasSize(2);
        assertFails(Kind.NO_ANSWER, () -> post(upstream, "/none"));
        assertThat(fake.requests().stream().filter(r -> r.path().equals("/none")))
                .as("a new connection is not retried")
                .hasSize(3);
    }

    @Test
    void doesNotSendAgainWhereAByteOfAnAnswerCame() throws Exception {
        fake.on("/half", Script.rawThenClose("H"));
        post(upstream, "/ok");
        assertFails(Kind.TRUNCATED, () -> post(upstream, "/half"));
        fake.on("/half", Script.rawThenClose("HTTP/1.1 103 Early Hints\r\n\r\n"));
        post(upstream, "/ok");
        assertFails(Kind.NO_ANSWER, () -> post(upstream, "/half"));
        assertThat(fake.requests().stream().filter(r -> r.path().equals("/half")))
                .hasSize(2);
    }

    @Test
    void readsAnAnswerThatComesBeforeTheUploadIsDone() throws Exception {
        fake.beforeBody(c -> {
            if (c.request().path().equals("/early")) {
                c.write("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig");
                c.pause(100);
                c.reset();
            }
        });
        RequestBody huge = RequestBody.of(new byte[64 << 20]);
        Answer answer = read(upstream.call("POST", "/early", new HeaderFields(), huge));
        assertThat(answer.status()).isEqualTo(413);
        assertThat(answer.body()).isEqualTo("big");
        assertThat(post(upstream, "/ok").body()).isEqualTo("fine");
    }

    @Test
    void tellsARequestBodyThatCannotBeRead() throws Exception {
        post(upstream, "/ok");
        assertFails(Kind.NO_ANSWER, () -> read(upstream.call("POST", "/ok", new HeaderFields(), lying(10, 5))));
        assertFails(Kind.NO_ANSWER, () -> read(upstream.call("POST", "/ok", new HeaderFields(), lying(10, 20))));
        assertThat(post(upstream, "/ok").body()).isEqualTo("fine");
        assertThat(fake.requests()).as("neither went out whole").hasSize(2);
    }

    private static RequestBody lying(long announced, int real) {
        return new RequestBody() {
            @Override
            public long length() {
                return announced;
            }

            @Override
            public void writeTo(OutputStream out) throws IOException {
                out.write(new byte[real]);
            }
        };
    }

    static void assertFails(Kind kind, ThrowingCallable code) {
        assertThatThrownBy(code)
                .isInstanceOfSatisfying(
                        UpstreamException.class,
                        e -> assertThat(e.kind()).as(e.getMessage()).isEqualTo(kind))
                .hasMessageContaining("`up`");
    }
}
