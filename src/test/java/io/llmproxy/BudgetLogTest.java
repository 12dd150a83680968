package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/** What the log says of budgets: event 6601, once for each threshold. Every request costs 0.10 USD, and the tenant has 1 USD. */
class BudgetLogTest {
    @TempDir
    Path directory;

    private TestAppliance start() {
        return TestAppliance.builder()
                .directory(directory.resolve("data"))
                .set("log.file.path", directory.resolve("llmproxy.log").toString())
                .set("log.level", "info")
                .start();
    }

    private static String limit(TestAppliance appliance, String usd) {
        String line = "-t acme limit set --scope tenant --metric cost --per total -q --amount " + usd;
        return appliance.ctl(line.split(" ")).value();
    }

    private static void spend(Http http, int requests) {
        for (int i = 0; i < requests; i++) {
            assertThat(http.chat().statusCode()).isEqualTo(200);
        }
    }

    /** All lines of the event, when there are so many. */
    private static List<JsonNode> awaitLines(TestAppliance appliance, int count) {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(60);
        while (true) {
            String found = appliance
                    .ctl("log", "search", "-o", "jsonl", "--event", "6601")
                    .value();
            List<JsonNode> lines =
                    found.lines().map(JsonMapper.shared()::readTree).toList();
            if (lines.size() >= count) {
                assertThat(lines).hasSize(count);
                return lines;
            }
            assertThat(System.nanoTime() - end).as("seen: " + found).isNegative();
            LockSupport.parkNanos(50_000_000);
        }
    }

    private static void assertLine(JsonNode line, int threshold, String used, String amount, String limit) {
        assertThat(line.path("event").asInt()).isEqualTo(6601);
        assertThat(line.path("level").asString()).isEqualTo("WARN");
        assertThat(line.path("message").asString())
                .isEqualTo(threshold + " % of a budget reached: " + used + " USD of " + amount
                        + " USD in all, tenant, tenant acme (limit " + limit + ")");
    }

    @Test
    void eachThresholdOfABudgetHasOneLine() {
        try (FakeProvider upstream = FakeProvider.start()) {
            String key;
            String limit;
            try (TestAppliance first = start()) {
                key = first.tenantWithKey("acme", upstream.baseUrl());
                first.ctl("-t", "acme", "price", "set", "gpt-4o", "--per-request", "0.10")
                        .value();
                limit = limit(first, "1");
                try (Http http = new Http(first.gateway(), key)) {
                    spend(http, 5);
                    assertLine(awaitLines(first, 1).getFirst(), 50, "0.5", "1", limit);
                    spend(http, 3);
                    assertLine(awaitLines(first, 2).getLast(), 80, "0.8", "1", limit);
                }
            }
            try (TestAppliance second = start();
                    Http http = new Http(second.gateway(), key)) {
                spend(http, 2);
                assertLine(awaitLines(second, 3).getLast(), 100, "1", "1", limit);
                assertThat(http.chat().statusCode()).isEqualTo(402);
                // another budget, of which half is gone: what was told before is not told again with it
                assertThat(limit(second, "2")).isEqualTo(limit);
                assertLine(awaitLines(second, 4).getLast(), 50, "1", "2", limit);
                assertThat(awaitLines(second, 4))
                        .extracting(line -> line.path("message").asString().split(" ")[0])
                        .containsExactly("50", "80", "100", "50");
            }
        }
    }
}
