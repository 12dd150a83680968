package io.llmproxy.gateway.alert;

import java.time.Duration;
import java.util.List;

/**
 * When and how budgets are alerts.
 *
 * @param realm the tenant that this process serves alone, or the empty text
 * @param thresholds percents, each once, from the lowest; none: no alerts
 * @param sends whether there is a webhook
 * @param retryFor how long sending is tried
 */
public record AlertRules(String realm, List<Integer> thresholds, boolean sends, Duration retryFor) {
    public AlertRules {
        thresholds = thresholds.stream().distinct().sorted().toList();
    }
}
