package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is taken back is refused at once; what runs may finish, unless {@code --now}. */
class RevocationTest {
    private final FakeProvider upstream = FakeProvider.start();
    private TestAppliance appliance;
    private Http http;

    @BeforeEach
    void setUp() {
        appliance = TestAppliance.start();
        http = new Http(appliance.gateway(), appliance.tenantWithKey("acme", upstream.baseUrl()));
    }

    @AfterEach
    void tearDown() {
        http.close();
        appliance.close();
        upstream.close();
    }

    @Test
    void aRevokedKeyIsRefusedAndTheStreamThatRunsFinishes() throws IOException {
        Gate gate = slowStream();
        try (InputStream stream = started()) {
            appliance.ctl("-t", "acme", "key", "revoke", "dev", "--yes").value();
            assertThat(Http.error(http.chat())).isEqualTo("authentication_error/revoked_api_key");
            gate.open();
            assertThat(rest(stream)).contains("second").contains("[DONE]");
        }
    }

    @Test
    void aKeySaysThatItsUserIsDisabled() {
        appliance.ctl("-t", "acme", "user", "create", "ada@acme.example").value();
        String secret = appliance
                .ctl("-t", "acme", "key", "create", "hers", "--user", "ada@acme.example", "-q")
                .value();
        appliance
                .ctl("-t", "acme", "user", "update", "ada@acme.example", "--status", "disabled")
                .value();
        try (Http hers = new Http(appliance.gateway(), secret)) {
            assertThat(hers.chat().statusCode()).isEqualTo(401);
        }
        assertThat(appliance
                        .ctl("-t", "acme", "key", "show", "hers", "-o", "json")
                        .value())
                .contains("\"status\": \"disabled\"");
        appliance
                .ctl("-t", "acme", "user", "update", "ada@acme.example", "--status", "enabled")
                .value();
        assertThat(appliance
                        .ctl("-t", "acme", "key", "show", "hers", "-o", "json")
                        .value())
                .contains("\"status\": \"active\"");
    }

    @Test
    void revokedNowCutsTheStreamThatRuns() throws IOException {
        Gate gate = slowStream();
        try (InputStream stream = started()) {
            appliance
                    .ctl("-t", "acme", "key", "revoke", "dev", "--now", "--yes")
                    .value();
            assertThatThrownBy(() -> {
                        String rest = rest(stream);
                        assertThat(rest).contains("\"error\"").doesNotContain("[DONE]");
                        throw new IOException("ended in an error event");
                    })
                    .isInstanceOf(IOException.class);
        }
        // the fake notices that its client is gone when it writes again
        gate.open();
        upstream.awaitClosedByPeer(1);
        String tail =
                appliance.ctl("-t", "acme", "usage", "export", "-o", "jsonl").value();
        assertThat(tail).containsPattern("\"outcome\" ?: ?\"cut\"");
    }

    @Test
    void aSuspendedTenantIsRefusedUntilItIsActiveAgain() {
        appliance.ctl("tenant", "suspend", "acme", "--yes").value();
        assertThat(Http.error(http.chat())).isEqualTo("permission_error/tenant_suspended");
        appliance.ctl("tenant", "activate", "acme").value();
        assertThat(http.chat().statusCode()).isEqualTo(200);
    }

    @Test
    void anExpiredKeyIsRefused() {
        appliance.ctl("-t", "acme", "key", "update", "dev", "--expires", "1h").value();
        assertThat(http.chat().statusCode()).isEqualTo(200);
        appliance.clock().advance(Duration.ofHours(2));
        assertThat(Http.error(http.chat())).isEqualTo("authentication_error/expired_api_key");
    }

    @Test
    void aRotatedKeyIsTakenUntilItsGraceEnds() {
        String fresh = appliance
                .ctl("-t", "acme", "key", "rotate", "dev", "--grace", "1h", "-q")
                .value();
        assertThat(http.chat().statusCode()).isEqualTo(200);
        appliance.clock().advance(Duration.ofHours(2));
        assertThat(http.chat().statusCode()).isEqualTo(401);
        try (Http renewed = new Http(appliance.gateway(), fresh)) {
            assertThat(renewed.chat().statusCode()).isEqualTo(200);
        }
    }

    @Test
    void refusalsOfAKnownKeyAreInTheLedgerAndThoseOfStrangersAreNot() {
        appliance.ctl("tenant", "suspend", "acme", "--yes").value();
        http.chat();
        try (Http stranger = new Http(appliance.gateway(), "llmp_" + "z".repeat(43))) {
            stranger.chat();
        }
        String lines =
                appliance.ctl("-t", "acme", "usage", "export", "-o", "jsonl").value();
        assertThat(lines.lines()).hasSize(1);
        assertThat(lines).contains("tenant_suspended").containsPattern("\"outcome\" ?: ?\"refused\"");
    }

    private Gate slowStream() {
        Gate gate = new Gate();
        upstream.on("/v1/chat/completions", c -> {
            c.head(200, "Content-Type", "text/event-stream");
            c.event("{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"first\"}}]}");
            gate.await();
            c.event("{\"id\":\"1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"second\"}}]}");
            c.event("[DONE]");
            c.lastChunk();
        });
        return gate;
    }

    /** A stream whose first event has come. */
    private InputStream started() throws IOException {
        HttpResponse<InputStream> answer = http.stream("/v1/chat/completions", Http.CHAT_STREAM);
        assertThat(answer.statusCode()).isEqualTo(200);
        InputStream body = answer.body();
        StringBuilder seen = new StringBuilder();
        while (seen.indexOf("first") < 0) {
            int b = body.read();
            assertThat(b).isNotNegative();
            seen.append((char) b);
        }
        return body;
    }

    private static String rest(InputStream stream) throws IOException {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    }
}
