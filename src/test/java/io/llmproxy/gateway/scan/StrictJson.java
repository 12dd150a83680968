package io.llmproxy.gateway.scan;

import java.io.ByteArrayInputStream;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.json.JsonFactory;

/** What another strict reader, Jackson's, makes of a request: the oracle of the scanner's tests. */
final class StrictJson {
    private static final JsonFactory STRICT = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(JsonScanner.MAX_DEPTH)
                    .maxNumberLength(Integer.MAX_VALUE)
                    .maxNameLength(Integer.MAX_VALUE)
                    .maxStringLength(Integer.MAX_VALUE)
                    .build())
            .build();
    private static final Pattern COUNT = Pattern.compile("\\+?([0-9_]*\\.?[0-9_]*)([eE]([+-]?[0-9]+))?");

    int models;

    @Nullable
    String model;

    boolean stream;
    /** The bounds by their names: 0 is null, and what is no count, or said twice, is no bound. */
    final Map<String, Long> bounds =
            new HashMap<>(Map.of("max_tokens", -1L, "max_completion_tokens", -1L, "max_output_tokens", -1L));

    long n = -1;
    /** By names that are bounds in another case alone, or to some servers alone. */
    long otherTokens = -1;
    /** Values of {@code stream_options.include_usage}, as they are spelled. */
    final Set<String> includeUsage = new HashSet<>();

    private StrictJson() {}

    /** Null where it is no JSON. */
    static @Nullable StrictJson of(byte[] json) {
        StrictJson out = new StrictJson();
        // by a reader of UTF-8, since of bytes Jackson takes UTF-16, UTF-32 and a byte order mark too
        try (JsonParser parser = STRICT.createParser(
                ObjectReadContext.empty(),
                new InputStreamReader(new ByteArrayInputStream(json), StandardCharsets.UTF_8.newDecoder()))) {
            return parser.nextToken() != null && out.value(parser) && parser.nextToken() == null ? out : null;
        } catch (JacksonException e) {
            return null;
        }
    }

    private boolean value(JsonParser parser) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
            skip(parser);
            return true;
        }
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            String name = parser.currentName();
            JsonToken value = parser.nextToken();
            if (name.equals("stream_options") && value == JsonToken.START_OBJECT) {
                options(parser);
                continue;
            }
            String text = value.isStructStart() ? "" : parser.getString();
            member(name, value, text);
            skip(parser);
        }
        return true;
    }

    private void options(JsonParser parser) {
        while (parser.nextToken() == JsonToken.PROPERTY_NAME) {
            boolean asked = parser.currentName().equals("include_usage");
            JsonToken value = parser.nextToken();
            if (asked) {
                includeUsage.add(value.isStructStart() ? "struct" : parser.getString());
            }
            skip(parser);
        }
    }

    private void member(String name, JsonToken value, String text) {
        long count = value == JsonToken.VALUE_NUMBER_INT && text.matches("[0-9]{1,15}") ? Long.parseLong(text) : -1;
        if (name.equalsIgnoreCase("model")) {
            models++;
            model = value == JsonToken.VALUE_STRING ? text : null;
        } else if (name.equals("stream")) {
            stream = value == JsonToken.VALUE_TRUE;
        } else if (name.equalsIgnoreCase("n")) {
            n = Math.max(n, value.isNumeric() || value == JsonToken.VALUE_STRING ? lenient(text) : -1);
        } else if (bounds.containsKey(name)) {
            long said = value == JsonToken.VALUE_NULL ? 0 : count > 0 ? count : JsonRequest.UNBOUND;
            bounds.merge(name, said, (before, now) -> before < 0 ? now : JsonRequest.UNBOUND);
        } else if (name.equalsIgnoreCase("n_predict")
                || bounds.keySet().stream().anyMatch(name::equalsIgnoreCase)) {
            otherTokens = Math.max(otherTokens, count > 0 ? count : JsonRequest.UNBOUND);
        }
    }

    /** Rounded up, and no more than {@link Amounts#MOST}; -1: no count. */
    private static long lenient(String text) {
        Matcher parts = COUNT.matcher(text.replaceAll("^[^!-~]+|[^!-~]+$", ""));
        if (!parts.matches() || parts.group(1).chars().noneMatch(Character::isDigit)) {
            return -1;
        }
        BigDecimal mantissa = new BigDecimal(parts.group(1).replace("_", ""));
        String exponent = parts.group(3);
        BigInteger scale = exponent == null ? BigInteger.ZERO : new BigInteger(exponent);
        int point = scale.min(BigInteger.valueOf(100_000))
                .max(BigInteger.valueOf(-100_000))
                .intValue();
        return mantissa.scaleByPowerOfTen(point)
                .setScale(0, RoundingMode.CEILING)
                .min(BigDecimal.valueOf(Amounts.MOST))
                .longValue();
    }

    /** To the end of the value at hand; strings are looked at, since they are read only then. */
    private static void skip(JsonParser parser) {
        int depth = 0;
        while (true) {
            JsonToken token = parser.currentToken();
            if (token == null) {
                throw new IllegalStateException("the end of the input was no error");
            }
            if (token == JsonToken.VALUE_STRING) {
                parser.getString();
            }
            depth += token.isStructStart() ? 1 : 0;
            depth -= token.isStructEnd() ? 1 : 0;
            if (depth == 0) {
                return;
            }
            parser.nextToken();
        }
    }
}
