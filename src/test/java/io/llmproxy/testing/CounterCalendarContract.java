package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.limit.ActualUse;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitDecision.Denied;
import io.llmproxy.domain.limit.LimitDecision.Granted;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Days and months of the calendar, in the zone of a limit: those that are as long as others, and those that are not. */
public abstract class CounterCalendarContract extends CounterSegmentsContract {
    private void passUntil(Instant moment) {
        pass(Duration.between(now(), moment));
    }

    /**
     * What is taken when a window begins counts until the last second of it, and not a moment longer; what a request still holds then
     * is given back to nobody.
     */
    @ParameterizedTest
    @CsvSource({
        // a month, and the one that ends the year
        "MONTH, UTC, 2026-12-01T00:00:00Z, 2027-01-01T00:00:00Z",
        "MONTH, UTC, 2027-02-01T00:00:00Z, 2027-03-01T00:00:00Z",
        "MONTH, Europe/Berlin, 2026-11-30T23:00:00Z, 2026-12-31T23:00:00Z",
        "MONTH, America/Los_Angeles, 2026-12-01T08:00:00Z, 2027-01-01T08:00:00Z",
        "MONTH, Asia/Kathmandu, 2026-11-30T18:15:00Z, 2026-12-31T18:15:00Z",
        // months in which the clocks are set, an hour shorter and longer than they would be
        "MONTH, Europe/Berlin, 2027-02-28T23:00:00Z, 2027-03-31T22:00:00Z",
        "MONTH, Europe/Berlin, 2027-09-30T22:00:00Z, 2027-10-31T23:00:00Z",
        // days of 24, 23 and 25 hours
        "DAY, Europe/Berlin, 2027-03-26T23:00:00Z, 2027-03-27T23:00:00Z",
        "DAY, Europe/Berlin, 2027-03-27T23:00:00Z, 2027-03-28T22:00:00Z",
        "DAY, Europe/Berlin, 2027-10-30T22:00:00Z, 2027-10-31T23:00:00Z",
        "DAY, America/New_York, 2027-03-14T05:00:00Z, 2027-03-15T04:00:00Z",
        // one that begins at one o'clock, as there is no midnight
        "DAY, Africa/Cairo, 2027-04-29T22:00:00Z, 2027-04-30T21:00:00Z",
        // one with two midnights
        "DAY, America/Havana, 2027-11-07T04:00:00Z, 2027-11-08T05:00:00Z"
    })
    protected void aWindowOfTheCalendarEndsWithIt(LimitPeriod period, ZoneId zone, Instant begin, Instant end) {
        Limit limit = limit("tokens", LimitMetric.TOKENS, 1000, period, LimitAlgorithm.FIXED_WINDOW)
                .in(zone);
        passUntil(begin.minusSeconds(1));
        assertThat(takes(limit, 1000)).isTrue();
        assertThat(((Denied) take(limit, 1)).waitSeconds()).isEqualTo(1);
        passUntil(begin);
        long seconds = Duration.between(begin, end).toSeconds();
        Granted granted = (Granted) take(limit, 1000);
        assertThat(granted.reservation().grants().getFirst().resetSeconds()).isEqualTo(seconds);
        assertThat(((Denied) take(limit, 1)).waitSeconds()).isEqualTo(seconds);
        passUntil(end.minusSeconds(1));
        tidy(Map.of(limit.id(), limit));
        assertThat(((Denied) take(limit, 1)).waitSeconds()).isEqualTo(1);
        passUntil(end);
        tidy(Map.of(limit.id(), limit));
        assertThat(takes(limit, 700)).isTrue();
        granted.reservation().settle(new ActualUse(300, 0, ActualUse.UNKNOWN));
        assertThat(used(limit)).isEqualTo(700);
        assertThat(takes(limit, 301)).isFalse();
        assertThat(takes(limit, 300)).isTrue();
    }
}
