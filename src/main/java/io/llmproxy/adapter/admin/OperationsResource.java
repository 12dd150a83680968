package io.llmproxy.adapter.admin;

import static io.llmproxy.adapter.admin.AdminRoute.route;

import io.llmproxy.admin.LiveView;
import io.llmproxy.admin.LogAdmin;
import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.AdminException;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.Actor;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.usage.Usd;
import io.llmproxy.port.LogControl;
import io.llmproxy.wire.admin.LiveJson;
import io.llmproxy.wire.admin.LogJson;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code /api/v1/live}, {@code /api/v1/log} and {@code /api/v1/diagnosis}: for who operates the installation. */
final class OperationsResource {
    private static final double MILLI = 1000;
    private static final int HOUR = 3600;
    private static final String DEFAULT = "default";
    private final AdminServer.Operations operations;

    OperationsResource(AdminServer.Operations operations) {
        this.operations = operations;
    }

    List<AdminRoute> routes() {
        return List.of(
                route("GET", "/api/v1/live", this::live),
                route("GET", "/api/v1/log", this::log),
                route("PATCH", "/api/v1/log", this::change),
                route("GET", "/api/v1/diagnosis", this::diagnosis));
    }

    private Answer diagnosis(AdminRequest r) {
        check(r.actor());
        return Answer.ok(Map.of("parts", operations.diagnosis().get()));
    }

    private Answer log(AdminRequest r) {
        return Answer.ok(json(operations.log().log(r.actor())));
    }

    private Answer change(AdminRequest r) {
        Body body = r.body().only("logger", "level");
        String logger = body.value("logger", Body::text, LogAdmin.ALL);
        String level = body.required("level", Body::text);
        operations.log().set(r.actor(), logger, level.equals(DEFAULT) ? null : threshold(level));
        return log(r);
    }

    private static LogControl.Threshold threshold(String level) {
        return Arrays.stream(LogControl.Threshold.values())
                .filter(t -> t.word().equals(level))
                .findFirst()
                .orElseThrow(() -> new InvalidValueException(
                        "level", "must be one of debug, info, warn, error, default; got " + Checks.quoted(level)));
    }

    private static LogJson json(LogControl log) {
        Path file = log.file();
        List<LogJson.Level> levels = new ArrayList<>();
        log.levels()
                .forEach((logger, level) ->
                        levels.add(new LogJson.Level(logger.isEmpty() ? LogAdmin.ALL : logger, level.word())));
        return new LogJson(file == null ? null : file.toString(), log.journal(), log.fault(), levels);
    }

    private static void check(Actor actor) {
        if (!actor.admin()) {
            throw AdminException.forbidden("what the installation does is shown to its admins");
        }
    }

    private Answer live(AdminRequest r) {
        check(r.actor());
        LiveView view = operations.live().get();
        int seconds = view.seconds();
        return Answer.ok(new LiveJson(
                view.at(),
                seconds,
                line(view.all(), seconds),
                lines(view.tenants(), seconds),
                lines(view.providers(), seconds),
                lines(view.models(), seconds),
                view.limits().stream().map(OperationsResource::near).toList(),
                view.problems()));
    }

    private static List<LiveJson.Line> lines(List<LiveView.Line> lines, int seconds) {
        return lines.stream().map(l -> line(l, seconds)).toList();
    }

    private static LiveJson.Line line(LiveView.Line l, int seconds) {
        int of = Math.max(1, seconds);
        return new LiveJson.Line(
                l.name(),
                l.running(),
                rate(l.requests(), of),
                rate(l.errors(), of),
                rate(l.inputTokens(), of),
                rate(l.outputTokens(), of),
                Usd.ofNanos(l.costNanos() * HOUR / of),
                millis(l.durationMedian()),
                millis(l.durationP99()),
                millis(l.firstByteMedian()),
                millis(l.firstByteP99()),
                l.state());
    }

    private static double rate(long count, int seconds) {
        return Math.round(10.0 * count / seconds) / 10.0;
    }

    private static @Nullable Double millis(long micros) {
        return micros < 0 ? null : micros / MILLI;
    }

    private static LiveJson.Near near(LiveView.Near n) {
        Limit l = n.limit();
        return new LiveJson.Near(
                l.id(),
                l.scope().word(),
                n.tenant(),
                n.subject(),
                l.metric().word(),
                l.period() == LimitPeriod.NONE ? null : l.period().word(),
                l.metric().text(l.amount()),
                l.metric().text(n.used()),
                Math.round(1000 * n.share()) / 10.0);
    }
}
