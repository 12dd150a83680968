package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Limits of addresses where clients say in forwarding fields who they are: whose word counts, and for whom. */
class TrustedProxiesTest {
    private static final int EACH = 3;
    private FakeProvider upstream;

    @BeforeEach
    void setUp() {
        upstream = FakeProvider.start();
    }

    @AfterEach
    void tearDown() {
        upstream.close();
    }

    private static TestAppliance.Builder limited() {
        // for good, so that no window ends between two requests
        return TestAppliance.builder()
                .set("limits.ip.requests", Integer.toString(EACH))
                .set("limits.ip.per", "total");
    }

    private Http client(TestAppliance appliance) {
        return new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()));
    }

    private static HttpResponse<String> send(Http http, String... fields) {
        HttpRequest.Builder request = http.request("/v1/chat/completions").POST(BodyPublishers.ofString(Http.CHAT));
        for (int i = 0; i < fields.length; i += 2) {
            request.header(fields[i], fields[i + 1]);
        }
        return http.send(request);
    }

    private static int served(Http http, int tries, String... fields) {
        int served = 0;
        for (int i = 0; i < tries; i++) {
            HttpResponse<String> answer = send(http, fields);
            if (answer.statusCode() == 200) {
                served++;
            } else {
                assertThat(answer.statusCode()).isEqualTo(429);
                assertThat(Http.json(answer).at("/error/limit/scope").asString())
                        .isEqualTo("ip");
            }
        }
        return served;
    }

    @Test
    void aTrustedProxyOnThisMachineSpeaksForEachOfItsClients() {
        try (TestAppliance appliance =
                        limited().set("gateway.trusted-proxies", "[127.0.0.1]").start();
                Http http = client(appliance)) {
            assertThat(served(http, EACH + 2, "X-Forwarded-For", "203.0.113.7")).isEqualTo(EACH);
            assertThat(served(http, EACH + 2, "X-Forwarded-For", "203.0.113.8")).isEqualTo(EACH);
            assertThat(served(http, EACH + 2, "Forwarded", "for=203.0.113.9")).isEqualTo(EACH);
            // a forged address to the left of what the proxy wrote helps nobody
            assertThat(served(http, EACH, "X-Forwarded-For", "198.51.100.1, 203.0.113.7"))
                    .isZero();
            // nor does one's own loopback, which the proxy passes on as it was told
            assertThat(served(http, EACH + 2, "X-Forwarded-For", "127.0.0.1")).isEqualTo(EACH);
            assertThat(served(http, EACH + 2, "X-Forwarded-For", "::1")).isEqualTo(EACH);
            // this machine's own requests are exempt
            assertThat(served(http, 2 * EACH)).isEqualTo(2 * EACH);
        }
    }

    @Test
    void withoutTrustedProxiesAForgedAddressIsNotBelieved() {
        try (TestAppliance appliance = limited().start();
                Http http = client(appliance)) {
            int served = 0;
            for (int i = 0; i < 4 * EACH; i++) {
                served += served(http, 1, "X-Forwarded-For", "203.0.113." + i);
            }
            // all are the connection's, and what says that it is forwarded is not exempt
            assertThat(served).isEqualTo(EACH);
        }
    }

    @Test
    void anIpv6ClientIsItsNetwork() {
        try (TestAppliance appliance = limited()
                        .set("gateway.trusted-proxies", "[127.0.0.0/8]")
                        .start();
                Http http = client(appliance)) {
            int served = 0;
            for (int i = 1; i <= 4 * EACH; i++) {
                served += served(http, 1, "X-Forwarded-For", "2001:db8:0:1::" + i);
            }
            assertThat(served).isEqualTo(EACH);
            assertThat(served(http, 1, "X-Forwarded-For", "2001:db8:0:2::1")).isEqualTo(1);
        }
    }

    @Test
    void aProxyHeaderSpeaksForItsConnection() throws IOException {
        try (TestAppliance appliance = limited()
                .set("gateway.trusted-proxies", "[127.0.0.1]")
                .set("gateway.proxy-protocol", "on")
                .start()) {
            appliance.tenantWithKey("acme", upstream.baseUrl());
            String near = appliance
                    .ctl("-t", "acme", "key", "create", "near", "--cidr", "203.0.113.0/24", "-q")
                    .value();
            assertThat(proxied(appliance, "198.51.100.1", near)).isEqualTo(403);
            for (String address : new String[] {"203.0.113.7", "203.0.113.8"}) {
                for (int i = 0; i < EACH; i++) {
                    assertThat(proxied(appliance, address, near)).isEqualTo(200);
                }
                assertThat(proxied(appliance, address, near)).isEqualTo(429);
            }
        }
    }

    @Test
    void whomAProxyHeaderNamesIsNeverThisMachineItself() throws IOException {
        try (TestAppliance appliance = limited()
                .set("gateway.trusted-proxies", "[127.0.0.1]")
                .set("gateway.proxy-protocol", "on")
                .start()) {
            String secret = appliance.tenantWithKey("acme", upstream.baseUrl());
            for (int i = 0; i < EACH; i++) {
                assertThat(proxied(appliance, "127.0.0.1", secret)).isEqualTo(200);
            }
            assertThat(proxied(appliance, "127.0.0.1", secret)).isEqualTo(429);
            // whom the proxy cannot name is counted where the proxy is
            assertThat(behind(appliance, "PROXY UNKNOWN\r\n", secret)).isEqualTo(429);
            // the proxy's own check
            assertThat(behind(appliance, "\r\n\r\n\0\r\nQUIT\n \0\0\0", secret)).isEqualTo(200);
        }
    }

    private static int proxied(TestAppliance appliance, String address, String secret) throws IOException {
        return behind(appliance, "PROXY TCP4 " + address + " 10.0.0.1 4711 80\r\n", secret);
    }

    private static int behind(TestAppliance appliance, String header, String secret) throws IOException {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), appliance.gateway().getPort())) {
            socket.setSoTimeout(30_000);
            String head = header
                    + "POST /v1/chat/completions HTTP/1.1\r\nHost: gateway\r\nConnection: close\r\nAuthorization: Bearer "
                    + secret + "\r\nContent-Type: application/json\r\nContent-Length: " + Http.CHAT.length()
                    + "\r\n\r\n";
            socket.getOutputStream().write((head + Http.CHAT).getBytes(StandardCharsets.US_ASCII));
            String answer = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return Integer.parseInt(answer.substring(9, 12));
        }
    }

    @Test
    void aKeyOfCertainAddressesIsJudgedByTheSameRule() {
        try (TestAppliance appliance = TestAppliance.builder()
                .set("gateway.trusted-proxies", "[127.0.0.1]")
                .start()) {
            appliance.tenantWithKey("acme", upstream.baseUrl());
            String secret = appliance
                    .ctl("-t", "acme", "key", "create", "near", "--cidr", "203.0.113.0/24", "-q")
                    .value();
            try (Http http = new Http(appliance.gateway(), secret)) {
                assertThat(send(http, "X-Forwarded-For", "203.0.113.7").statusCode())
                        .isEqualTo(200);
                assertThat(send(http, "X-Forwarded-For", "203.0.113.7, 198.51.100.1")
                                .statusCode())
                        .isEqualTo(403);
                assertThat(send(http).statusCode()).isEqualTo(403);
            }
        }
    }

    @Test
    void aFloodOfForwardedAddressesIsBoundedInMemoryAndSeenInTheMetrics() {
        try (TestAppliance appliance = limited()
                        .set("gateway.trusted-proxies", "[127.0.0.1]")
                        .set("limits.ip.requests", "2")
                        .start();
                Http http = client(appliance)) {
            // strangers: what they send is refused for its key, and counted for its address all the same
            for (int i = 0; i < 300; i++) {
                send(http, "X-Forwarded-For", "198.51." + i / 256 + "." + i % 256, "Content-Type", "text/plain");
            }
            assertThat(counters(appliance)).isBetween(300L, 400L);
        }
    }

    private static long counters(TestAppliance appliance) {
        try (Http admin = new Http(
                java.net.URI.create(String.valueOf(appliance.appliance().adminUrl())), "none")) {
            Matcher gauge = Pattern.compile("(?m)^llmproxy_limit_counters\\S* (\\d+)")
                    .matcher(admin.get("/metrics").body());
            assertThat(gauge.find()).isTrue();
            return Long.parseLong(gauge.group(1));
        }
    }
}
