package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Http;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The limits that every installation starts with, as nobody has changed them. */
class DefaultLevelsTest {
    private static LimitCommands commands;

    @BeforeAll
    static void start() {
        commands = LimitCommands.start("gateway.trusted-proxies=[127.0.0.1]");
    }

    @AfterAll
    static void stop() {
        commands.close();
    }

    @Test
    void theyAreThoseOfTheConfiguration() {
        String list =
                commands.appliance().ctl("limit", "list", "-o", "json").value().replaceAll("\\s+", " ");
        assertThat(list)
                .containsPattern(level("global", "global", "requests", "10000", "minute", "token-bucket"))
                .containsPattern(level("tenant", "tenant", "requests", "1000", "hour", "fixed-window"))
                .containsPattern(level("user", "user", "requests", "100", "minute", "sliding-window"))
                .containsPattern(level("ip", "ip", "requests", "50", "minute", "fixed-window"))
                .containsPattern("\"id\": \"config:concurrency\"[^}]*\"amount\": \"500\"");
        assertThat(commands.appliance()
                        .ctl("limit", "list", "-o", "name")
                        .value()
                        .lines())
                .hasSize(5);
    }

    private static String level(
            String name, String scope, String metric, String amount, String period, String algorithm) {
        return "\"id\": \"config:" + name + "\"[^}]*\"scope\": \"" + scope + "\"[^}]*\"metric\": \"" + metric
                + "\"[^}]*\"amount\": \"" + amount + "\"[^}]*\"per\": \"" + period + "\"[^}]*\"algorithm\": \""
                + algorithm
                + "\"";
    }

    @Test
    void aUserGetsAHundredAMinute() {
        try (Http http = commands.tenant("users")) {
            HttpResponse<String> answer = http.chat();
            int served = 0;
            while (answer.statusCode() == 200 && served < 1000) {
                served++;
                answer = http.chat();
            }
            assertThat(Http.json(answer).at("/error/limit/id").asString()).isEqualTo("config:user");
            // a slow machine may take longer than a part of the window for them
            assertThat(served).isBetween(100, 999);
        }
    }

    @Test
    void anAddressGetsFiftyAMinute() {
        try (Http http = commands.tenant("addresses");
                Http near = commands.tenant("near")) {
            HttpResponse<String> answer = forwarded(http);
            int served = 0;
            while (answer.statusCode() == 200 && served < 1000) {
                served++;
                answer = forwarded(http);
            }
            assertThat(Http.json(answer).at("/error/limit/id").asString()).isEqualTo("config:ip");
            // the minute may end in between
            assertThat(served).isBetween(50, 100);
            // this machine's own requests are another matter
            assertThat(near.chat().statusCode()).isEqualTo(200);
        }
    }

    private static HttpResponse<String> forwarded(Http http) {
        return http.send(http.request("/v1/chat/completions")
                .header("X-Forwarded-For", "203.0.113.7")
                .POST(BodyPublishers.ofString(Http.CHAT)));
    }
}
