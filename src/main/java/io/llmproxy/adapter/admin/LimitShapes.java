package io.llmproxy.adapter.admin;

import io.llmproxy.admin.LimitView;
import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.wire.admin.LimitJson;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Limits in the shapes of the admin API, and back. */
final class LimitShapes {
    private static final int MICROS = 6;

    private LimitShapes() {}

    static LimitJson limit(LimitView view) {
        Limit l = view.limit();
        return new LimitJson(
                l.id(),
                view.owner() == null ? null : view.owner().slug(),
                l.scope().word(),
                view.subject(),
                l.metric().word(),
                l.metric().text(l.amount()),
                per(l),
                algorithm(l),
                l.algorithm() == LimitAlgorithm.SLIDING_WINDOW ? l.segments() : null,
                l.mode().word(),
                l.origin().word());
    }

    static LimitJson.Usage usage(LimitView.Usage usage) {
        Limit l = usage.view().limit();
        String subject = usage.subject() == null ? usage.view().subject() : usage.subject();
        return new LimitJson.Usage(
                l.id(),
                l.scope().word(),
                subject,
                usage.name() == null ? subject : usage.name(),
                l.metric().word(),
                per(l),
                l.metric().text(l.amount()),
                l.metric().text(usage.used()),
                l.metric().text(Math.max(0, l.amount() - usage.used())),
                usage.passed());
    }

    /** Null for what runs at one time. */
    static @Nullable String per(Limit limit) {
        return limit.period() == LimitPeriod.NONE ? null : limit.period().word();
    }

    /** Null for what runs at one time, which is counted by none. */
    static @Nullable String algorithm(Limit limit) {
        return limit.period() == LimitPeriod.NONE ? null : limit.algorithm().word();
    }

    /** A number, or a text of one: money as decimal US dollars, all else as whole numbers. */
    static long amount(LimitMetric metric, JsonNode node) {
        String text = node.isString() || node.isNumber() ? node.asString() : "";
        try {
            // the length first: even to read it costs time, of some megabytes hours
            boolean plain =
                    text.length() <= 40 && text.chars().allMatch(c -> c < 128); // digits of all scripts are some to it
            BigDecimal value = plain ? new BigDecimal(text) : null;
            int places = metric == LimitMetric.COST ? MICROS : 0;
            if (value != null && Math.abs((long) value.scale()) <= 40) {
                return value.movePointRight(places).longValueExact();
            }
        } catch (ArithmeticException | NumberFormatException e) {
            // told below
        }
        throw new InvalidValueException(
                "amount",
                "must be "
                        + (metric == LimitMetric.COST ? "US dollars with at most six decimals" : "a whole number")
                        + " of a sensible size; got " + Checks.quoted(node.isString() ? text : node.toString()));
    }
}
