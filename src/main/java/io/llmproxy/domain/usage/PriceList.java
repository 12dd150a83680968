package io.llmproxy.domain.usage;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.error.InvalidValueException;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The format of price lists: lines of values with commas between them, the first of which names the columns; empty lines and those
 * that begin with {@code #} say nothing. Prices are decimals in USD per million tokens, {@code per-request} in USD; an empty value
 * is one that nobody told. {@code valid-from} is a date (its beginning, UTC) or a time of RFC 3339.
 *
 * <pre>
 * type,model,valid-from,input,output,cache-read
 * openai,gpt-4o,2024-05-13,2.50,10,1.25
 * </pre>
 */
public final class PriceList {
    /** More than all public models together, by far. */
    public static final int MAX_ROWS = 20_000;

    private static final int MAX_PROBLEMS = 10;
    private static final long MAX_SIZE = 1_000_000_000;
    private static final String MODEL = "model";
    private static final String VALID_FROM = "valid-from";
    private static final List<String> COLUMNS = Stream.concat(
                    Stream.of("type", "provider", MODEL, VALID_FROM, "context", "max-output"),
                    Stream.of(Rate.values()).map(Rate::word))
            .toList();

    private final @Nullable Instant defaultFrom;
    private final List<PriceRow> rows = new ArrayList<>();
    private final Map<String, Integer> lines = new HashMap<>();
    private final List<String> problems = new ArrayList<>();
    private List<String> columns = List.of();

    private PriceList(@Nullable Instant defaultFrom) {
        this.defaultFrom = defaultFrom;
    }

    /**
     * All rows, or none.
     *
     * @param defaultFrom from when rows hold that do not say so; null: each must say so
     * @throws InvalidValueException naming the lines at fault, ten at most
     */
    public static List<PriceRow> parse(String text, @Nullable Instant defaultFrom) {
        PriceList list = new PriceList(defaultFrom);
        int number = 0;
        for (String line : text.split("\r?\n", -1)) {
            number++;
            String content = line.strip();
            if (!content.isEmpty() && !content.startsWith("#")) {
                list.line(number, content);
            }
        }
        if (list.columns.isEmpty()) {
            list.problems.add("there is no line that names the columns");
        }
        if (!list.problems.isEmpty()) {
            throw new InvalidValueException("prices", String.join("; ", list.problems));
        }
        return list.rows;
    }

    private void line(int number, String content) {
        if (problems.size() >= MAX_PROBLEMS) {
            return;
        }
        try {
            List<String> values =
                    Stream.of(content.split(",", -1)).map(String::strip).toList();
            if (columns.isEmpty()) {
                columns = header(values);
            } else {
                add(number, row(values));
            }
        } catch (InvalidValueException e) {
            problems.add("line " + number + ": " + e.getMessage());
        }
    }

    private static List<String> header(List<String> names) {
        Set<String> seen = new HashSet<>();
        for (String name : names) {
            if (!COLUMNS.contains(name)) {
                throw new InvalidValueException(
                        "column", Checks.quoted(name) + " is none of " + String.join(", ", COLUMNS));
            }
            if (!seen.add(name)) {
                throw new InvalidValueException("column", Checks.quoted(name) + " is there twice");
            }
        }
        if (!seen.contains(MODEL)) {
            throw new InvalidValueException("column", "`model` is missing");
        }
        return names;
    }

    private void add(int number, PriceRow row) {
        if (rows.size() >= MAX_ROWS) {
            throw new InvalidValueException("prices", "has more than " + MAX_ROWS + " rows");
        }
        Integer before = lines.putIfAbsent(row.scope() + "@" + row.validFrom(), number);
        if (before != null) {
            throw new InvalidValueException(
                    MODEL, Checks.quoted(row.scope().toString()) + " of that time is on line " + before + " already");
        }
        rows.add(row);
    }

    private PriceRow row(List<String> values) {
        if (values.size() > columns.size()) {
            throw new InvalidValueException(
                    "row", "has " + values.size() + " values for " + columns.size() + " columns");
        }
        Map<String, String> cells = new HashMap<>();
        for (int i = 0; i < values.size(); i++) {
            if (!values.get(i).isEmpty()) {
                cells.put(columns.get(i), values.get(i));
            }
        }
        Map<Rate, Long> rates = new EnumMap<>(Rate.class);
        for (Rate rate : Rate.values()) {
            String cell = cells.get(rate.word());
            rates.put(rate, cell == null ? Usd.UNKNOWN : rate.parse(rate.word(), cell));
        }
        return new PriceRow(
                scope(cells),
                validFrom(cells.get(VALID_FROM)),
                Rates.of(rate -> rates.getOrDefault(rate, Usd.UNKNOWN)),
                size("context", cells),
                size("max-output", cells));
    }

    private static PriceScope scope(Map<String, String> cells) {
        return new PriceScope(
                cells.get("provider"), cells.get("type"), new Glob(Checks.text(MODEL, cells.get(MODEL), 256)));
    }

    private Instant validFrom(@Nullable String text) {
        if (text != null) {
            return time(VALID_FROM, text);
        }
        if (defaultFrom == null) {
            throw new InvalidValueException(VALID_FROM, "must be given");
        }
        return defaultFrom;
    }

    /** A date (its beginning, UTC) or a time of RFC 3339, to the microsecond, as databases keep it. */
    public static Instant time(String field, String text) {
        try {
            return text.indexOf('T') > 0
                    ? OffsetDateTime.parse(text).toInstant().truncatedTo(ChronoUnit.MICROS)
                    : LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant();
        } catch (DateTimeException e) {
            throw new InvalidValueException(
                    field,
                    "must be a date as 2027-01-31 or a time as 2027-01-31T00:00:00Z; got " + Checks.quoted(text));
        }
    }

    private static long size(String field, Map<String, String> cells) {
        String text = cells.get(field);
        if (text == null) {
            return 0;
        }
        boolean digits = text.length() <= 10 && text.chars().allMatch(c -> c >= '0' && c <= '9');
        if (!digits || Long.parseLong(text) > MAX_SIZE) {
            throw new InvalidValueException(field, "must be a number of tokens; got " + Checks.quoted(text));
        }
        return Long.parseLong(text);
    }
}
