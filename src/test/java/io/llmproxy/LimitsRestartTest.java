package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.PostgresServer;
import io.llmproxy.testing.TestAppliance;
import java.net.http.HttpRequest.BodyPublishers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What was used of limits in the last life of an appliance counts in the next. */
class LimitsRestartTest {
    private static final String NEAR = "203.0.113.7";
    private static final String FAR = "198.51.100.9";

    @Test
    void moneyThatWasSpentIsFoundAgainAfterAStart(@TempDir Path temporary) {
        try (FakeProvider provider = FakeProvider.start()) {
            String key;
            try (TestAppliance first =
                    TestAppliance.builder().directory(temporary).start()) {
                key = first.tenantWithKey("spent", provider.baseUrl());
                first.ctl("-t", "spent", "price", "set", "gpt-4o", "--per-request", "0.000001")
                        .value();
                String[] limit = "-t spent limit set --metric cost --amount 0.000003 --scope".split(" ");
                for (String scope : new String[] {"tenant", "key=dev", "model=gpt-*"}) {
                    List<String> all = new ArrayList<>(List.of(limit));
                    all.addAll(List.of(scope, "--per", scope.equals("tenant") ? "day" : "total"));
                    first.ctl(all.toArray(String[]::new)).value();
                }
                try (Http http = new Http(first.gateway(), key)) {
                    assertThat(http.chat().statusCode()).isEqualTo(200);
                    assertThat(http.chat().statusCode()).isEqualTo(200);
                }
            }
            try (TestAppliance second =
                            TestAppliance.builder().directory(temporary).start();
                    Http http = new Http(second.gateway(), key)) {
                assertThat(second.ctl("-t", "spent", "limit", "usage", "-o", "csv")
                                .value()
                                .split("0.000003,0.000002,"))
                        .hasSize(4);
                assertThat(http.chat().statusCode()).isEqualTo(200);
                assertThat(http.chat().statusCode()).isEqualTo(402);
            }
        }
    }

    @Test
    void whatWasUsedIsFoundAgainAfterAStart(@TempDir Path temporary) {
        try (FakeProvider provider = FakeProvider.start()) {
            String key;
            try (TestAppliance first =
                    TestAppliance.builder().directory(temporary).start()) {
                key = first.tenantWithKey("again", provider.baseUrl());
                first.ctl("-t", "again", "key", "update", "dev", "--max-requests", "3")
                        .value();
                try (Http http = new Http(first.gateway(), key)) {
                    assertThat(http.chat().statusCode()).isEqualTo(200);
                    assertThat(http.chat().statusCode()).isEqualTo(200);
                }
            }
            try (TestAppliance second =
                            TestAppliance.builder().directory(temporary).start();
                    Http http = new Http(second.gateway(), key)) {
                assertThat(http.chat().statusCode()).isEqualTo(200);
                assertThat(http.chat().statusCode()).isEqualTo(429);
                second.clock().advance(Duration.ofDays(400));
                assertThat(http.chat().statusCode()).isEqualTo(429);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatAddressesUsedIsFoundAgainAfterAStart(boolean postgresql, @TempDir Path temporary) {
        String url = postgresql ? PostgresServer.freshDatabase() : null;
        try (FakeProvider provider = FakeProvider.start()) {
            String key;
            try (TestAppliance first = behindAProxy(temporary, url)) {
                key = first.tenantWithKey("afar", provider.baseUrl());
                limit(first, "ip --metric requests --amount 3 --per total");
                limit(first, "ip=198.51.100.0/24 --metric requests --amount 4 --per total");
                first.ctl("-t afar limit set --scope ip --metric tokens --amount 1000000 --per total".split(" "))
                        .value();
                try (Http http = new Http(first.gateway(), key)) {
                    serve(http, NEAR, 2);
                    serve(http, FAR, 3);
                    // this machine's own are nobody's
                    assertThat(http.chat().statusCode()).isEqualTo(200);
                }
                assertThat(first.ctl("-t", "afar", "usage", "export").value()).doesNotContain(NEAR);
            }
            try (TestAppliance second = behindAProxy(temporary, url);
                    Http http = new Http(second.gateway(), key)) {
                String tokens =
                        second.ctl("-t", "afar", "limit", "usage", "-o", "csv").value();
                assertThat(tokens).contains(NEAR).contains(FAR).doesNotContain("127.0.0.1");
                assertThat(served(http, FAR)).isFalse();
                serve(http, NEAR, 1);
                assertThat(served(http, NEAR)).isFalse();
                // of the range one request was left, of each other address all
                serve(http, "198.51.100.10", 1);
                assertThat(served(http, "198.51.100.10")).isFalse();
                serve(http, "203.0.113.8", 3);
                assertThat(served(http, "203.0.113.8")).isFalse();
            }
        }
    }

    private static TestAppliance behindAProxy(Path directory, @Nullable String url) {
        TestAppliance.Builder builder =
                TestAppliance.builder().directory(directory).set("gateway.trusted-proxies", "[127.0.0.1]");
        if (url != null) {
            builder.set("database.url", url).set("database.user", PostgresServer.USER);
        }
        return builder.start();
    }

    private static void limit(TestAppliance appliance, String words) {
        appliance.ctl(("limit set --scope " + words).split(" ")).value();
    }

    /** So many requests, each as often as it takes: limits of several processes may refuse for a moment before their end. */
    private static void serve(Http http, String address, int requests) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        for (int served = 0; served < requests; ) {
            served += served(http, address) ? 1 : 0;
            assertThat(System.nanoTime() - end).isNegative();
        }
    }

    private static boolean served(Http http, String address) {
        int status = http.send(http.request("/v1/chat/completions")
                        .header("X-Forwarded-For", address)
                        .POST(BodyPublishers.ofString(Http.CHAT)))
                .statusCode();
        assertThat(status).isIn(200, 429);
        return status == 200;
    }
}
