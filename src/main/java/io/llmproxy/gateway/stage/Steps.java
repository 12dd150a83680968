package io.llmproxy.gateway.stage;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.limit.Charge;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.gateway.Explanation;
import io.llmproxy.gateway.Explanation.Step;
import io.llmproxy.gateway.RouteTrace;
import io.llmproxy.gateway.limit.LookingCounters;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Writes down what stages decide of a request that is not sent. One thread. */
final class Steps implements RouteTrace, LookingCounters.Listener {
    /** A limit that is asked for several targets is told once. */
    private final Set<Step> steps = new LinkedHashSet<>();

    void add(String step, String subject, String outcome, String detail) {
        steps.add(new Step(step, subject, outcome, detail));
    }

    Explanation explanation() {
        return new Explanation(new ArrayList<>(steps));
    }

    void refused(ProxyError error) {
        add("answer", error.code(), Integer.toString(error.status()), error.message());
    }

    @Override
    public void found(String name, String why) {
        add("route", name, name.isEmpty() ? "none" : "taken", why);
    }

    @Override
    public void leftOut(String provider, @Nullable String model, String why) {
        add("candidate", model == null ? provider : provider + "/" + model, "left out", why);
    }

    @Override
    public void looked(Charge charge, long used, boolean refuses) {
        Limit limit = charge.limit();
        boolean passes = used + charge.amount() > limit.amount();
        String per = limit.period() == LimitPeriod.NONE
                ? ""
                : " per " + limit.period().word();
        add(
                "limit",
                limit.id(),
                refuses
                        ? "refuses"
                        : passes ? (limit.mode() == LimitMode.SHADOW ? "would refuse" : "is passed") : "grants",
                limit.scopeText() + ", " + limit.metric().text(limit.amount()) + " "
                        + limit.metric().word() + per + ": " + limit.metric().text(used) + " used, "
                        + limit.metric().text(charge.amount()) + " for this request");
    }
}
