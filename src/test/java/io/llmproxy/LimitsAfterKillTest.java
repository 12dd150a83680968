package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.ServerJvm;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code kill -9} of a server whose limits are being used up: what the next one counts is what the ledger says was used, nothing
 * of what ran is held any more, and over all lives together no more was granted than the limits allow, and no less.
 */
class LimitsAfterKillTest {
    private static final String ANSWER =
            "{\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":20,\"total_tokens\":30}}";
    private static final BigDecimal PRICE = new BigDecimal("0.01");

    /** Of requests and of money, in requests; the other limits are wider. */
    private record Budget(int requests, List<Integer> answersBeforeKills) {}

    private final LoadUntilKilled load = new LoadUntilKilled();
    private @Nullable ServerJvm running;

    @AfterEach
    void tearDown() {
        if (running != null) {
            running.close();
        }
    }

    @Test
    void aKilledServersLimitsGoOnFromTheLedger() throws Exception {
        spend(new Budget(200, List.of(120)));
    }

    @Test
    @Tag("proof")
    void overManyLivesNoMoreIsGrantedThanTheLimits() throws Exception {
        spend(new Budget(16_000, List.of(1500, 5, 3000, 300, 6000, 50, 2500)));
    }

    private void spend(Budget budget) throws Exception {
        Path directory = ServerJvm.newDirectory();
        try (FakeProvider upstream = FakeProvider.start()) {
            upstream.on("/v1/chat/completions", Script.answer(200, ANSWER));
            String key = null;
            for (int answers : budget.answersBeforeKills()) {
                ServerJvm server = start(directory);
                if (key == null) {
                    key = server.tenantWithKey("acme", upstream.baseUrl());
                    limits(server, budget);
                }
                assertCountersAreTheLedger(server);
                load.kill(server, key, answers);
                assertThat(load.others).isEmpty();
            }
            ServerJvm last = start(directory);
            assertCountersAreTheLedger(last);
            load.untilRefused(last, String.valueOf(key));
            Map<String, BigDecimal> used = assertCountersAreTheLedger(last);
            assertThat(used.get("requests")).isEqualByComparingTo(String.valueOf(budget.requests()));
            assertThat(used.get("cost")).isEqualByComparingTo(PRICE.multiply(new BigDecimal(budget.requests())));
            assertThat(load.others).hasSize(LoadUntilKilled.CLIENTS).allMatch(status -> status == 402 || status == 429);
            // of those that ran at a kill some are in the ledger and some are not: at most one for each client
            int cut = LoadUntilKilled.CLIENTS * budget.answersBeforeKills().size();
            assertThat(load.answered.size()).isBetween(budget.requests() - cut, budget.requests());
            assertThat(upstream.requests().size()).isBetween(budget.requests(), budget.requests() + cut);
        }
    }

    private ServerJvm start(Path directory) throws IOException {
        ServerJvm server = ServerJvm.start(directory, "true", "-Xmx256m");
        running = server;
        return server;
    }

    private static void limits(ServerJvm server, Budget budget) {
        server.ctl("-t", "acme", "price", "set", "gpt-4o", "--per-request", PRICE.toString())
                .value();
        int requests = budget.requests();
        limit(server, "tenant", "requests", String.valueOf(requests), "total");
        limit(server, "tenant", "cost", PRICE.multiply(new BigDecimal(requests)).toString(), period("month"));
        // wide enough for what is reserved while it runs
        limit(server, "user", "tokens", String.valueOf(requests * 40L + 200_000), period("hour"));
        limit(server, "key", "output-tokens", String.valueOf(requests * 30L + 200_000), period("day"));
        limit(server, "tenant", "concurrency", "100", "none");
        // all clients come from one address, forwarded by nobody who is trusted
        limit(server, "ip", "requests", String.valueOf(requests + 1000), period("day"));
    }

    private static void limit(ServerJvm server, String scope, String metric, String amount, String period) {
        String line = "-t acme limit set --scope " + scope + " --metric " + metric + " --amount " + amount;
        server.ctl((period.equals("none") ? line : line + " --per " + period).split(" "))
                .value();
    }

    /** No period is to end while this runs: what is used in it would be gone. */
    private static String period(String wanted) {
        Instant now = Instant.now();
        boolean ends = !now.plus(Duration.ofMinutes(10))
                .truncatedTo(ChronoUnit.HOURS)
                .equals(now.truncatedTo(ChronoUnit.HOURS));
        return ends ? "total" : wanted;
    }

    /** What is used of each metric, which the ledger says too. */
    private static Map<String, BigDecimal> assertCountersAreTheLedger(ServerJvm server) {
        Map<String, BigDecimal> used = new HashMap<>();
        json(server, "limit", "usage")
                .forEach(limit -> used.merge(
                        limit.path("scope").asString().equals("ip")
                                ? "requests of addresses"
                                : limit.path("metric").asString(),
                        new BigDecimal(limit.path("used").asString()),
                        BigDecimal::add));
        JsonNode report = json(server, "usage", "report", "--by", "tenant");
        JsonNode row = report.isArray() ? report.path(0) : report.path("rows").path(0);
        // those that limits refused have a line too
        long requests = row.path("requests").asLong(0) - row.path("errors").asLong(0);
        assertUsed(used, "requests", requests);
        assertUsed(used, "requests of addresses", requests);
        assertUsed(used, "tokens", row.path("totalTokens").asLong(0));
        assertUsed(used, "output-tokens", row.path("outputTokens").asLong(0));
        assertThat(used.getOrDefault("cost", BigDecimal.ZERO))
                .as("cost")
                .isEqualByComparingTo(row.path("cost").asString("0"));
        assertUsed(used, "concurrency", 0);
        return used;
    }

    private static void assertUsed(Map<String, BigDecimal> used, String metric, long ledger) {
        assertThat(used.getOrDefault(metric, BigDecimal.ZERO))
                .as(metric)
                .isEqualByComparingTo(BigDecimal.valueOf(ledger));
    }

    private static JsonNode json(ServerJvm server, String... command) {
        String[] line = new String[command.length + 4];
        line[0] = "-t";
        line[1] = "acme";
        System.arraycopy(command, 0, line, 2, command.length);
        line[line.length - 2] = "-o";
        line[line.length - 1] = "json";
        return JsonMapper.shared().readTree(server.ctl(line).value());
    }
}
