package io.llmproxy;

import io.llmproxy.config.ApplianceConfig;
import io.llmproxy.config.ApplianceConfig.AlertsConfig.Webhook;
import io.llmproxy.gateway.alert.AlertRules;
import io.llmproxy.gateway.alert.AlertSender;
import io.llmproxy.gateway.alert.BudgetAlerts;
import io.llmproxy.gateway.alert.BudgetRefusals;
import io.llmproxy.gateway.alert.BudgetWatch;
import io.llmproxy.port.AlertStore;
import io.llmproxy.port.Telemetry;
import io.llmproxy.port.UsageStore;
import io.llmproxy.runtime.Snapshots;
import java.time.Duration;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;

/** Who watches the budgets and tells of them, as the configuration wants it. */
final class Alerting {
    private Alerting() {}

    /**
     * @param tls for a webhook over HTTPS
     * @throws StartException where the webhook's secret cannot be read
     */
    static BudgetAlerts of(
            Appliance.Setup setup,
            AlertStore alerts,
            UsageStore usage,
            Snapshots snapshots,
            BudgetRefusals refusals,
            Telemetry telemetry,
            Supplier<SSLSocketFactory> tls)
            throws StartException {
        ApplianceConfig config = setup.config();
        Webhook webhook = config.alerts().webhook();
        AlertRules rules = new AlertRules(
                config.tenant() == null ? "" : config.tenant(),
                config.alerts().thresholds(),
                webhook != null,
                webhook == null ? Duration.ZERO : webhook.retryFor());
        return new BudgetAlerts(
                new BudgetWatch(rules, alerts, usage, snapshots, refusals, telemetry, setup.clock()),
                new AlertSender(rules, alerts, PartSettings.hook(webhook, tls), setup.clock()));
    }
}
