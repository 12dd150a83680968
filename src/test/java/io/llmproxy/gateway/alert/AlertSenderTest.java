package io.llmproxy.gateway.alert;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.limit.BudgetAlert;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitMode;
import io.llmproxy.domain.limit.LimitPeriod;
import io.llmproxy.domain.limit.LimitScope;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AlertSenderTest {
    private static final Instant START = Instant.parse("2026-11-21T10:00:00Z");
    private static final AlertRules RULES = new AlertRules("", List.of(50), true, Duration.ofHours(24));

    private final MemoryAlerts alerts = new MemoryAlerts();
    private final List<Instant> calls = new ArrayList<>();
    private Instant now = START;
    private boolean refuses = true;
    private final AlertSender sender = sender(RULES);

    private AlertSender sender(AlertRules rules) {
        return new AlertSender(
                rules,
                alerts,
                (alert, at) -> {
                    calls.add(at);
                    if (refuses) {
                        throw new IOException("it answered 503");
                    }
                },
                () -> now);
    }

    private void alert(long amount) {
        BudgetAlert alert = new BudgetAlert(
                Ids.next(START),
                "acme",
                "l",
                LimitScope.TENANT,
                null,
                LimitMetric.TOKENS,
                LimitPeriod.DAY,
                LimitMode.HARD,
                amount,
                START,
                amount,
                50,
                false,
                START);
        assertThat(alerts.claim("", "l", alert, START)).isTrue();
    }

    @Test
    void aWebhookThatDoesNotTakeWhatItIsSentIsAProblemUntilItDoes() {
        assertThat(sender.fault()).isNull();
        alert(50);
        sender.round();
        assertThat(sender.fault()).contains("do not reach the webhook", "it answered 503", "alerts.webhook");
        now = START.plusSeconds(10);
        refuses = false;
        sender.round();
        assertThat(sender.fault()).isNull();
    }

    @Test
    void aProblemIsNoneAnyMoreWhereAnotherProcessTriesOn() {
        alert(50);
        sender.round();
        now = START.plus(Duration.ofMinutes(59));
        assertThat(sender.fault()).isNotNull();
        now = START.plus(Duration.ofMinutes(61));
        assertThat(sender.fault()).isNull();
    }

    @Test
    void whatIsTakenIsSentOnce() {
        refuses = false;
        alert(1);
        alert(2);
        sender.round();
        sender.round();
        assertThat(calls).hasSize(2);
        assertThat(alerts.waiting()).isZero();
    }

    @Test
    void whatIsNotTakenIsSentAgainAtGrowingIntervalsAndGivenUpAfterItsTime() {
        alert(1);
        while (alerts.waiting() > 0) {
            sender.round();
            now = now.plusSeconds(1);
        }
        assertThat(calls.size()).isBetween(100, 250);
        assertThat(Duration.between(calls.get(0), calls.get(1))).isEqualTo(Duration.ofSeconds(5));
        assertThat(Duration.between(calls.get(1), calls.get(2))).isEqualTo(Duration.ofSeconds(10));
        assertThat(Duration.between(calls.get(20), calls.get(21))).isEqualTo(Duration.ofMinutes(10));
        assertThat(now).isAfter(START.plus(RULES.retryFor()));
    }

    @Test
    void whoeverDiedInTheMiddleIsMadeUpFor() {
        alert(1);
        assertThat(alerts.take(alerts.due("", now, 1).getFirst(), now.plus(AlertSender.CLAIM)))
                .isTrue();
        refuses = false;
        sender.round();
        assertThat(calls).isEmpty();
        now = now.plus(AlertSender.CLAIM);
        sender.round();
        assertThat(calls).hasSize(1);
    }

    @Test
    void withoutAWebhookNothingIsSent() {
        alert(1);
        sender(new AlertRules("", List.of(50), false, Duration.ZERO)).round();
        assertThat(calls).isEmpty();
    }

    @Test
    void intervalsDoNotOverflow() {
        assertThat(AlertSender.pause(1_000_000)).isEqualTo(Duration.ofMinutes(10));
    }
}
