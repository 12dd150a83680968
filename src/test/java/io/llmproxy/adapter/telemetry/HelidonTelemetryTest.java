package io.llmproxy.adapter.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitOrigin;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.testing.UsageRecords;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HelidonTelemetryTest {
    private static final int MAX_SERIES = 50;

    private final HelidonTelemetry telemetry = new HelidonTelemetry(MAX_SERIES);

    @AfterEach
    void close() {
        telemetry.close();
    }

    @Test
    void countsRequestsTokensAndDuration() {
        UsageRecord record = UsageRecords.labelled("x");
        telemetry.served(record, ProviderKind.OPENAI);
        telemetry.served(record, ProviderKind.OPENAI);
        assertThat(telemetry.prometheus())
                .contains(
                        "llmproxy_requests_total{outcome=\"completed\",provider=\"up\",status=\"2xx\",tenant=\"acme\",} 2.0")
                .contains("llmproxy_tokens_total{kind=\"input\",provider=\"up\",tenant=\"acme\",} 200.0")
                .contains("llmproxy_tokens_total{kind=\"reasoning\",provider=\"up\",tenant=\"acme\",} 10.0")
                .contains("llmproxy_cost_nano_usd_total{provider=\"up\",tenant=\"acme\",} 2469134.0")
                .contains("llmproxy_requests_unpriced_total{provider=\"up\",tenant=\"acme\",} 2.0")
                .contains("llmproxy_request_duration_seconds_count{provider=\"up\",tenant=\"acme\",} 2.0")
                .contains("llmproxy_request_duration_seconds_bucket{provider=\"up\",tenant=\"acme\",le=\"1.0\",} 2.0")
                .contains("# TYPE llmproxy_request_duration_seconds histogram")
                .doesNotContain("{scope=", ",scope=")
                .doesNotContain("quantile=");
    }

    @Test
    void countsARequestThatReachedNoProvider() {
        telemetry.served(UsageRecords.bare(new UUID(1, 2)), null);
        assertThat(telemetry.prometheus())
                .contains("outcome=\"client_gone\",provider=\"\",status=\"4xx\",tenant=\"acme\",} 1.0");
    }

    @Test
    void countsErrorsAndStrangers() {
        telemetry.served(refused("model_not_found"), null);
        telemetry.refusedUnknown(401);
        telemetry.refusedUnknown(401);
        assertThat(telemetry.prometheus())
                .contains("llmproxy_errors_total{code=\"model_not_found\",side=\"client\",tenant=\"acme\",} 1.0")
                .contains("llmproxy_requests_refused_total{status=\"401\",} 2.0");
    }

    @Test
    void countsWhatWasTakenOutByKindsOfItsOwnAlone() {
        telemetry.redacted("EMAIL", 2);
        telemetry.redacted("PRIVATE_KEY", 1);
        telemetry.redacted("CUSTOMER", 3);
        telemetry.redacted("PROJECT", 1);
        assertThat(telemetry.prometheus())
                .containsPattern("\nllmproxy_redacted(_total)?\\{kind=\"email\",} 2.0")
                .containsPattern("\nllmproxy_redacted(_total)?\\{kind=\"private-key\",} 1.0")
                .containsPattern("\nllmproxy_redacted(_total)?\\{kind=\"pattern\",} 4.0")
                .doesNotContain("CUSTOMER");
    }

    @Test
    void countsLimitsThatWerePassedAndByHowMuch() {
        telemetry.limitPassed("key", "requests", "soft");
        telemetry.limitPassed("key", "requests", "soft");
        telemetry.overran(20);
        telemetry.overran(3);
        telemetry.overspent(7);
        telemetry.alerted("cost", 80);
        assertThat(telemetry.prometheus())
                .containsPattern(
                        "\nllmproxy_limits_passed(_total)?\\{[^}]*metric=\"requests\"[^}]*mode=\"soft\"[^}]*} 2.0")
                .containsPattern("\nllmproxy_limit_overrun_tokens(_total)? 23.0")
                .containsPattern("\nllmproxy_limit_overrun_nano_usd(_total)? 7000.0")
                .containsPattern("\nllmproxy_budget_alerts(_total)?\\{[^}]*threshold=\"80\"[^}]*} 1.0");
    }

    @Test
    void showsGaugesAsTheyAreAtTheScrape() {
        double[] backlog = {3};
        telemetry.gauge("llmproxy_journal_backlog_records", "Records that wait", () -> backlog[0]);
        telemetry.inFlight(1);
        assertThat(telemetry.prometheus())
                .contains("\nllmproxy_journal_backlog_records 3.0")
                .contains("\nllmproxy_requests_in_flight 1.0")
                .contains("\nllmproxy_jvm_heap_used_bytes ");
        backlog[0] = 4;
        telemetry.inFlight(-1);
        assertThat(telemetry.prometheus())
                .contains("\nllmproxy_journal_backlog_records 4.0")
                .contains("\nllmproxy_requests_in_flight 0.0");
    }

    @Test
    void keepsTheNumberOfSeriesBounded() {
        for (int i = 0; i < MAX_SERIES + 500; i++) {
            telemetry.served(ofTenant("t" + i, "model_not_found"), null);
        }
        assertThat(telemetry.prometheus().lines().filter(l -> l.startsWith("llmproxy_errors_total")))
                .hasSize(MAX_SERIES + 1);
        assertThat(telemetry.prometheus())
                .contains("llmproxy_errors_total{code=\"model_not_found\",side=\"client\",tenant=\"other\",} 500.0");
    }

    @Test
    void idsOfLimitsAreNoLabels() {
        for (int i = 0; i < 300; i++) {
            telemetry.served(refused(429, new UUID(7, i).toString()), null);
        }
        telemetry.served(refused(402, "config:global"), null);
        assertThat(telemetry.prometheus().lines().filter(l -> l.startsWith("llmproxy_errors_total")))
                .containsExactlyInAnyOrder(
                        "llmproxy_errors_total{code=\"rate_limit_exceeded\",side=\"client\",tenant=\"acme\",} 300.0",
                        "llmproxy_errors_total{code=\"budget_exceeded\",side=\"client\",tenant=\"acme\",} 1.0");
    }

    @Test
    void modelsThatClientsInventAreOneLabel() {
        telemetry.declared(Set.of("declared"));
        for (int i = 0; i < 5_000; i++) {
            telemetry.served(asked("invented-" + i, 404), ProviderKind.OPENAI);
        }
        telemetry.served(asked("declared", 404), ProviderKind.OPENAI);
        assertThat(models()).containsExactlyInAnyOrder("other", "declared");
        assertThat(telemetry.prometheus())
                .contains("gen_ai_server_request_duration_seconds_count{gen_ai_operation_name=\"chat\","
                        + "gen_ai_provider_name=\"openai\",gen_ai_request_model=\"other\",error_type=\"404\"} 5000.0");
    }

    @Test
    void modelsThatWereServedAreLabelsUpToABound() {
        telemetry.served(asked("x".repeat(200), 200), ProviderKind.OPENAI);
        for (int i = 0; i < 1_000; i++) {
            telemetry.served(asked("served-" + i, 200), ProviderKind.OPENAI);
        }
        assertThat(models().size()).isLessThanOrEqualTo(ModelNames.MOST + 1);
        assertThat(models()).contains("other", "served-0").doesNotContain("served-999", "x".repeat(200));
    }

    private Set<String> models() {
        return telemetry
                .prometheus()
                .lines()
                .filter(l -> l.startsWith("gen_ai_"))
                .map(l -> l.replaceAll(".*gen_ai_request_model=\"([^\"]*)\".*", "$1"))
                .collect(Collectors.toSet());
    }

    @Test
    void measuresAStreamByTheConventionsOfGenerativeAi() {
        telemetry.served(UsageRecords.labelled("x"), ProviderKind.AZURE);
        String labels = "{gen_ai_operation_name=\"chat\",gen_ai_provider_name=\"azure.ai.openai\","
                + "gen_ai_request_model=\"gpt-4o\"";
        assertThat(telemetry.prometheus())
                .contains("# TYPE gen_ai_server_time_to_first_token_seconds histogram")
                .contains("gen_ai_server_time_to_first_token_seconds_bucket" + labels + ",le=\"0.1\"} 0.0")
                .contains("gen_ai_server_time_to_first_token_seconds_bucket" + labels + ",le=\"0.25\"} 1.0")
                .contains("gen_ai_server_time_to_first_token_seconds_bucket" + labels + ",le=\"+Inf\"} 1.0")
                .contains("gen_ai_server_time_to_first_token_seconds_sum" + labels + "} 0.123456")
                // (987654 - 123456) µs over 49 tokens
                .contains("gen_ai_server_time_per_output_token_seconds_bucket" + labels + ",le=\"0.025\"} 1.0")
                .contains("gen_ai_client_token_usage_sum" + labels + ",gen_ai_token_type=\"input\"} 100.0")
                .contains("gen_ai_client_token_usage_sum" + labels + ",gen_ai_token_type=\"output\"} 50.0")
                .contains("gen_ai_server_request_duration_seconds_count" + labels + ",error_type=\"\"} 1.0")
                .contains("llmproxy_overhead_seconds_sum 3.21E-4");
    }

    @Test
    void putsErrorsDownToASide() {
        telemetry.served(ended(502, Outcome.FAILED, "upstream_unreachable", "up"), null);
        telemetry.served(ended(503, Outcome.REFUSED, "overloaded", null), null);
        telemetry.served(ended(500, Outcome.FAILED, "internal_error", "up"), null);
        telemetry.served(ended(200, Outcome.CUT, "upstream_error", "up"), null);
        telemetry.served(ended(429, Outcome.COMPLETED, null, "up"), null);
        telemetry.served(ended(400, Outcome.COMPLETED, null, "up"), null);
        telemetry.served(ended(418, Outcome.COMPLETED, null, "up"), null);
        telemetry.served(UsageRecords.bare(new UUID(1, 2)), null);
        assertThat(telemetry.prometheus().lines().filter(l -> l.startsWith("llmproxy_errors_total")))
                .extracting(l -> l.replaceAll(".*code=\"(.*)\",side=\"(.*)\",tenant.*", "$2 $1"))
                .containsExactlyInAnyOrder(
                        "upstream upstream_unreachable",
                        "gateway overloaded",
                        "gateway internal_error",
                        "upstream upstream_error",
                        "upstream 429",
                        "client 400",
                        "client 4xx",
                        "client client_gone");
    }

    @Test
    void escapesWhatLabelsHold() {
        telemetry.served(asked("a\"b\\c\nd", 200), ProviderKind.OPENAI);
        assertThat(telemetry.prometheus()).contains("gen_ai_request_model=\"a\\\"b\\\\c\\nd\"");
    }

    @Test
    void countsWhatLimitsSay() {
        Limit limit = Limit.of(
                "x",
                LimitScope.KEY,
                LimitMetric.TOKENS,
                10,
                LimitPeriod.parse("per", "day"),
                LimitAlgorithm.FIXED_WINDOW,
                LimitOrigin.CONFIG);
        telemetry.limitsGranted();
        telemetry.limitNear(limit);
        telemetry.limitNear(limit);
        telemetry.limitRefused(limit);
        assertThat(telemetry.prometheus())
                .contains("\nllmproxy_limits_granted_total 1.0\n")
                .contains("\nllmproxy_limits_near_total{limit_scope=\"key\",metric=\"tokens\"} 2.0\n")
                .contains("\nllmproxy_limits_refused_total{limit_scope=\"key\",metric=\"tokens\"} 1.0\n");
    }

    @Test
    void leavesNothingBehind() {
        telemetry.served(UsageRecords.labelled("x"), null);
        telemetry.close();
        try (HelidonTelemetry next = new HelidonTelemetry()) {
            assertThat(next.prometheus()).doesNotContain("llmproxy_requests_total{");
        }
    }

    @Test
    void printsWhatARequestCosts() {
        UsageRecord record = UsageRecords.labelled("x");
        double best = Double.MAX_VALUE;
        for (int round = 0; round < 5; round++) {
            long begin = System.nanoTime();
            for (int i = 0; i < 200_000; i++) {
                telemetry.inFlight(1);
                telemetry.served(record, ProviderKind.OPENAI);
                telemetry.inFlight(-1);
            }
            best = Math.min(best, (System.nanoTime() - begin) / 200_000.0);
        }
        System.out.printf("telemetry: %.0f ns per request (best of 5)%n", best);
        // ten times what is aimed at: a busy machine must not fail the build
        assertThat(best).isLessThan(10_000);
    }

    private static UsageRecord refused(String code) {
        return refused(404, code);
    }

    private static UsageRecord refused(int status, String code) {
        return ended(status, Outcome.REFUSED, code, null);
    }

    private static UsageRecord ended(int status, Outcome outcome, @Nullable String code, @Nullable String provider) {
        UsageRecord r = UsageRecords.bare(new UUID(1, 2));
        return new UsageRecord(
                r.requestId(),
                null,
                null,
                r.startedAt(),
                r.caller(),
                new UsageRecord.Call("POST", "/v1/chat/completions", "m", provider, "m"),
                result(status, outcome, code));
    }

    private static UsageRecord ofTenant(String slug, String code) {
        UsageRecord r = UsageRecords.bare(new UUID(1, 2));
        return new UsageRecord(
                r.requestId(),
                null,
                null,
                r.startedAt(),
                UsageRecords.caller(UsageRecords.TENANT, slug),
                r.call(),
                UsageRecords.refused(404, code));
    }

    /** A chat that a provider answered. */
    private static UsageRecord asked(String model, int status) {
        UsageRecord r = UsageRecords.bare(new UUID(1, 2));
        return new UsageRecord(
                r.requestId(),
                null,
                null,
                r.startedAt(),
                r.caller(),
                UsageRecords.chat(model),
                result(status, Outcome.COMPLETED, null));
    }

    private static UsageRecord.Result result(int status, Outcome outcome, @Nullable String code) {
        UsageRecord.Result none = UsageRecords.refused(status, "x");
        return new UsageRecord.Result(
                status, outcome, code, false, none.tokens(), none.effort(), none.cost(), List.of());
    }
}
