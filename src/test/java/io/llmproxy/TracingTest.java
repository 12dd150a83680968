package io.llmproxy;

import static io.llmproxy.testing.FakeCollector.attributes;
import static io.llmproxy.testing.FakeCollector.hex;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.testing.FakeCollector;
import io.llmproxy.testing.FakeProvider;
import io.llmproxy.testing.FakeProvider.Script;
import io.llmproxy.testing.Http;
import io.llmproxy.testing.TestAppliance;
import io.opentelemetry.proto.trace.v1.Span;
import io.opentelemetry.proto.trace.v1.Status;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Traces of a running appliance, as a collector gets them. */
class TracingTest {
    private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
    private static final String PARENT = "00f067aa0ba902b7";
    private static final String PROMPT = "canary-prompt-4711";
    private static final String SECRET = "sk-upstream-secret";
    private static final String HEADER_SECRET = "canary-collector-token";

    @TempDir
    private static Path directory;

    private static FakeCollector collector;
    private static FakeProvider first;
    private static FakeProvider second;
    private static TestAppliance appliance;
    private static Http client;
    private static String key;

    @BeforeAll
    static void start() throws IOException {
        Path headers = Files.writeString(directory.resolve("headers"), "# ours\n\nx-token: " + HEADER_SECRET + "\n");
        collector = new FakeCollector();
        first = FakeProvider.start();
        second = FakeProvider.start();
        appliance = TestAppliance.builder()
                .set("tracing.endpoint", collector.endpoint().toString())
                .set("tracing.headers-file", headers.toString())
                .set("tracing.service-name", "edge")
                .start();
        key = appliance.tenantWithKey("acme", first.baseUrl());
        appliance.provider("acme", "spare", "openai", second.baseUrl().toString(), SECRET);
        appliance
                .ctl(
                        "-t",
                        "acme",
                        "route",
                        "create",
                        "safe",
                        "--strategy",
                        "failover",
                        "--target",
                        "up/gpt-4o",
                        "--target",
                        "spare/gpt-4o")
                .value();
        client = new Http(appliance.gateway(), key);
    }

    @AfterAll
    static void stop() {
        client.close();
        appliance.close();
        first.close();
        second.close();
        collector.close();
    }

    private static String chat(String model, boolean stream) {
        return "{\"model\":\"" + model + "\",\"stream\":" + stream + ",\"messages\":[{\"role\":\"user\",\"content\":\""
                + PROMPT + "\"}]}";
    }

    private static HttpRequest.Builder traced(String trace, String flags, String body) {
        return client.request("/v1/chat/completions")
                .header("Content-Type", "application/json")
                .header("traceparent", "00-" + trace + "-" + PARENT + "-" + flags)
                .header("tracestate", "vendor=1")
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    private static List<Span> await(String trace, int count) {
        return collector.awaitSpans(s -> hex(s.getTraceId()).equals(trace), count);
    }

    @Test
    void sendsASpanForTheRequestAndOneForItsCall() {
        String trace = TRACE;
        HttpResponse<String> answer = client.send(traced(trace, "01", chat("gpt-4o", false)));
        assertThat(answer.statusCode()).isEqualTo(200);

        List<Span> spans = await(trace, 2);
        Span request = spans.get(0);
        Span call = spans.get(1);
        assertThat(request.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_SERVER);
        assertThat(request.getName()).isEqualTo("POST /v1/chat/completions");
        assertThat(hex(request.getParentSpanId())).isEqualTo(PARENT);
        assertThat(call.getKind()).isEqualTo(Span.SpanKind.SPAN_KIND_CLIENT);
        assertThat(call.getName()).isEqualTo("chat gpt-4o");
        assertThat(call.getParentSpanId()).isEqualTo(request.getSpanId());
        assertThat(call.getStartTimeUnixNano()).isGreaterThanOrEqualTo(request.getStartTimeUnixNano());
        assertThat(call.getEndTimeUnixNano()).isLessThanOrEqualTo(request.getEndTimeUnixNano());

        Map<String, String> said = attributes(request);
        assertThat(said)
                .containsEntry("http.request.method", "POST")
                .containsEntry("http.response.status_code", "200")
                .containsEntry("gen_ai.operation.name", "chat")
                .containsEntry("gen_ai.provider.name", "openai")
                .containsEntry("gen_ai.request.model", "gpt-4o")
                .containsEntry("llmproxy.tenant", "acme")
                .containsEntry(
                        "llmproxy.request.id",
                        answer.headers().firstValue("x-request-id").orElseThrow())
                .containsKeys("llmproxy.key.id", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens");
        assertThat(attributes(call))
                .containsEntry("gen_ai.provider.name", "openai")
                .containsEntry("llmproxy.provider", "up")
                .containsEntry("server.address", "127.0.0.1")
                .containsEntry("gen_ai.response.finish_reasons", "[stop]")
                .containsKeys("gen_ai.response.id", "gen_ai.response.model", "gen_ai.usage.output_tokens");
        assertThat(collector.resource()).containsEntry("service.name", "edge").containsKey("service.version");
        assertThat(collector.lastHeaders()).containsEntry("x-token", List.of(HEADER_SECRET));
        // the provider continues the trace below the call, and knows what the client's system noted
        assertThat(sent(first, trace)).isEqualTo("00-" + trace + "-" + hex(call.getSpanId()) + "-01");
    }

    /** The traceparent that the provider got of that trace. */
    private static String sent(FakeProvider provider, String trace) {
        return provider.requests().stream()
                .filter(r -> String.valueOf(r.header("traceparent")).contains(trace))
                .peek(r -> assertThat(r.header("tracestate")).isEqualTo("vendor=1"))
                .map(r -> String.valueOf(r.header("traceparent")))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void sendsASpanForEachCallOfAFailover() {
        String trace = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa01";
        first.on("/v1/chat/completions", Script.answer(500, "{}"));
        assertThat(client.send(traced(trace, "01", chat("safe", false))).statusCode())
                .isEqualTo(200);
        first.restore("/v1/chat/completions");

        List<Span> spans = await(trace, 3);
        Span failed = spans.get(1);
        Span good = spans.get(2);
        assertThat(failed.getParentSpanId()).isEqualTo(spans.get(0).getSpanId());
        assertThat(good.getParentSpanId()).isEqualTo(spans.get(0).getSpanId());
        assertThat(attributes(failed))
                .containsEntry("llmproxy.provider", "up")
                .containsEntry("http.response.status_code", "500")
                .containsEntry("error.type", "status")
                .doesNotContainKey("gen_ai.usage.input_tokens");
        assertThat(failed.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_ERROR);
        assertThat(attributes(good)).containsEntry("llmproxy.provider", "spare").containsEntry("llmproxy.attempt", "2");
        assertThat(good.getStatus().getCode()).isEqualTo(Status.StatusCode.STATUS_CODE_UNSET);
        assertThat(sent(second, trace)).contains(hex(good.getSpanId()));
    }

    @Test
    void sendsWhatAStreamUsed() {
        String trace = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa02";
        assertThat(client.send(traced(trace, "01", chat("gpt-4o", true))).body())
                .contains("[DONE]");
        assertThat(attributes(await(trace, 2).get(1)))
                .containsEntry("gen_ai.response.finish_reasons", "[stop]")
                .containsKeys("gen_ai.response.id", "gen_ai.usage.input_tokens", "gen_ai.usage.output_tokens");
    }

    @Test
    void sendsNothingOfWhatTheClientDoesNotSample() {
        String trace = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa03";
        assertThat(client.send(traced(trace, "00", chat("gpt-4o", false))).statusCode())
                .isEqualTo(200);
        assertThat(sent(first, trace)).endsWith("-00");
        String later = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa04";
        client.send(traced(later, "01", chat("gpt-4o", false)));
        await(later, 2);
        assertThat(collector.spans()).noneMatch(s -> hex(s.getTraceId()).equals(trace));
    }

    @Test
    void beginsATraceOfItsOwnWhereNoneComesOrOneThatMakesNoSense() {
        client.send(client.request("/v1/embeddings")
                .header("Content-Type", "application/json")
                .header("traceparent", "00-nonsense")
                .POST(HttpRequest.BodyPublishers.ofString("{\"model\":\"text-embedding-3-small\",\"input\":\"x\"}")));
        Span request = collector
                .awaitSpans(s -> s.getName().equals("POST /v1/embeddings"), 1)
                .getFirst();
        assertThat(request.getParentSpanId().isEmpty()).isTrue();
        assertThat(attributes(request)).containsEntry("gen_ai.operation.name", "embeddings");
    }

    @Test
    void tellsRefusalsAndStrangers() {
        String refused = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa05";
        String stranger = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa06";
        client.send(traced(refused, "01", "{\"model\":"));
        try (Http unknown = new Http(appliance.gateway(), "llmp_nobody")) {
            unknown.send(unknown.request("/v1/chat/completions")
                    .header("traceparent", "00-" + stranger + "-" + PARENT + "-01")
                    .POST(HttpRequest.BodyPublishers.ofString("{}")));
        }
        assertThat(attributes(await(refused, 1).getFirst()))
                .containsEntry("error.type", "invalid_request")
                .containsEntry("http.response.status_code", "400");
        assertThat(attributes(await(stranger, 1).getFirst()))
                .containsEntry("http.response.status_code", "401")
                .doesNotContainKey("llmproxy.tenant");
    }

    @Test
    void neverTellsContentOrSecrets() {
        String trace = "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaa07";
        client.send(traced(trace, "01", chat("gpt-4o", true)));
        await(trace, 2);
        assertThat(collector.text()).doesNotContain(PROMPT, key, SECRET, HEADER_SECRET);
        try (Http admin =
                new Http(URI.create(String.valueOf(appliance.appliance().adminUrl())), "")) {
            assertThat(admin.get("/metrics").body())
                    .contains("llmproxy_trace_spans_total{result=\"exported\"}")
                    .doesNotContain(PROMPT, key, SECRET, HEADER_SECRET);
        }
    }

    @Test
    void tellsContentWhereTheOperatorAndTheTenantWantIt() throws IOException {
        try (FakeCollector own = new FakeCollector();
                FakeProvider provider = FakeProvider.start();
                TestAppliance asked = TestAppliance.builder()
                        .set("tracing.endpoint", own.endpoint().toString())
                        .set("tracing.content", "true")
                        .start()) {
            String metadata = asked.tenantWithKey("plain", provider.baseUrl());
            String redacted = asked.tenantWithKey("redacted", provider.baseUrl());
            String full = asked.tenantWithKey("full", provider.baseUrl());
            asked.ctl(
                            "tenant",
                            "update",
                            "redacted",
                            "--audit",
                            "redacted",
                            "--redact-kinds",
                            "us-ssn",
                            "--redact-pattern",
                            "customer=CUST-\\d{6,8}")
                    .value();
            asked.ctl("tenant", "update", "full", "--audit", "full").value();
            String mail = "canary@example.com";
            String body = chat("gpt-4o", false).replace(PROMPT, PROMPT + " " + mail + " 536-22-1234 CUST-1234567");
            for (String of : List.of(metadata, redacted, full)) {
                try (Http http = new Http(asked.gateway(), of)) {
                    assertThat(http.post("/v1/chat/completions", body).statusCode())
                            .isEqualTo(200);
                }
            }
            List<Span> spans = own.awaitSpans(s -> s.getName().startsWith("POST "), 3);
            assertThat(of("plain", spans)).doesNotContainKeys("llmproxy.request.body", "llmproxy.response.body");
            assertThat(of("redacted", spans).get("llmproxy.request.body"))
                    .contains(PROMPT)
                    .contains("[EMAIL] [US_SSN] [CUSTOMER]")
                    .doesNotContain(mail, "536-22", "CUST-1");
            assertThat(of("full", spans)).containsEntry("llmproxy.request.body", body);
            assertThat(of("full", spans).get("llmproxy.response.body")).contains("\"choices\"");
            assertThat(own.text()).doesNotContain(full, redacted, metadata);
        }
    }

    private static Map<String, String> of(String tenant, List<Span> spans) {
        return spans.stream()
                .map(FakeCollector::attributes)
                .filter(a -> tenant.equals(a.get("llmproxy.tenant")))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void headerFieldsGoThroughUntouchedWhereTracingIsOff() {
        try (TestAppliance off = TestAppliance.start();
                Http plain = new Http(off.gateway(), off.tenantWithKey("acme", second.baseUrl()))) {
            String parent = "00-" + TRACE.toUpperCase(Locale.ROOT) + "-" + PARENT + "-01";
            plain.send(plain.request("/v1/chat/completions")
                    .header("Content-Type", "application/json")
                    .header("traceparent", parent)
                    .header("tracestate", "a=1, b=2")
                    .POST(HttpRequest.BodyPublishers.ofString(Http.CHAT)));
            assertThat(second.lastRequest().header("traceparent")).isEqualTo(parent);
            assertThat(second.lastRequest().header("tracestate")).isEqualTo("a=1, b=2");
        }
    }
}
