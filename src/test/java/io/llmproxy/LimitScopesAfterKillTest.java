package io.llmproxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.ServerJvm;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/**
 * {@code kill -9} of a server, and what the next one counts of limits of scopes and algorithms that {@link LimitsAfterKillTest} has
 * not: each knows by itself what was used, and refuses as soon as its amount is that.
 */
class LimitScopesAfterKillTest {
    private static final String ANSWER =
            "{\"choices\":[],\"usage\":{\"prompt_tokens\":10,\"completion_tokens\":20,\"total_tokens\":30}}";

    /** One as it is set, and its id; a window of the calendar may end while this runs, and so is in all. */
    private record Kept(String words, String metric, String id) {
        static Kept set(ServerJvm server, String words) {
            String metric = words.replaceAll(".*--metric (\\S+).*", "$1");
            return new Kept(words, metric, amount(server, words, wide(words)));
        }

        /** The request by which a server looks at itself when it starts counts with those of all, and is in no ledger. */
        long expected(Map<String, Long> ledger) {
            boolean all = words.contains("global") && metric.equals("requests");
            return ledger.getOrDefault(metric, -1L) + (all ? 1 : 0);
        }

        /** A bucket is so small that less than one flows off in half an hour. */
        static long wide(String words) {
            return words.contains("token-bucket") ? 1_000 : 1_000_000;
        }

        static String amount(ServerJvm server, String words, long amount) {
            return server.ctl((words + " -q --amount " + amount).split(" ")).value();
        }
    }

    private static List<Kept> limits(ServerJvm server) {
        List<Kept> limits = new ArrayList<>();
        for (String words : List.of(
                "limit set --scope global --metric requests --per total",
                "limit set --scope global --metric tokens --per total",
                "-t acme limit set --scope provider --metric requests --per total",
                "-t acme limit set --scope provider=up --metric output-tokens --per total",
                "-t acme limit set --scope endpoint --metric requests --per total",
                "-t acme limit set --scope endpoint=/v1/chat/* --metric input-tokens --per total",
                "-t acme limit set --scope model=gpt-* --metric requests --per total",
                // of whole periods until now, and not of the calendar
                "-t acme limit set --scope tenant --metric requests --per hour --algorithm sliding-window",
                "-t acme limit set --scope user --metric tokens --per day --algorithm sliding-window --segments 24",
                "-t acme limit set --scope endpoint --metric tokens --per month --algorithm sliding-window",
                "-t acme limit set --scope key --metric requests --per month --algorithm token-bucket")) {
            limits.add(Kept.set(server, words));
        }
        return limits;
    }

    @Test
    void everyScopeAndAlgorithmGoesOnFromTheLedger() throws Exception {
        Path directory = ServerJvm.newDirectory();
        try (FakeProvider upstream = FakeProvider.start()) {
            upstream.on("/v1/chat/completions", Script.answer(200, ANSWER, "Content-Type", "application/json"));
            String key;
            List<Kept> limits;
            try (Killed first = new Killed(ServerJvm.start(directory, "true", "-Xmx256m"))) {
                key = first.server.tenantWithKey("acme", upstream.baseUrl());
                limits = limits(first.server);
                LoadUntilKilled load = new LoadUntilKilled();
                load.kill(first.server, key, 40);
                assertThat(load.others).isEmpty();
            }
            try (ServerJvm second = ServerJvm.start(directory, "true", "-Xmx256m");
                    Http http = new Http(second.gateway(), key)) {
                Map<String, Long> ledger = ledger(second);
                assertThat(ledger.get("requests"))
                        .isBetween(40L, (long) upstream.requests().size());
                Map<String, Long> used = used(second);
                for (Kept limit : limits) {
                    assertThat(used).as(limit.words).containsEntry(limit.id, limit.expected(ledger));
                }
                for (Kept limit : limits) {
                    assertRefusesAt(second, http, limit, used.getOrDefault(limit.id, -1L));
                }
                assertThat(http.chat().statusCode()).isEqualTo(200);
            }
        }
    }

    /** A server that is killed before the next one starts; its directory stays. */
    private record Killed(ServerJvm server) implements AutoCloseable {
        @Override
        public void close() {
            server.kill();
        }
    }

    /** What it has counted is all that it allows; then it allows more again, for the next limit's turn. */
    private static void assertRefusesAt(ServerJvm server, Http http, Kept limit, long used) {
        Kept.amount(server, limit.words, used);
        HttpResponse<String> refusal = http.chat();
        assertThat(refusal.statusCode()).as(limit.words).isIn(402, 429);
        assertThat(Http.json(refusal).at("/error/limit/id").asString()).isEqualTo(limit.id);
        Kept.amount(server, limit.words, Kept.wide(limit.words));
    }

    private static Map<String, Long> used(ServerJvm server) {
        Map<String, Long> used = new HashMap<>();
        for (String usage : List.of("limit usage", "-t acme limit usage")) {
            for (JsonNode row : json(server, usage)) {
                used.put(
                        row.path("id").asString(),
                        Long.parseLong(row.path("used").asString()));
            }
        }
        return used;
    }

    private static Map<String, Long> ledger(ServerJvm server) {
        JsonNode report = json(server, "-t acme usage report --by tenant");
        JsonNode row = report.isArray() ? report.path(0) : report.path("rows").path(0);
        return Map.of(
                "requests", row.path("requests").asLong(0) - row.path("errors").asLong(0),
                "tokens", row.path("totalTokens").asLong(0),
                "input-tokens", row.path("inputTokens").asLong(0),
                "output-tokens", row.path("outputTokens").asLong(0));
    }

    private static JsonNode json(ServerJvm server, String words) {
        return JsonMapper.shared()
                .readTree(server.ctl((words + " -o json").split(" ")).value());
    }
}
