package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.Gate;
import io.llmproxy.testing.Http;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Clocks that jump, periods that end and limits that change while requests run. */
class LimitsInMotionTest {
    private static final String CHAT = "/v1/chat/completions";
    private static LimitCommands commands;

    @BeforeAll
    static void start() {
        commands = LimitCommands.start();
    }

    @AfterAll
    static void stop() {
        commands.close();
    }

    @Test
    void aClockThatJumpsGivesNobodyAnything() {
        try (Http http = commands.tenant("clock")) {
            commands.set("clock", "key", "requests", "2", "day");
            assertThat(http.chat().statusCode()).isEqualTo(200);
            commands.appliance().clock().advance(Duration.ofHours(-30));
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(http.chat().statusCode()).isEqualTo(429);
            // the day that was left is found as it was
            commands.appliance().clock().advance(Duration.ofHours(30));
            assertThat(http.chat().statusCode()).isEqualTo(200);
            for (int i = 0; i < 3; i++) {
                assertThat(http.chat().statusCode()).isEqualTo(429);
                commands.appliance().clock().advance(Duration.ofHours(-30));
                assertThat(http.chat().statusCode()).isEqualTo(429);
                commands.appliance().clock().advance(Duration.ofHours(30));
            }
            // nor does it shut anybody out for longer than the period
            commands.appliance().clock().advance(Duration.ofHours(25));
            assertThat(http.chat().statusCode()).isEqualTo(200);
        }
    }

    @Test
    void daysBeginAtMidnightOfTheTenantsZone() {
        // the middle of an hour, so that none ends meanwhile
        OffsetDateTime now = commands.appliance().clock().instant().atOffset(ZoneOffset.UTC);
        commands.appliance().clock().advance(Duration.ofMinutes(30 - now.getMinute()));
        int hour = now.getHour();
        // where it is 23 o'clock now, and on the other side of the earth
        int evening = 23 - hour > 12 ? -1 - hour : 23 - hour;
        int noon = evening > 0 ? evening - 12 : evening + 12;
        try (Http late = tenantIn("late", evening);
                Http early = tenantIn("early", noon)) {
            for (Http http : List.of(late, early)) {
                assertThat(http.chat().statusCode()).isEqualTo(200);
                assertThat(http.chat().statusCode()).isEqualTo(429);
            }
            commands.appliance().clock().advance(Duration.ofHours(1));
            assertThat(late.chat().statusCode()).isEqualTo(200);
            assertThat(early.chat().statusCode()).isEqualTo(429);
        }
    }

    private static Http tenantIn(String name, int offset) {
        Http http = commands.tenant(name);
        String zone = ZoneId.ofOffset("UTC", ZoneOffset.ofHours(offset)).getId();
        commands.appliance().ctl("tenant", "update", name, "--time-zone", zone).value();
        commands.set(name, "key", "requests", "1", "day");
        return http;
    }

    @Test
    void aPeriodThatEndsInsideAStreamLeavesTheNextOneWhole() throws Exception {
        try (Http http = commands.tenant("midnight")) {
            commands.appliance()
                    .ctl("tenant", "update", "midnight", "--max-output-tokens", "500")
                    .value();
            commands.set("midnight", "key", "tokens", "1000", "day");
            Gate gate = heldStream();
            InputStream running = begun(http);
            assertThat(used("midnight")).isGreaterThan(500);
            commands.appliance().clock().advance(Duration.ofDays(1));
            assertThat(used("midnight")).isZero();
            assertThat(http.chat().statusCode()).isEqualTo(200);
            long second = used("midnight");
            gate.open();
            assertThat(new String(running.readAllBytes(), StandardCharsets.UTF_8))
                    .contains("[DONE]");
            awaitQuiet();
            // what the stream used belongs to the day in which it began
            assertThat(used("midnight")).isEqualTo(second);
        } finally {
            commands.upstream().restore(CHAT);
        }
    }

    @Test
    void aLimitIsLoweredRaisedAndDeletedWhileARequestRuns() throws Exception {
        try (Http http = commands.tenant("moving")) {
            commands.appliance()
                    .ctl("tenant", "update", "moving", "--max-output-tokens", "500")
                    .value();
            String id = commands.set("moving", "key", "tokens", "10000", "day");
            Gate gate = heldStream();
            InputStream running = begun(http);
            long reserved = used("moving");
            assertThat(commands.set("moving", "key", "tokens", "1", "day")).isEqualTo(id);
            assertThat(http.chat().statusCode()).isEqualTo(402);
            assertThat(commands.set("moving", "key", "tokens", "100000", "day")).isEqualTo(id);
            assertThat(http.chat().statusCode()).isEqualTo(200);
            assertThat(commands.set("moving", "key", "tokens", "1", "day")).isEqualTo(id);
            gate.open();
            // what runs is finished, whatever became of its limit
            assertThat(new String(running.readAllBytes(), StandardCharsets.UTF_8))
                    .contains("[DONE]");
            awaitTrue(() -> used("moving") < reserved);
            assertThat(http.chat().statusCode()).isEqualTo(402);

            Gate second = heldStream();
            commands.set("moving", "key", "tokens", "100000", "day");
            InputStream other = begun(http);
            commands.ctl("moving", "delete", id, "--yes").value();
            assertThat(http.chat().statusCode()).isEqualTo(200);
            second.open();
            assertThat(new String(other.readAllBytes(), StandardCharsets.UTF_8)).contains("[DONE]");
        } finally {
            commands.upstream().restore(CHAT);
        }
    }

    /** Streams wait behind their first event until the gate is opened; all else is answered. */
    private static Gate heldStream() {
        Gate gate = new Gate();
        commands.upstream().on(CHAT, c -> {
            if (!c.request().text().contains("\"stream\":true")) {
                c.answer(
                        200,
                        "{\"choices\":[],\"usage\":{\"prompt_tokens\":3,\"completion_tokens\":4}}"
                                .getBytes(StandardCharsets.UTF_8),
                        "Content-Type",
                        "application/json");
                return;
            }
            c.head(200, "Content-Type", "text/event-stream");
            c.event("{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"first\"}}]}");
            gate.await();
            c.event("{\"choices\":[],\"usage\":{\"prompt_tokens\":5,\"completion_tokens\":6}}");
            c.event("[DONE]");
            c.lastChunk();
        });
        return gate;
    }

    private static InputStream begun(Http http) throws IOException {
        HttpResponse<InputStream> answer = http.stream(CHAT, Http.CHAT_STREAM);
        assertThat(answer.statusCode()).isEqualTo(200);
        InputStream body = Objects.requireNonNull(answer.body());
        StringBuilder seen = new StringBuilder();
        while (seen.indexOf("first") < 0) {
            int b = body.read();
            assertThat(b).isNotNegative();
            seen.append((char) b);
        }
        return body;
    }

    /** Of the tenant's limit of tokens. */
    private static long used(String tenant) {
        Matcher used = Pattern.compile("\"metric\": \"tokens\"[^}]*\"used\": \"(\\d+)\"")
                .matcher(commands.ctl(tenant, "usage", "-o", "json").value());
        return used.find() ? Long.parseLong(used.group(1)) : 0;
    }

    private static void awaitQuiet() {
        awaitTrue(() -> commands.appliance().ctl("status", "-o", "json").value().contains("\"requestsInFlight\": 0"));
    }

    private static void awaitTrue(BooleanSupplier condition) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (!condition.getAsBoolean()) {
            assertThat(System.nanoTime() - end).isNegative();
            LockSupport.parkNanos(5_000_000);
        }
    }
}
