package io.llmproxy.domain;

import io.llmproxy.domain.error.InvalidValueException;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Durations as operators write them: {@code 100ms}, {@code 30s}, {@code 5m}, {@code 24h}, {@code 30d}; a sum as {@code 1h30m} too. */
public final class Durations {
    private record Unit(String suffix, Duration length) {}

    private static final List<Unit> UNITS = List.of(
            new Unit("d", Duration.ofDays(1)),
            new Unit("h", Duration.ofHours(1)),
            new Unit("m", Duration.ofMinutes(1)),
            new Unit("s", Duration.ofSeconds(1)),
            new Unit("ms", Duration.ofMillis(1)));

    private Durations() {}

    /** @throws InvalidValueException naming {@code field} where the text is no duration */
    public static Duration parse(String field, String text) {
        Duration sum = Duration.ZERO;
        int i = 0;
        try {
            do {
                int start = i;
                while (i < text.length() && Character.isDigit(text.charAt(i))) {
                    i++;
                }
                long amount = Long.parseLong(text.substring(start, i));
                int unitStart = i;
                while (i < text.length() && Character.isLetter(text.charAt(i))) {
                    i++;
                }
                Duration unit = unit(text.substring(unitStart, i));
                if (unit == null) {
                    throw invalid(field, text);
                }
                sum = sum.plus(unit.multipliedBy(amount));
            } while (i < text.length());
        } catch (NumberFormatException | ArithmeticException e) {
            throw invalid(field, text);
        }
        return sum;
    }

    /** The shortest text that {@link #parse} reads back. */
    public static String format(Duration duration) {
        if (duration.isZero()) {
            return "0s";
        }
        StringBuilder out = new StringBuilder();
        long millis = duration.toMillis();
        for (Unit unit : UNITS) {
            long n = millis / unit.length.toMillis();
            if (n > 0) {
                out.append(n).append(unit.suffix);
                millis -= n * unit.length.toMillis();
            }
        }
        return out.toString();
    }

    private static @Nullable Duration unit(String suffix) {
        return UNITS.stream()
                .filter(u -> u.suffix.equals(suffix))
                .map(Unit::length)
                .findFirst()
                .orElse(null);
    }

    private static InvalidValueException invalid(String field, String text) {
        return new InvalidValueException(
                field, "is no duration, such as 100ms, 30s, 5m, 24h or 30d: " + Checks.quoted(text));
    }
}
