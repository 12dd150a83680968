package io.llmproxy.adapter.provider.support;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.provider.support.Downloader.Download;
import io.llmproxy.adapter.provider.support.Downloader.FailedException;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a client's URL stands for is fetched as a stranger would, or not at all. */
class DownloaderTest {
    private static final String PATH = "/cat.png";
    private static final Duration LONG = Duration.ofSeconds(60);

    private final FakeProvider web = FakeProvider.start();

    @AfterEach
    void close() {
        web.close();
    }

    private static Downloader downloader(List<Cidr> allow, InetSocketAddress... own) {
        AddressPolicy policy = new AddressPolicy(allow, () -> List.of(own));
        return new Downloader(new HttpUpstream.Network(policy, 10, Duration.ofSeconds(1), new ReadSweeper()));
    }

    private Download fetch(int most, Duration within) throws FailedException {
        return downloader(List.of(Cidr.parse("allow", "127.0.0.0/8")))
                .fetch(web.origin() + PATH, most, within, n -> {});
    }

    private void failsBecause(String why, int most, Duration within) {
        assertThatThrownBy(() -> fetch(most, within))
                .isInstanceOf(FailedException.class)
                .hasMessageContaining(why);
    }

    @Test
    void getsBytesAndTheirType() throws FailedException {
        web.on(PATH, Script.answer(200, "a cat", "Content-Type", "Image/PNG; q=1"));
        AtomicInteger told = new AtomicInteger();
        Download cat = downloader(List.of(Cidr.parse("allow", "127.0.0.1/32")))
                .fetch(web.origin() + PATH + "?size=%C3%BC#top", 5, LONG, told::addAndGet);

        assertThat(cat.mediaType()).isEqualTo("image/png");
        assertThat(cat.bytes()).asString().isEqualTo("a cat");
        assertThat(told).hasValue(5);
        FakeProvider.Request sent = web.lastRequest();
        assertThat(sent.target()).isEqualTo(PATH + "?size=%C3%BC");
        assertThat(sent.headers()).doesNotContainKeys("authorization", "cookie");
        assertThat(sent.header("via")).isEqualTo("1.1 llmproxy");
    }

    @Test
    void goesNowhereNearThisMachineUnlessTheOperatorSaysSo() {
        for (String host : List.of("127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "0.0.0.0", "2130706433")) {
            String url = "http://" + host + ":" + web.port() + PATH;
            assertThatThrownBy(() -> downloader(List.of()).fetch(url, 99, LONG, n -> {}))
                    .as(url)
                    .isInstanceOf(FailedException.class);
        }
        assertThat(web.connections()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"10.0.0.1", "169.254.169.254", "192.168.1.1", "[fe80::1]", "[64:ff9b::a00:1]", "100.64.0.1"})
    void goesToNoPrivateAddress(String host) {
        assertThatThrownBy(() -> downloader(List.of()).fetch("http://" + host + PATH, 99, LONG, n -> {}))
                .isInstanceOf(FailedException.class)
                .hasMessageContaining("fetches nothing from");
    }

    @Test
    void neverCallsTheGatewayItself() {
        InetSocketAddress own = new InetSocketAddress(InetAddress.getLoopbackAddress(), web.port());
        Downloader downloader = downloader(List.of(Cidr.parse("allow", "127.0.0.0/8")), own);

        assertThatThrownBy(() -> downloader.fetch(web.origin() + PATH, 99, LONG, n -> {}))
                .hasMessageContaining("fetches nothing from");
        assertThat(web.connections()).isZero();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "file:///etc/passwd",
                "ftp://example.com/cat.png",
                "cat.png",
                "http:///cat.png",
                "http://user:secret@example.com/cat.png",
                "http://exa mple.com/",
                "data:image/png;base64,AAAA",
                ""
            })
    void wantsAnHttpUrl(String url) {
        assertThatThrownBy(() -> downloader(List.of()).fetch(url, 99, LONG, n -> {}))
                .isInstanceOf(FailedException.class)
                .hasMessageContaining("its URL");
    }

    @Test
    void followsNoRedirectAndTakesNoErrorForAnImage() {
        web.on(PATH, Script.answer(302, "", "Location", "http://127.0.0.1:1/", "Content-Type", "image/png"));
        failsBecause("answered 302", 99, LONG);
        web.on(PATH, Script.answer(404, "none", "Content-Type", "image/png"));
        failsBecause("answered 404", 99, LONG);
        assertThat(web.requests()).hasSize(2);
    }

    @Test
    void isBoundedInSizeWhetherItIsDeclaredOrNot() {
        web.on(PATH, Script.raw("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 101\r\n\r\n"));
        failsBecause("larger than 100 bytes", 100, LONG);
        web.on(PATH, c -> {
            c.head(200, "Content-Type", "image/png");
            for (int i = 0; i < 11; i++) {
                c.chunk("0123456789");
            }
            c.awaitClose();
        });
        failsBecause("larger than 100 bytes", 100, LONG);
    }

    @Test
    void isBoundedInTimeHoweverSlowlyItComes() {
        web.on(PATH, Script.silence());
        failsBecause("did not come within", 99, Duration.ofMillis(200));
        web.on(PATH, c -> {
            c.head(200, "Content-Type", "image/png");
            while (true) {
                c.chunk("x").pause(20);
            }
        });
        failsBecause("did not come within", 1_000_000, Duration.ofMillis(300));
    }

    @Test
    void takesNoHalfOneAndNoCodedOne() {
        web.on(
                PATH,
                Script.rawThenClose("HTTP/1.1 200 OK\r\nContent-Type: image/png\r\nContent-Length: 50\r\n\r\nhalf"));
        failsBecause("broke off", 99, LONG);
        web.on(PATH, Script.answer(200, "zip", "Content-Type", "image/png", "Content-Encoding", "gzip"));
        failsBecause("content coding", 99, LONG);
        web.on(PATH, Script.rawThenClose("garbage\r\n\r\n"));
        failsBecause("broke off", 99, LONG);
    }
}
