package io.llmproxy.adapter.provider.simulated;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Durations;
import io.llmproxy.domain.error.InvalidValueException;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * How a simulated provider behaves, from the query of its base URL; see {@link SimulatedProvider} for the words.
 *
 * @param tokens of each reply; 0: as many as the text has
 * @param fail the share of requests that fail, 0 to 1
 * @param status of a failure
 * @param retryAfter seconds that a failure names; 0: it names none
 * @param cutAfter pieces of a stream, or bytes of another answer, after which it breaks off; 0: never
 * @param hang pieces of a stream after which nothing more comes; 0: nothing at all comes; negative: never
 * @param calls how many of a chat's tools are called before it is answered by a text
 */
public record SimulatedSettings(
        Duration firstByte,
        double tokensPerSecond,
        int tokens,
        double fail,
        int status,
        int retryAfter,
        int cutAfter,
        int hang,
        int calls) {

    static final SimulatedSettings DEFAULT = new SimulatedSettings(Duration.ofMillis(150), 50, 0, 0, 500, 0, 0, -1, 0);
    private static final String FIELD = "baseUrl";

    /** @throws InvalidValueException where the URL is not {@code simulated:?name=value&...} with known names and good values */
    public static SimulatedSettings parse(URI url) {
        String rest = url.getRawSchemeSpecificPart();
        if (!"simulated".equalsIgnoreCase(url.getScheme()) || !rest.startsWith("?") || url.getRawFragment() != null) {
            throw new InvalidValueException(
                    FIELD, "must be simulated:?name=value&..., for instance simulated:?first-byte=150ms");
        }
        SimulatedSettings settings = DEFAULT;
        for (String pair : rest.substring(1).split("&", -1)) {
            settings = pair.isEmpty() ? settings : settings.with(pair);
        }
        return settings;
    }

    private SimulatedSettings with(String pair) {
        int equals = pair.indexOf('=');
        String name = equals < 0 ? pair : pair.substring(0, equals);
        String value = equals < 0 ? "" : decoded(pair.substring(equals + 1));
        return switch (name) {
            case "first-byte" -> withFirstByte(Durations.parse(FIELD, value));
            case "tokens-per-second" -> withSpeed(number(name, value, 0, 1e6));
            case "tokens" -> withTokens(whole(name, value, 0, 100_000));
            case "fail" -> withFail(number(name, value, 0, 1));
            case "status" -> withStatus(whole(name, value, 400, 599));
            case "retry-after" -> withRetryAfter(whole(name, value, 0, 86_400));
            case "cut-after" -> withCutAfter(whole(name, value, 0, 1_000_000));
            case "calls" -> withCalls(whole(name, value, 0, 100));
            case "hang" -> withHang(whole(name, value, -1, 1_000_000));
            default ->
                throw new InvalidValueException(
                        FIELD,
                        "has an unknown parameter " + Checks.quoted(name) + "; known are first-byte, tokens-per-second,"
                                + " tokens, fail, status, retry-after, cut-after, hang and calls");
        };
    }

    private static String decoded(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new InvalidValueException(FIELD, "has a wrong percent sign: " + Checks.quoted(text));
        }
    }

    private static double number(String name, String value, double min, double max) {
        try {
            double number = Double.parseDouble(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new InvalidValueException(
                FIELD,
                name + " must be a number from " + (long) min + " to " + (long) max + "; got " + Checks.quoted(value));
    }

    private static int whole(String name, String value, int min, int max) {
        double number = number(name, value, min, max);
        if (number != Math.rint(number)) {
            throw new InvalidValueException(FIELD, name + " must be a whole number; got " + Checks.quoted(value));
        }
        return (int) number;
    }

    private SimulatedSettings withFirstByte(Duration d) {
        return new SimulatedSettings(d, tokensPerSecond, tokens, fail, status, retryAfter, cutAfter, hang, calls);
    }

    private SimulatedSettings withSpeed(double n) {
        return new SimulatedSettings(firstByte, n, tokens, fail, status, retryAfter, cutAfter, hang, calls);
    }

    private SimulatedSettings withTokens(int n) {
        return new SimulatedSettings(firstByte, tokensPerSecond, n, fail, status, retryAfter, cutAfter, hang, calls);
    }

    private SimulatedSettings withFail(double n) {
        return new SimulatedSettings(firstByte, tokensPerSecond, tokens, n, status, retryAfter, cutAfter, hang, calls);
    }

    private SimulatedSettings withStatus(int n) {
        return new SimulatedSettings(firstByte, tokensPerSecond, tokens, fail, n, retryAfter, cutAfter, hang, calls);
    }

    private SimulatedSettings withRetryAfter(int n) {
        return new SimulatedSettings(firstByte, tokensPerSecond, tokens, fail, status, n, cutAfter, hang, calls);
    }

    private SimulatedSettings withCutAfter(int n) {
        return new SimulatedSettings(firstByte, tokensPerSecond, tokens, fail, status, retryAfter, n, hang, calls);
    }

    private SimulatedSettings withHang(int n) {
        return new SimulatedSettings(firstByte, tokensPerSecond, tokens, fail, status, retryAfter, cutAfter, n, calls);
    }

    private SimulatedSettings withCalls(int n) {
        return new SimulatedSettings(firstByte, tokensPerSecond, tokens, fail, status, retryAfter, cutAfter, hang, n);
    }
}
