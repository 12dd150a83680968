package io.llmproxy.adapter.telemetry;

import io.helidon.tracing.Span;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.audit.Transcript;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.usage.AnswerFacts;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.Tracing.AttemptSpan;
import io.llmproxy.port.Tracing.RequestSpan;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.trace.StatusCode;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A request that the collector hears of. Its calls' spans are finished with its own: what a call used is known only when the account
 * is closed. One thread.
 */
final class RecordedRequest implements RequestSpan {
    private static final AttributeKey<List<String>> FINISH_REASONS =
            AttributeKey.stringArrayKey("gen_ai.response.finish_reasons");

    private final OtlpTracing tracing;
    private final Span span;
    private final Instant began;
    private final long nanos;
    private final List<Call> calls = new ArrayList<>(1);

    RecordedRequest(OtlpTracing tracing, Span span, Instant began, long nanos) {
        this.tracing = tracing;
        this.span = span;
        this.began = began;
        this.nanos = nanos;
    }

    @Override
    public boolean recorded() {
        return true;
    }

    @Override
    public String traceId() {
        return span.context().traceId();
    }

    @Override
    public boolean contentWanted() {
        return tracing.content();
    }

    @Override
    public void said(Transcript transcript) {
        body("llmproxy.request.body", transcript.request());
        body("llmproxy.response.body", transcript.answer());
    }

    private void body(String name, Transcript.Part part) {
        // what is longer than may be told need not be decoded; a character takes a byte at least
        int length = Math.min(part.bytes().length, 4 * OtlpTracing.MAX_BODY);
        if (length > 0) {
            String text = new String(part.bytes(), 0, length, StandardCharsets.UTF_8);
            boolean cut = part.cut() || length < part.bytes().length || text.length() > OtlpTracing.MAX_BODY;
            span.tag(name, text);
            if (cut) {
                span.tag(name + ".cut", true);
            }
        }
    }

    private Instant now() {
        return began.plusNanos(System.nanoTime() - nanos);
    }

    @Override
    public AttemptSpan attempt(ProviderAccount account, @Nullable String model) {
        Call call = new Call(account, model, calls.size() + 1);
        calls.add(call);
        return call;
    }

    @Override
    public void end(UsageRecord record, @Nullable AnswerFacts facts) {
        Instant end = now();
        String operation = GenAi.operation(record.endpoint());
        for (Call call : calls) {
            call.finish(record, operation, call.equals(calls.getLast()) ? facts : null);
        }
        otel(span).updateName(record.method() + " " + record.endpoint());
        span.tag("http.request.method", record.method());
        span.tag("http.route", record.endpoint());
        span.tag("http.response.status_code", record.status());
        span.tag("gen_ai.operation.name", operation);
        tag(span, "gen_ai.request.model", record.requestedModel());
        if (!calls.isEmpty()) {
            span.tag(
                    "gen_ai.provider.name",
                    GenAi.provider(calls.getLast().account.kind()));
            answered(span, record, facts);
        }
        span.tag("llmproxy.request.id", record.requestId().toString());
        span.tag("llmproxy.tenant", record.tenantSlug());
        span.tag("llmproxy.key.id", record.keyId().toString());
        tag(span, "llmproxy.provider", record.provider());
        span.tag("llmproxy.outcome", HelidonTelemetry.name(record.outcome()));
        span.tag("llmproxy.attempts", record.attempts());
        span.tag("llmproxy.overhead_us", record.overheadMicros());
        String code = record.errorCode();
        if (code != null && !code.equals(UsageRecord.IDEMPOTENT_REPLAY)) {
            span.tag("error.type", code);
        } else if (record.status() >= 400) {
            span.tag("error.type", Integer.toString(record.status()));
        }
        close(span, record.status() >= 500 || record.outcome() == io.llmproxy.domain.usage.Outcome.CUT, end);
    }

    @Override
    public void end(int status) {
        span.tag("http.response.status_code", status);
        span.tag("error.type", Integer.toString(status));
        close(span, status >= 500, now());
    }

    private static void answered(Span span, UsageRecord record, @Nullable AnswerFacts facts) {
        TokenUsage tokens = record.tokens();
        if (tokens.source() != TokenUsage.Source.NONE) {
            span.tag("gen_ai.usage.input_tokens", tokens.input());
            span.tag("gen_ai.usage.output_tokens", tokens.output());
        }
        if (record.firstByteMicros() >= 0) {
            span.tag("llmproxy.first_byte_us", record.firstByteMicros());
        }
        if (facts != null) {
            tag(span, "gen_ai.response.id", facts.id());
            tag(span, "gen_ai.response.model", facts.model());
            if (!facts.finishReasons().isEmpty()) {
                otel(span).setAttribute(FINISH_REASONS, facts.finishReasons());
            }
        }
    }

    private static void tag(Span span, String name, @Nullable String value) {
        if (value != null) {
            span.tag(name, value);
        }
    }

    private static void close(Span span, boolean error, Instant end) {
        if (error) {
            otel(span).setStatus(StatusCode.ERROR);
        }
        otel(span).end(end);
    }

    private static io.opentelemetry.api.trace.Span otel(Span span) {
        return span.unwrap(io.opentelemetry.api.trace.Span.class);
    }

    private final class Call implements AttemptSpan {
        private final ProviderAccount account;
        private final @Nullable String model;
        private final int number;
        private final Span span;
        private int status;
        private @Nullable String error;
        private @Nullable Instant end;

        Call(ProviderAccount account, @Nullable String model, int number) {
            this.account = account;
            this.model = model;
            this.number = number;
            this.span = tracing.client(RecordedRequest.this.span.context()).start(now());
        }

        @Override
        public void carry(HeaderFields upstream) {
            tracing.inject(span.context(), upstream);
        }

        @Override
        public void answered(int status, @Nullable String requestId) {
            this.status = status;
            span.tag("http.response.status_code", status);
            tag(span, "llmproxy.upstream.request.id", requestId);
        }

        @Override
        public void failed(String why) {
            error = why;
        }

        @Override
        public void end() {
            end = now();
        }

        /** @param facts of the answer that the client got; null: this call had no part in it */
        void finish(UsageRecord record, String operation, @Nullable AnswerFacts facts) {
            otel(span).updateName(model == null ? operation : operation + " " + model);
            span.tag("gen_ai.operation.name", operation);
            span.tag("gen_ai.provider.name", GenAi.provider(account.kind()));
            tag(span, "gen_ai.request.model", model);
            span.tag("http.request.method", record.method());
            String host = account.baseUrl().getHost();
            tag(span, "server.address", host);
            if (account.baseUrl().getPort() > 0) {
                span.tag("server.port", account.baseUrl().getPort());
            }
            span.tag("llmproxy.provider", account.name());
            span.tag("llmproxy.attempt", number);
            if (facts != null && error == null) {
                RecordedRequest.answered(span, record, facts);
            }
            String type = error != null ? error : status >= 400 ? Integer.toString(status) : null;
            tag(span, "error.type", type);
            close(span, type != null, end == null ? now() : end);
        }
    }
}
