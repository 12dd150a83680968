package io.llmproxy.domain.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class LimitPeriodTest {
    private static long micros(Instant at) {
        return ChronoUnit.MICROS.between(Instant.EPOCH, at);
    }

    private static Instant instant(long micros) {
        return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
    }

    @ParameterizedTest
    @CsvSource({
        "SECOND, UTC, 2026-11-20T12:34:56Z, 2026-11-20T12:34:57Z",
        "MINUTE, Asia/Kathmandu, 2026-11-20T12:34:00Z, 2026-11-20T12:35:00Z",
        // hours are those of UTC, where a zone is not whole hours from it too
        "HOUR, Asia/Kathmandu, 2026-11-20T12:00:00Z, 2026-11-20T13:00:00Z",
        "DAY, UTC, 2026-12-31T00:00:00Z, 2027-01-01T00:00:00Z",
        "DAY, Asia/Kathmandu, 2026-11-19T18:15:00Z, 2026-11-20T18:15:00Z",
        "DAY, Europe/Berlin, 2027-03-27T23:00:00Z, 2027-03-28T22:00:00Z",
        "DAY, Europe/Berlin, 2027-10-30T22:00:00Z, 2027-10-31T23:00:00Z",
        // no midnight: it begins at one o'clock
        "DAY, Africa/Cairo, 2027-04-29T22:00:00Z, 2027-04-30T21:00:00Z",
        // two midnights
        "DAY, America/Havana, 2027-11-07T04:00:00Z, 2027-11-08T05:00:00Z",
        "MONTH, UTC, 2026-11-01T00:00:00Z, 2026-12-01T00:00:00Z",
        "MONTH, UTC, 2026-12-01T00:00:00Z, 2027-01-01T00:00:00Z",
        "MONTH, UTC, 2027-02-01T00:00:00Z, 2027-03-01T00:00:00Z",
        "MONTH, UTC, 2028-02-01T00:00:00Z, 2028-03-01T00:00:00Z",
        "MONTH, Europe/Berlin, 2026-11-30T23:00:00Z, 2026-12-31T23:00:00Z",
        "MONTH, Europe/Berlin, 2027-02-28T23:00:00Z, 2027-03-31T22:00:00Z",
        "MONTH, Europe/Berlin, 2027-09-30T22:00:00Z, 2027-10-31T23:00:00Z",
        "MONTH, Africa/Cairo, 2027-03-31T22:00:00Z, 2027-04-30T21:00:00Z",
        "MONTH, America/Havana, 2027-11-01T04:00:00Z, 2027-12-01T05:00:00Z",
        "MONTH, Pacific/Kiritimati, 2026-12-31T10:00:00Z, 2027-01-31T10:00:00Z"
    })
    void everyMomentOfAWindowHasItsBeginningAndItsEnd(LimitPeriod period, ZoneId zone, Instant begin, Instant end) {
        Duration length = Duration.between(begin, end);
        for (int part = 0; part < 50; part++) {
            assertWindow(period, zone, begin.plus(length.multipliedBy(part).dividedBy(50)), begin, end);
        }
        assertWindow(period, zone, end.minusNanos(1_000), begin, end);
        assertThat(instant(period.start(micros(end), zone))).isEqualTo(end);
        assertThat(instant(period.end(micros(begin) - 1, zone))).isEqualTo(begin);
    }

    private static void assertWindow(LimitPeriod period, ZoneId zone, Instant at, Instant begin, Instant end) {
        assertThat(instant(period.start(micros(at), zone)))
                .as("begins, at " + at)
                .isEqualTo(begin);
        assertThat(instant(period.end(micros(at), zone))).as("ends, at " + at).isEqualTo(end);
    }

    /** One window after another through two years, without a gap and without one that lies over another. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "UTC",
                "Europe/Berlin",
                "America/New_York",
                "Australia/Lord_Howe",
                "Africa/Cairo",
                "America/Havana"
            })
    void daysAndMonthsFollowEachOther(ZoneId zone) {
        Instant last = Instant.parse("2028-01-15T00:00:00Z");
        for (LimitPeriod period : new LimitPeriod[] {LimitPeriod.DAY, LimitPeriod.MONTH}) {
            long at = period.start(micros(Instant.parse("2026-01-15T00:00:00Z")), zone);
            int windows = 0;
            for (; at < micros(last); windows++) {
                long end = period.end(at, zone);
                assertThat(end).isGreaterThan(at);
                assertThat(period.start(at, zone)).isEqualTo(at);
                assertThat(period.start(end - 1, zone)).isEqualTo(at);
                assertThat(period.start(end, zone)).isEqualTo(end);
                at = end;
            }
            assertThat(windows).isCloseTo(period == LimitPeriod.DAY ? 730 : 25, within(1));
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"TOTAL", "NONE"})
    void whatHasNoEndHasNoBeginning(LimitPeriod period) {
        long now = micros(Instant.parse("2026-11-20T12:00:00Z"));
        assertThat(period.start(now, ZoneId.of("UTC"))).isEqualTo(Long.MIN_VALUE);
        assertThat(period.end(now, ZoneId.of("UTC"))).isEqualTo(Long.MAX_VALUE);
        assertThat(period.ends()).isFalse();
    }
}
