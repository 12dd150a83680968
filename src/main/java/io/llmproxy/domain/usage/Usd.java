package io.llmproxy.domain.usage;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.math.BigDecimal;

/**
 * US dollars as whole numbers, so that no binary fraction ever holds money: prices in pico-USD (a millionth of a USD per million
 * tokens is one for each token, exactly), costs in nano-USD, limits in micro-USD (docs/adr/010).
 */
public final class Usd {
    /** In place of a price that nobody told; 0 is a price, that of what is free. */
    public static final long UNKNOWN = -1;

    private static final int MICRO = 6;
    public static final long NANOS_PER_MICRO = 1_000;
    static final long PICOS_PER_NANO = 1_000;
    static final long PICOS_PER_MICRO = 1_000_000;
    private static final int PICO = 12;
    private static final int NANO = 9;
    private static final int PER_MILLION = 6;
    private static final BigDecimal MAX = BigDecimal.valueOf(1_000_000);

    private Usd() {}

    /**
     * Pico-USD for one token.
     *
     * @param usd for a million tokens, a decimal with six places at most
     * @throws InvalidValueException naming {@code field}
     */
    public static long perMillion(String field, String usd) {
        return parse(field, usd, PER_MILLION);
    }

    /** Pico-USD of an amount in USD, a decimal with twelve places at most. */
    public static long picos(String field, String usd) {
        return parse(field, usd, PICO);
    }

    private static long parse(String field, String text, int places) {
        if (!plain(text)) {
            throw new InvalidValueException(
                    field, "must be an amount in USD, such as 2.50 or 0.075; got " + Checks.quoted(text));
        }
        BigDecimal usd = new BigDecimal(text);
        if (usd.compareTo(MAX) > 0) {
            throw new InvalidValueException(field, "must be at most 1000000 USD; got " + Checks.quoted(text));
        }
        if (usd.stripTrailingZeros().scale() > places) {
            throw new InvalidValueException(
                    field, "must have at most " + places + " decimal places; got " + Checks.quoted(text));
        }
        return usd.movePointRight(places).longValueExact();
    }

    /** Digits with at most one point between them: no sign, no exponent, no separators. */
    private static boolean plain(String text) {
        int point = text.indexOf('.');
        boolean ends = !text.isEmpty()
                && text.length() <= 32
                && digit(text.charAt(0))
                && digit(text.charAt(text.length() - 1));
        return ends && text.chars().allMatch(c -> digit(c) || c == '.') && text.indexOf('.', point + 1) < 0;
    }

    private static boolean digit(int c) {
        return c >= '0' && c <= '9';
    }

    /** What {@link #perMillion(String, String)} reads back. */
    public static String perMillion(long picosPerToken) {
        return text(picosPerToken, PER_MILLION);
    }

    /** An amount of pico-USD in USD. */
    public static String ofPicos(long picos) {
        return text(picos, PICO);
    }

    /** An amount of nano-USD in USD, as {@code 0.00125}. */
    public static String ofNanos(long nanos) {
        return text(nanos, NANO);
    }

    /** An amount of micro-USD in USD, as {@code 12.5}. */
    public static String ofMicros(long micros) {
        return text(micros, MICRO);
    }

    private static String text(long amount, int places) {
        BigDecimal usd = BigDecimal.valueOf(amount, places).stripTrailingZeros();
        return usd.scale() < 0 ? usd.setScale(0).toPlainString() : usd.toPlainString();
    }
}
