package io.llmproxy.adapter.provider.support;

import static io.llmproxy.adapter.provider.support.HttpUpstreamTest.assertFails;
import static io.llmproxy.adapter.provider.support.TestUpstream.post;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.UpstreamException.Kind;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.TestCertificate;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TlsTest {
    private static TestCertificate certificate;

    private FakeProvider fake;

    @BeforeAll
    static void makeCertificate(@TempDir Path directory) throws Exception {
        certificate = TestCertificate.of(directory, "dns:up.test");
    }

    @BeforeEach
    void setUp() {
        fake = FakeProvider.startTls(certificate.server())
                .on("/ok", Script.answer(200, "fine"))
                .on("/greeting", c -> c.answer(200, c.greeting().getBytes(StandardCharsets.UTF_8)));
    }

    @AfterEach
    void tearDown() {
        fake.close();
    }

    private TestUpstream target(String host) {
        return TestUpstream.to(fake.port())
                .host(host)
                .resolver(name -> new InetAddress[] {InetAddress.getLoopbackAddress()})
                .tls(certificate.trusting().getSocketFactory());
    }

    @Test
    void namesTheHostOffersHttp11AndReusesTheConnection() throws Exception {
        HttpUpstream upstream = target("up.test").build();
        assertThat(post(upstream, "/greeting").body()).isEqualTo("up.test http/1.1");
        for (int i = 0; i < 20; i++) {
            assertThat(post(upstream, "/ok").body()).isEqualTo("fine");
        }
        assertThat(fake.connections()).isEqualTo(1);
    }

    @Test
    void refusesAWrongNameAndAnUnknownAuthority() {
        assertFails(Kind.CONNECT, () -> post(target("other.test").build(), "/ok"));
        HttpUpstream strict = target("up.test")
                .tls((SSLSocketFactory) SSLSocketFactory.getDefault())
                .build();
        assertFails(Kind.CONNECT, () -> post(strict, "/ok"));
        assertThat(fake.requests()).isEmpty();
    }

    @Test
    void refusesAServerWithoutTls() {
        try (FakeProvider plain = FakeProvider.start()) {
            HttpUpstream upstream = TestUpstream.to(plain.port())
                    .tls(certificate.trusting().getSocketFactory())
                    .timeouts(5000, 5000, 5000, 0)
                    .build();
            assertFails(Kind.CONNECT, () -> post(upstream, "/ok"));
        }
    }

    @Test
    void givesUpAHandshakeThatNobodyAnswers() throws Exception {
        try (ServerSocket mute = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            HttpUpstream upstream = TestUpstream.to(mute.getLocalPort())
                    .tls(certificate.trusting().getSocketFactory())
                    .timeouts(200, 8000, 8000, 0)
                    .build();
            long start = System.nanoTime();
            assertFails(Kind.CONNECT, () -> post(upstream, "/ok"));
            assertThat((System.nanoTime() - start) / 1_000_000).isBetween(150L, 7000L);
        }
    }

    @Test
    void cancelEndsAReadAtOnceAndSurplusNeverReachesTheNextRequest() throws Exception {
        HttpUpstream upstream = target("up.test").build();
        String evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL";
        fake.on("/evil", Script.raw("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood" + evil));
        for (String path : new String[] {"/evil", "/late", "/evil", "/late"}) {
            Gate written = new Gate();
            fake.on("/late", c -> {
                c.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\ngood").write(evil);
                written.open();
            });
            assertThat(post(upstream, path).body()).isEqualTo("good");
            if (path.equals("/late")) {
                written.await();
            }
            assertThat(post(upstream, "/ok").body()).isEqualTo("fine");
        }
        fake.on("/silent", Script.silence());
        ProviderCall call = TestUpstream.call(upstream, "/silent");
        CompletableFuture<Long> ended = new CompletableFuture<>();
        Thread.ofVirtual().start(() -> {
            assertFails(Kind.CANCELLED, call::execute);
            ended.complete(System.nanoTime());
        });
        fake.awaitRequests(9);
        long start = System.nanoTime();
        call.cancel();
        assertThat((ended.get(20, TimeUnit.SECONDS) - start) / 1_000_000).isLessThan(4000);
        call.close();
    }

    @Test
    void tellsACutAnswer() throws Exception {
        Gate read = new Gate();
        fake.on("/cut", Script.rawThenClose("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc"));
        fake.on("/reset", c -> {
            c.write("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc");
            read.await();
            c.reset();
        });
        HttpUpstream upstream = target("up.test").build();
        assertFails(Kind.TRUNCATED, () -> post(upstream, "/cut"));
        try (ProviderCall call = TestUpstream.call(upstream, "/reset")) {
            call.execute();
            read.open();
            assertFails(Kind.TRUNCATED, () -> call.body().readAllBytes());
        }
    }
}
