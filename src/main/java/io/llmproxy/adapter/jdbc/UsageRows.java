package io.llmproxy.adapter.jdbc;

import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import java.sql.SQLException;
import java.util.List;

/** A usage record as a row. */
final class UsageRows {
    static final List<String> COLUMNS = List.of(
            "request_id",
            "client_request_id",
            "upstream_request_id",
            "started_at",
            "tenant_id",
            "tenant_slug",
            "user_id",
            "user_email",
            "key_id",
            "key_name",
            "method",
            "endpoint",
            "requested_model",
            "provider",
            "upstream_model",
            "status",
            "outcome",
            "error_code",
            "stream",
            "tokens_source",
            "input_tokens",
            "output_tokens",
            "cached_input_tokens",
            "cache_write_tokens",
            "reasoning_tokens",
            "audio_input_tokens",
            "audio_output_tokens",
            "request_bytes",
            "response_bytes",
            "duration_us",
            "first_byte_us",
            "overhead_us",
            "attempts");

    private UsageRows() {}

    static Params params(UsageRecord record) {
        Params params = Params.of("request_id", record.requestId())
                .and("client_request_id", Texts.cleanOrNull(record.clientRequestId(), Texts.LONG))
                .and("upstream_request_id", Texts.cleanOrNull(record.upstreamRequestId(), Texts.LONG))
                .and("started_at", record.startedAt())
                .and("tenant_id", record.tenantId())
                .and("tenant_slug", Texts.clean(record.tenantSlug(), 63))
                .and("user_id", record.userId())
                .and("user_email", Texts.cleanOrNull(record.userEmail(), 254))
                .and("key_id", record.keyId())
                .and("key_name", Texts.clean(record.keyName(), 63))
                .and("method", Texts.clean(record.method(), Texts.LONG))
                .and("endpoint", Texts.clean(record.endpoint(), Texts.LONG))
                .and("requested_model", Texts.cleanOrNull(record.requestedModel(), Texts.LONG))
                .and("provider", Texts.cleanOrNull(record.provider(), Texts.LONG))
                .and("upstream_model", Texts.cleanOrNull(record.upstreamModel(), Texts.LONG))
                .and("status", record.status())
                .and("outcome", record.outcome())
                .and("error_code", Texts.cleanOrNull(record.errorCode(), Texts.LONG))
                .and("stream", record.stream());
        tokens(params, record.tokens());
        return params.and("request_bytes", record.requestBytes())
                .and("response_bytes", record.responseBytes())
                .and("duration_us", record.durationMicros())
                .and("first_byte_us", record.firstByteMicros())
                .and("overhead_us", record.overheadMicros())
                .and("attempts", record.attempts());
    }

    private static void tokens(Params params, TokenUsage tokens) {
        params.and("tokens_source", tokens.source())
                .and("input_tokens", tokens.input())
                .and("output_tokens", tokens.output())
                .and("cached_input_tokens", tokens.cachedInput())
                .and("cache_write_tokens", tokens.cacheWrite())
                .and("reasoning_tokens", tokens.reasoning())
                .and("audio_input_tokens", tokens.audioInput())
                .and("audio_output_tokens", tokens.audioOutput());
    }

    static UsageRecord record(Row row) throws SQLException {
        return new UsageRecord(
                row.uuid("request_id"),
                row.textOrNull("client_request_id"),
                row.textOrNull("upstream_request_id"),
                row.time("started_at"),
                row.uuid("tenant_id"),
                row.text("tenant_slug"),
                row.uuidOrNull("user_id"),
                row.textOrNull("user_email"),
                row.uuid("key_id"),
                row.text("key_name"),
                row.text("method"),
                row.text("endpoint"),
                row.textOrNull("requested_model"),
                row.textOrNull("provider"),
                row.textOrNull("upstream_model"),
                row.integer("status"),
                row.constant(Outcome.class, "outcome"),
                row.textOrNull("error_code"),
                row.flag("stream"),
                tokens(row),
                row.number("request_bytes"),
                row.number("response_bytes"),
                row.number("duration_us"),
                row.number("first_byte_us"),
                row.number("overhead_us"),
                row.integer("attempts"));
    }

    private static TokenUsage tokens(Row row) throws SQLException {
        return new TokenUsage(
                row.number("input_tokens"),
                row.number("output_tokens"),
                row.number("cached_input_tokens"),
                row.number("cache_write_tokens"),
                row.number("reasoning_tokens"),
                row.number("audio_input_tokens"),
                row.number("audio_output_tokens"),
                row.constant(TokenUsage.Source.class, "tokens_source"));
    }
}
