package io.llmproxy.cli;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.List;

/** A report as people read it, written from top to bottom. */
interface ReportPage {
    /** One line of a table. */
    record Row(
            String name,
            long requests,
            long errors,
            long inputTokens,
            long outputTokens,
            BigDecimal usd,
            long unpriced) {}

    /** The value of one day. */
    record Point(String day, BigDecimal value) {}

    /** The titles of a table behind that of its first column. */
    List<String> TITLES = List.of("Requests", "Errors", "Input tokens", "Output tokens", "USD", "Unpriced");

    void begin(String title, String note);

    void section(String title);

    void table(String title, String first, List<Row> rows);

    void plot(String title, List<Point> points);

    void end();

    /** The cells behind the first one. */
    static List<String> cells(Row row) {
        return List.of(
                Column.grouped(row.requests()),
                Column.grouped(row.errors()),
                Column.grouped(row.inputTokens()),
                Column.grouped(row.outputTokens()),
                usd(row.usd()),
                Column.grouped(row.unpriced()));
    }

    /** With as many places as a reader can use: cents, or what is left of less than a dollar. */
    static String usd(BigDecimal usd) {
        int places = usd.compareTo(BigDecimal.ONE) < 0 ? 6 : 2;
        BigDecimal rounded = usd.setScale(places, RoundingMode.HALF_UP);
        return rounded.signum() == 0
                ? "0"
                : rounded.stripTrailingZeros().scale() < 2
                        ? rounded.setScale(2, RoundingMode.HALF_UP).toPlainString()
                        : rounded.stripTrailingZeros().toPlainString();
    }

    /** The share of the greatest one, from 0 to 1. */
    static double share(Point point, List<Point> points) {
        BigDecimal most = points.stream().map(Point::value).reduce(BigDecimal.ZERO, BigDecimal::max);
        return most.signum() <= 0 ? 0 : point.value().doubleValue() / most.doubleValue();
    }
}
