package io.llmproxy.adapter.provider;

import static io.llmproxy.adapter.provider.Accounts.account;
import static io.llmproxy.adapter.provider.Accounts.providers;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.port.Provider;
import io.llmproxy.port.Provider.UpstreamRequest;
import io.llmproxy.port.ProviderCall;
import io.llmproxy.port.RequestBody;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import io.llmproxy.testing.FakeProvider;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProvidersTest {
    private static final InetSocketAddress OWN = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 8080);

    private final Providers providers = providers(Map.of(), OWN);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "ftp://example.com/v1",
                "file:///etc/passwd",
                "example.com/v1",
                "//example.com/v1",
                "http:///v1",
                "http:example.com",
                "simulated:?",
                "gopher://example.com",
                "jar:http://example.com!/",
                "https://user@example.com/v1",
                "https://user:secret@example.com/v1",
                "https://@example.com/v1",
                "https://example.com/v1?key=1",
                "https://example.com/v1#x",
                "https://example.com/v1/../admin",
                "https://example.com/%2e%2E/x",
                "https://example.com:0/v1",
                "https://example.com:65536/v1",
                "http://127.1/v1",
                "http://127.0.1/v1",
                "http://0x7f.1/v1",
                "http://0x7f000001/v1",
                "http://0x7F000001./v1",
                "http://2130706433/v1",
                "http://017700000001/v1",
                "http://0177.0.0.1/v1",
                "http://127.0.0.01/v1",
                "http://127.0.0.1./v1",
                "http://1.2.3.4.5/v1",
                "http://256.1.1.1/v1",
                "http://a.1/v1",
                "http://a.0x1/v1",
                "http://[::ffff:127.0.0.1]/v1",
                "http://[::1]/v1",
                "http://[::]/v1",
                "http://[fe80::1%25eth0]/v1",
                "http://[::ffff:169.254.169.254]/v1",
                "http://[64:ff9b::7f00:1]/v1",
                "http://[fd00:ec2::254]/v1",
                "http://[v1.x]/",
                "http://0.0.0.0/v1",
                "http://0/v1",
                "http://127.0.0.1/v1",
                "http://127.99.1.2/v1",
                "http://10.0.0.1/v1",
                "http://192.168.0.1:8443/v1",
                "http://169.254.169.254/latest",
                "http://100.100.100.200/",
                "http://localhost/v1",
                "http://LOCALHOST/v1",
                "http://localhost./v1",
                "http://foo.localhost/v1",
                "http://metadata.google.internal/computeMetadata",
                "http://METADATA.google.internal./",
                "http://metadata/",
                "http://a..b/v1",
                "http://my_host/v1",
                "http://%6c%6f/v1",
                "http://ex\u00e4mple.com/",
                "http://127\u30020.0.1/"
            })
    void refusesWhatATenantMayNotHave(String url) {
        assertThatThrownBy(() -> providers.check(tenants(url)))
                .as(url)
                .isInstanceOfSatisfying(
                        InvalidValueException.class, e -> assertThat(e.field()).isEqualTo("baseUrl"))
                .hasMessageNotContaining("secret");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "https://api.openai.com/v1", "https://api.openai.com/v1/", "https://api.openai.com",
                        "HTTPS://API.openai.com:8443/x",
                "https://example.com./v1", "http://1.1.1.1/v1", "http://[2606:4700::1111]:8080/v1",
                        "https://3com.com/v1",
                "https://1.example.com", "http://0xabc.example.com/v1", "http://xn--exmple-cua.com/v1"
            })
    void takesWhatATenantMayHave(String url) {
        assertThatCode(() -> providers.check(tenants(url))).as(url).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1:9100/v1",
                "http://localhost:9100/v1",
                "http://[::1]:9100/v1",
                "http://10.1.2.3/v1"
            })
    void takesLoopbackAndPrivateOfAnAdmin(String url) {
        assertThatCode(() -> providers.check(account(ProviderKind.CUSTOM, url))).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "http://127.0.0.1:8080/v1",
                "http://localhost:8080/v1",
                "http://[::ffff:127.0.0.1]:8080/v1",
                "http://169.254.169.254/",
                "http://metadata.google.internal/",
                "http://[fe80::1]/",
                "http://0.0.0.0:9100/",
                "http://127.1:9100/"
            })
    void refusesOurselvesAndMetadataOfAnAdminToo(String url) {
        assertThatThrownBy(() -> providers.check(account(ProviderKind.CUSTOM, url)))
                .isInstanceOf(InvalidValueException.class);
    }

    @ParameterizedTest
    @EnumSource(ProviderKind.class)
    void takesEveryTypesOwnAddressOfAnAdminAndOpensIt(ProviderKind kind) {
        if (kind.defaultBaseUrl() != null) {
            ProviderAccount account = account(kind, kind.defaultBaseUrl());
            providers.check(account);
            Provider provider = providers.open(account);
            assertThat(provider.fault()).isNull();
            assertThat(provider.account()).isEqualTo(account);
            provider.retire();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "simulated:x",
                "simulated:/x",
                "simulated:?speed=1",
                "simulated:?tokens=-1",
                "simulated:?tokens=1.5",
                "simulated:?fail=2",
                "simulated:?fail=NaN",
                "simulated:?status=200",
                "simulated:?first-byte=soon",
                "simulated:?tokens",
                "simulated:?hang=%zz",
                "https://example.com/v1"
            })
    void refusesWrongSettingsOfASimulatedProvider(String url) {
        // java.net.URI itself refuses a wrong percent sign
        assertThatThrownBy(() -> providers.check(account(ProviderKind.SIMULATED, url)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void refusesHeadersThatAreTheGatewaysOwn() {
        for (String name : new String[] {"Content-Length", "transfer-encoding", "Connection", "Via"}) {
            ProviderAccount account = account(
                    ProviderKind.OPENAI,
                    URI.create("https://api.openai.com/v1"),
                    new Credential.None(),
                    Map.of(name, "1"),
                    false,
                    null);
            assertThatThrownBy(() -> providers.check(account))
                    .isInstanceOf(InvalidValueException.class)
                    .hasMessageStartingWith("headers: " + name);
        }
    }

    @Test
    void doesNotConnectToItselfNorForATenantToLoopback() throws Exception {
        try (FakeProvider fake = FakeProvider.start()) {
            InetSocketAddress own = new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), fake.port());
            assertForbidden(providers(Map.of(), own).open(account(ProviderKind.OPENAI, fake.origin())));
            assertForbidden(
                    providers(Map.of(), own).open(account(ProviderKind.OPENAI, "http://localhost:" + fake.port())));
            assertForbidden(providers(Map.of()).open(tenants("http://localhost:" + fake.port())));
            assertForbidden(providers(Map.of()).open(tenants(fake.origin())));
            assertThat(fake.connections()).isZero();
        }
    }

    private static void assertForbidden(Provider provider) {
        UpstreamRequest request =
                new UpstreamRequest("GET", "/models", false, null, new HeaderFields(), RequestBody.NONE);
        try (ProviderCall call = provider.call(request)) {
            assertThatThrownBy(call::execute).isInstanceOfSatisfying(UpstreamException.class, e -> {
                assertThat(e.kind()).isEqualTo(Kind.FORBIDDEN_ADDRESS);
                assertThat(e.nothingSent()).isTrue();
            });
        }
    }

    /** Through {@code create}, because some of these are no URI at all, which is refused as well. */
    private static ProviderAccount tenants(String url) {
        URI uri;
        try {
            uri = URI.create(url);
        } catch (IllegalArgumentException e) {
            throw new InvalidValueException("baseUrl", "is no URL");
        }
        return account(ProviderKind.CUSTOM, uri, new Credential.None(), Map.of(), false, Accounts.TENANT);
    }
}
