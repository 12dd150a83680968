package io.llmproxy.adapter.provider.support;

import static io.llmproxy.adapter.provider.support.HttpUpstreamTest.assertFails;
import static io.llmproxy.adapter.provider.support.TestUpstream.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.model.UpstreamProxy;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.port.UpstreamException.Kind;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.FakeProxy;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.List;
import javax.net.ssl.SSLSocketFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a proxy changes, and what it does not: the address rule. */
class ProxiedConnectorTest {
    private final FakeProvider fake = FakeProvider.start().on("/ok", Script.answer(200, "fine"));
    private final FakeProxy proxy = FakeProxy.start(null);

    @AfterEach
    void tearDown() {
        proxy.close();
        fake.close();
    }

    private TestUpstream to(String host) {
        return TestUpstream.to(fake.port()).host(host).proxy(new UpstreamProxy("127.0.0.1", proxy.port(), null));
    }

    @Test
    void leavesANameThatIsUnknownHereToTheProxy() throws Exception {
        HttpUpstream upstream = to("up.test")
                .resolver(host -> {
                    throw new UnknownHostException(host);
                })
                .build();
        assertThat(post(upstream, "/ok").body()).isEqualTo("fine");
        assertThat(fake.lastRequest().header("host")).isEqualTo("up.test:" + fake.port());
        assertThat(proxy.heads()).hasSize(1);
    }

    @Test
    void refusesForbiddenAddressesAllTheSame() {
        AddressRule none = (address, port) -> "bad";
        assertFails(
                Kind.FORBIDDEN_ADDRESS,
                () -> post(to("169.254.169.254").rule(none).build(), "/ok"));
        HttpUpstream named = to("up.test")
                .rule(none)
                .resolver(host -> new InetAddress[] {InetAddress.getLoopbackAddress()})
                .build();
        assertFails(Kind.FORBIDDEN_ADDRESS, () -> post(named, "/ok"));
        assertThat(proxy.heads()).isEmpty();
    }

    @Test
    void givesUpATunnelThatIsNotAnswered() throws Exception {
        try (ServerSocket mute = new ServerSocket(0, 10, InetAddress.getLoopbackAddress())) {
            HttpUpstream upstream = TestUpstream.to(fake.port())
                    .tls((SSLSocketFactory) SSLSocketFactory.getDefault())
                    .proxy(new UpstreamProxy("127.0.0.1", mute.getLocalPort(), null))
                    .timeouts(200, 8000, 8000, 0)
                    .build();
            assertFails(Kind.CONNECT, () -> post(upstream, "/ok"));
        }
    }

    @Test
    void saysThatTheProxyIsNotThere() throws Exception {
        proxy.close();
        assertThatThrownBy(() -> post(to("127.0.0.1").build(), "/ok"))
                .hasMessageContaining("its proxy http://127.0.0.1:" + proxy.port() + " refused the connection");
    }

    @ParameterizedTest
    @CsvSource({
        "up.test, true",
        "127.0.0.1, false",
        "127.9.9.9, false",
        "localhost, false",
        "a.localhost, false",
        "corp.test, false",
        "a.corp.test, false",
        "xcorp.test, true",
        "exact.test, false",
        "a.exact.test, true",
        "db-7.glob.test, false",
        "10.1.2.3, false"
    })
    void usesTheInstallationsProxyForWhatIsNotExcepted(String host, boolean proxied) {
        UpstreamDefaults defaults = new UpstreamDefaults(
                null,
                new UpstreamProxy("proxy.test", 3128, null),
                List.of(".corp.test", "exact.test", "*.glob.test", "10.*"));
        assertThat(defaults.proxyFor(new Origin(true, host, 443)) != null).isEqualTo(proxied);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "proxy.test:3128",
                "https://proxy.test:3128",
                "socks5://proxy.test:1080",
                "http://proxy.test",
                "http://proxy.test:0",
                "http://proxy.test:99999",
                "http://proxy.test:3128/path",
                "http://proxy.test:3128?x",
                "http://hidden@proxy.test:3128",
                "http://:hidden@proxy.test:3128",
                "http://u:hid den@proxy.test:3128"
            })
    void takesNoOtherAddressForAProxyAndRepeatsNone(String text) {
        assertThatThrownBy(() -> UpstreamProxy.parse("proxy", text))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageStartingWith("proxy: ")
                .hasMessageNotContaining("hid");
    }

    @Test
    void readsALoginAndPrintsNone() {
        UpstreamProxy parsed = UpstreamProxy.parse("proxy", "http://gate:a%40b@[::1]:3128/");
        assertThat(parsed.login()).isEqualTo(new Secret("gate:a@b"));
        assertThat(parsed).hasToString("http://[::1]:3128");
    }
}
