package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.RedisServer;
import io.llmproxy.testing.TestAppliance;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import tools.jackson.databind.json.JsonMapper;

/** An appliance that starts 45 minutes after requests of its last life goes on with sliding windows and buckets as they would be then. */
class RollingLimitsRestartTest {
    private static final String ANSWER =
            "{\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":20,\"total_tokens\":30}}";

    /** Where limits are counted. */
    enum Counted {
        MEMORY,
        POSTGRESQL,
        REDIS
    }

    private static TestAppliance start(Path directory, Counted counted, String url) {
        TestAppliance.Builder builder = TestAppliance.builder().directory(directory);
        return switch (counted) {
            case MEMORY -> builder.start();
            case POSTGRESQL ->
                builder.set("database.url", url)
                        .set("database.user", PostgresServer.USER)
                        .start();
            case REDIS -> builder.set("redis.url", url).start();
        };
    }

    @ParameterizedTest
    @EnumSource
    void whatWasUsedIsAsOldAsItIs(Counted counted, @TempDir Path temporary) {
        try (RedisServer redis = counted == Counted.REDIS ? RedisServer.start() : null;
                FakeProvider provider = FakeProvider.start()) {
            provider.on("/v1/chat/completions", Script.answer(200, ANSWER, "Content-Type", "application/json"));
            String url = redis != null ? redis.url() : PostgresServer.freshDatabase();
            String key;
            try (TestAppliance first = start(temporary, counted, url)) {
                key = first.tenantWithKey("again", provider.baseUrl());
                first.clock().advance(Duration.ofMinutes(-45));
                try (Http http = new Http(first.gateway(), key)) {
                    for (int i = 0; i < 10; i++) {
                        assertThat(http.chat().statusCode()).isEqualTo(200);
                    }
                }
                limit(first, "tenant --metric tokens --amount 400 --per hour --algorithm token-bucket");
                limit(first, "user --metric requests --amount 10 --per hour --algorithm sliding-window");
                if (redis != null) {
                    redis.command("FLUSHALL");
                }
            }
            try (TestAppliance second = start(temporary, counted, url);
                    Http http = new Http(second.gateway(), key)) {
                HttpResponse<String> refused = http.chat();
                assertThat(refused.statusCode()).isEqualTo(429);
                // the segment of 45 minutes ago leaves the hour in 5 to 15
                assertThat(Long.parseLong(
                                refused.headers().firstValue("retry-after").orElseThrow()))
                        .isBetween(60L, 1000L);
                // of 300 tokens all have flowed off, but for one more minute's than have
                assertThat(used(second, "tokens")).isLessThanOrEqualTo(7);
            }
        }
    }

    private static long used(TestAppliance appliance, String metric) {
        String usage =
                appliance.ctl("-t", "again", "limit", "usage", "-o", "json").value();
        return JsonMapper.shared()
                .readTree(usage)
                .valueStream()
                .filter(l -> l.path("metric").asString().equals(metric))
                .mapToLong(l -> Long.parseLong(l.path("used").asString()))
                .sum();
    }

    private static void limit(TestAppliance appliance, String words) {
        appliance.ctl(("-t again limit set --scope " + words).split(" ")).value();
    }
}
