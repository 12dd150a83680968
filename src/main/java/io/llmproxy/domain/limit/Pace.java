package io.llmproxy.domain.limit;

import java.math.BigInteger;

/** How fast what was used of a limit flows off by itself, in whole units and microseconds: every rounding is to the limit's side. */
public final class Pace {
    private Pace() {}

    /** How many whole units flow off in so many microseconds. */
    public static long flow(Limit limit, long elapsed) {
        return product(elapsed, limit.amount(), limit.period().micros(), false);
    }

    /** How many microseconds it takes until so many units have flowed off. */
    public static long timeFor(Limit limit, long units) {
        return product(units, limit.period().micros(), limit.amount(), true);
    }

    /** {@code a * b / divisor}, at most half of the greatest long. */
    private static long product(long a, long b, long divisor, boolean up) {
        if (Math.multiplyHigh(a, b) == 0 && a * b >= 0) {
            return up ? Math.ceilDiv(a * b, divisor) : a * b / divisor;
        }
        BigInteger product = BigInteger.valueOf(a).multiply(BigInteger.valueOf(b));
        BigInteger rounded = product.add(up ? BigInteger.valueOf(divisor - 1) : BigInteger.ZERO)
                .divide(BigInteger.valueOf(divisor));
        return rounded.bitLength() > 62 ? Long.MAX_VALUE / 2 : rounded.longValue();
    }
}
