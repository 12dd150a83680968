package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.identity.IpAddress;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whose request it is where proxies stand before the gateway. */
@Timeout(60)
class ForwardedAddressTest {
    private ScriptedGateway gateway;

    @BeforeEach
    void setUp() throws IOException {
        gateway = new ScriptedGateway("127.0.0.1", "10.0.0.0/8", "::1");
    }

    @AfterEach
    void tearDown() {
        gateway.close();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            nullValues = "-",
            value = {
                "-                                  | -                            | 127.0.0.1",
                "X-Forwarded-For: 203.0.113.7        | -                            | 203.0.113.7",
                "X-Forwarded-For: 1.1.1.1, 203.0.113.7 | -                          | 203.0.113.7",
                "X-Forwarded-For: 203.0.113.7, 10.1.2.3 | -                         | 203.0.113.7",
                "X-Forwarded-For: 203.0.113.7        | X-Forwarded-For: 10.1.2.3    | 203.0.113.7",
                "X-Forwarded-For: 10.9.9.9, 10.1.2.3 | -                            | 10.9.9.9",
                "X-Forwarded-For: 203.0.113.7, rubbish, 10.1.2.3 | -                | 10.1.2.3",
                "X-Forwarded-For: rubbish            | -                            | 127.0.0.1",
                "X-Forwarded-For: 203.0.113.7:5000   | -                            | 203.0.113.7",
                "X-Forwarded-For: ::ffff:203.0.113.7 | -                            | 203.0.113.7",
                "X-Forwarded-For: [2001:db8::5]:443  | -                            | 2001:db8::5",
                "X-Forwarded-For: 2001:db8::5        | -                            | 2001:db8::5",
                "Forwarded: for=203.0.113.7;proto=https, for=10.1.2.3 | -           | 203.0.113.7",
                "Forwarded: for=\"[2001:db8::5]:47\" | -                            | 2001:db8::5",
                "Forwarded: for=_hidden              | -                            | 127.0.0.1",
                "Forwarded: for=1.1.1.1              | X-Forwarded-For: 203.0.113.7 | 203.0.113.7",
            })
    void believesForwardingFieldsAsFarAsTrustedProxiesWroteThem(String first, String second, String expected)
            throws IOException {
        gateway.serving(
                (request, sink) -> ScriptedGateway.send(sink, "text/plain", IpAddress.format(request.clientAddress())));
        String fields = (first == null ? "" : first + "\r\n") + (second == null ? "" : second + "\r\n");
        try (RawClient client = gateway.connect().send("GET /v1/a HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n")) {
            assertThat(client.answer().body()).isEqualTo(expected);
        }
    }

    @Test
    void believesNobodyWithoutTrustedProxies() throws IOException {
        try (ScriptedGateway plain = new ScriptedGateway()) {
            plain.serving((request, sink) ->
                    ScriptedGateway.send(sink, "text/plain", IpAddress.format(request.clientAddress())));
            try (RawClient client = plain.connect()) {
                client.send("GET /v1/a HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 203.0.113.7\r\n\r\n");
                assertThat(client.answer().body()).isEqualTo("127.0.0.1");
            }
        }
    }
}
