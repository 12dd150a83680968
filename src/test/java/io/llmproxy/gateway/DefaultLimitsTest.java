package io.llmproxy.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.config.ConfigException;
import io.llmproxy.config.ConfigLoader;
import io.llmproxy.config.ConfigLoader.Sources;
import io.llmproxy.domain.error.ProxyError.LimitExceeded;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.gateway.ScriptedProvider.Script;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The limits of a configuration in which nobody has written anything, all in force at once: each refuses at its amount. */
class DefaultLimitsTest {
    private static final String CHAT =
            "{\"model\":\"gpt-4o\",\"max_tokens\":100,\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}";
    private static final String ANSWER =
            "{\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":20,\"total_tokens\":30}}";

    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private GatewayFixture fixture;

    @BeforeEach
    void setUp() throws ConfigException {
        List<Limit> levels = ConfigLoader.load(new Sources(List.of(), Map.of(), List.of(), Map.of()))
                .config()
                .limits()
                .limits();
        fixture = new GatewayFixture(directory, s -> s, levels.toArray(Limit[]::new));
        fixture.up().answers(r -> Script.json(ANSWER));
    }

    private RecordingSink chat(String secret) {
        return fixture.send(FakeRequest.post("/v1/chat/completions", CHAT).key(secret));
    }

    private void serve(int requests) {
        for (int i = 0; i < requests; i++) {
            assertThat(chat(fixture.secret).status()).as("request " + i).isEqualTo(200);
        }
    }

    private LimitExceeded refused(RecordingSink sink) {
        assertThat(sink.error()).isInstanceOf(LimitExceeded.class);
        LimitExceeded error = (LimitExceeded) sink.error();
        assertThat(error.status()).isEqualTo(429);
        return error;
    }

    @Test
    void aUserHasAHundredInASlidingMinute() {
        serve(60);
        fixture.clock.advance(Duration.ofSeconds(45));
        serve(40);
        assertThat(refused(chat(fixture.secret)).limitId()).isEqualTo("config:user");
        // what was used in the first ten seconds is free after a minute, the rest not
        fixture.clock.advance(Duration.ofSeconds(15));
        serve(60);
        assertThat(refused(chat(fixture.secret)).limitId()).isEqualTo("config:user");
    }

    @Test
    void aTenantHasAThousandInAnHour() {
        for (int minute = 0; minute < 10; minute++) {
            serve(100);
            fixture.clock.advance(Duration.ofMinutes(1));
        }
        LimitExceeded error = refused(chat(fixture.secret));
        assertThat(error.limitId()).isEqualTo("config:tenant");
        assertThat(error.retryAfter()).isEqualTo(Duration.ofMinutes(50));
        fixture.clock.advance(Duration.ofMinutes(50).minusSeconds(1));
        assertThat(refused(chat(fixture.secret)).limitId()).isEqualTo("config:tenant");
        fixture.clock.advance(Duration.ofSeconds(1));
        serve(100);
    }

    @Test
    void anAddressHasFiftyInAMinute() {
        for (int i = 0; i < 50; i++) {
            assertThat(fixture.send(fixture.chat(CHAT).from(203, 0, 113, 7)).status())
                    .isEqualTo(200);
        }
        FakeRequest next = fixture.chat(CHAT).from(203, 0, 113, 7);
        assertThat(refused(fixture.send(next)).limitId()).isEqualTo("config:ip");
        assertThat(next.bodyTouched()).isFalse();
        assertThat(fixture.send(fixture.chat(CHAT).from(203, 0, 113, 8)).status())
                .isEqualTo(200);
        fixture.clock.advance(Duration.ofMinutes(1));
        assertThat(fixture.send(fixture.chat(CHAT).from(203, 0, 113, 7)).status())
                .isEqualTo(200);
    }

    /** Requests with a wrong key count, too. */
    @Test
    void allTogetherHaveTenThousandAMinuteAtAnEvenPace() {
        for (int i = 0; i < 10_000; i++) {
            assertThat(chat("llmp_guess").refusal()).startsWith("401");
        }
        FakeRequest next = fixture.chat(CHAT);
        LimitExceeded error = refused(fixture.send(next));
        assertThat(error.limitId()).isEqualTo("config:global");
        assertThat(error.retryAfter()).isEqualTo(Duration.ofSeconds(1));
        assertThat(next.bodyTouched()).isFalse();
        // one flows off in six milliseconds
        fixture.clock.advance(Duration.ofMillis(5));
        assertThat(refused(chat(fixture.secret)).limitId()).isEqualTo("config:global");
        fixture.clock.advance(Duration.ofMillis(1));
        serve(1);
        assertThat(refused(chat(fixture.secret)).limitId()).isEqualTo("config:global");
    }

    @Test
    void fiveHundredRunAtOneTime() throws InterruptedException {
        fixture.up().answers(r -> new Script().hangsBeforeHead());
        List<FakeRequest> requests = new ArrayList<>();
        List<CompletableFuture<RecordingSink>> running = new ArrayList<>();
        for (int i = 1; i <= 500; i++) {
            FakeRequest request = fixture.chat(CHAT);
            requests.add(request);
            running.add(CompletableFuture.supplyAsync(() -> fixture.send(request), Thread::startVirtualThread));
            awaitAsked(i);
            if (i % 100 == 0) {
                // for the user's limit
                fixture.clock.advance(Duration.ofMinutes(1));
            }
        }
        fixture.up().answers(r -> Script.json(ANSWER));
        FakeRequest next = fixture.chat(CHAT);
        LimitExceeded error = refused(fixture.send(next));
        assertThat(error.limitId()).isEqualTo("config:concurrency");
        assertThat(error.retryAfter()).isEqualTo(Duration.ofSeconds(1));
        assertThat(next.bodyTouched()).isFalse();
        assertThat(fixture.up().asked()).hasSize(500);
        assertThat(running).noneMatch(CompletableFuture::isDone);
        requests.getFirst().leave();
        assertThat(running.getFirst()).succeedsWithin(PATIENCE);
        serve(1);
        for (FakeRequest request : requests) {
            request.leave();
        }
        assertThat(CompletableFuture.allOf(running.toArray(CompletableFuture[]::new)))
                .succeedsWithin(PATIENCE);
    }

    private void awaitAsked(int requests) {
        long begun = System.nanoTime();
        while (fixture.up().asked().size() < requests) {
            assertThat(System.nanoTime() - begun)
                    .as("waited for request " + requests)
                    .isLessThan(PATIENCE.toNanos());
            LockSupport.parkNanos(100_000);
        }
    }
}
