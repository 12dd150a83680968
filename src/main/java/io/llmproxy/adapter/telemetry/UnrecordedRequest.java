package io.llmproxy.adapter.telemetry;

import io.helidon.tracing.SpanContext;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.usage.AnswerFacts;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.port.Tracing.AttemptSpan;
import io.llmproxy.port.Tracing.RequestSpan;
import org.jspecify.annotations.Nullable;

/** A request that nobody hears of; the provider is told so, for it not to begin a trace of its own. */
record UnrecordedRequest(OtlpTracing tracing, SpanContext context) implements RequestSpan, AttemptSpan {
    @Override
    public boolean recorded() {
        return false;
    }

    @Override
    public String traceId() {
        return context.traceId();
    }

    @Override
    public AttemptSpan attempt(ProviderAccount account, @Nullable String model) {
        return this;
    }

    @Override
    public void carry(HeaderFields upstream) {
        tracing.inject(context, upstream);
    }

    @Override
    public void end(UsageRecord record, @Nullable AnswerFacts facts) {}

    @Override
    public void end(int status) {}

    @Override
    public void answered(int status, @Nullable String requestId) {}

    @Override
    public void failed(String why) {}

    @Override
    public void end() {}
}
