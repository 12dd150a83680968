package io.llmproxy.adapter.log;

import io.llmproxy.domain.usage.UsageRecord;
import java.time.temporal.ChronoUnit;
import java.util.Locale;

/**
 * One JSON object on one line: time, level, event where it has a number, logger, message, request id and tenant where it is a
 * request's, thread where it has a name, error where there is one.
 */
final class JsonLines implements LineFormat {
    @Override
    public String format(LogEntry entry) {
        StringBuilder line = new StringBuilder(256);
        JsonText json = new JsonText(line)
                .text("time", entry.time().truncatedTo(ChronoUnit.MICROS).toString())
                .text("level", Logging.name(entry.level()));
        if (entry.event() != 0) {
            json.number("event", entry.event());
        }
        json.text("logger", entry.logger()).text("message", entry.message());
        if (entry.requestId() != null) {
            json.text("requestId", entry.requestId().toString());
        }
        json.text("tenant", entry.tenant());
        json.text("thread", entry.thread().isEmpty() ? null : entry.thread());
        Throwable thrown = entry.thrown();
        if (thrown != null) {
            json.begin("error")
                    .text("type", thrown.getClass().getName())
                    .text("message", thrown.getMessage())
                    .text("stack", TextLines.stack(thrown))
                    .end();
        }
        json.end();
        return line.append('\n').toString();
    }

    @Override
    public String access(AccessEntry entry) {
        StringBuilder line = new StringBuilder(640);
        JsonText json = new JsonText(line)
                .text("time", entry.time().truncatedTo(ChronoUnit.MICROS).toString())
                .text("level", "INFO")
                .number("event", Event.REQUEST.id())
                .text("logger", AccessEntry.LOGGER)
                .text("requestId", entry.requestId().toString())
                .text("traceId", entry.traceId());
        UsageRecord record = entry.record();
        if (record != null) {
            caller(json, record);
        }
        json.text("address", entry.address())
                .text("method", entry.method())
                .text("path", entry.path())
                .number("status", entry.status());
        if (record != null) {
            result(json, record);
        }
        json.millis("durationMs", entry.durationMicros()).end();
        return line.append('\n').toString();
    }

    private static void caller(JsonText json, UsageRecord r) {
        json.text("clientRequestId", r.clientRequestId())
                .text("tenant", r.tenantSlug())
                .text("user", r.userEmail())
                .text("key", r.keyName());
    }

    private static void result(JsonText json, UsageRecord r) {
        json.text("outcome", r.outcome().name().toLowerCase(Locale.ROOT))
                .text("error", r.errorCode())
                .text("model", r.requestedModel())
                .text("provider", r.provider())
                .text("upstreamModel", r.upstreamModel())
                .number("attempts", r.attempts())
                .number("inputTokens", r.tokens().input())
                .number("outputTokens", r.tokens().output())
                .text("cost", r.cost().usd());
        if (r.firstByteMicros() >= 0) {
            json.millis("ttftMs", r.firstByteMicros());
        }
    }
}
