package io.llmproxy.config;

import io.llmproxy.config.ApplianceConfig.Listen;
import io.llmproxy.config.ApplianceConfig.LogConfig.Access;
import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Durations;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.model.UpstreamProxy;
import java.math.BigDecimal;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads the texts of values; each throws {@link InvalidValueException} that says what would be right. */
final class ConfigValues {
    private record SizeUnit(String suffix, long bytes) {}

    private static final List<SizeUnit> SIZES = List.of(
            new SizeUnit("KiB", 1L << 10),
            new SizeUnit("MiB", 1L << 20),
            new SizeUnit("GiB", 1L << 30),
            new SizeUnit("kB", 1_000),
            new SizeUnit("MB", 1_000_000),
            new SizeUnit("GB", 1_000_000_000),
            new SizeUnit("B", 1));
    private static final long MAX_SIZE = 1L << 40;

    private static final Pattern REDIS_URL = Pattern.compile("rediss?://([A-Za-z0-9._-]+|\\[[0-9A-Fa-f:.]+])"
            + "(:([1-9][0-9]{0,3}|[1-5][0-9]{4}|6[0-4][0-9]{3}|65[0-4][0-9]{2}|655[0-2][0-9]|6553[0-5]))?"
            + "(/[0-9]{0,4})?");

    private ConfigValues() {}

    /** {@code HOST:PORT}; an IPv6 address stands in brackets. */
    static Listen listen(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon <= 0 ? "" : text.substring(0, colon);
        boolean bracketed = host.startsWith("[") && host.endsWith("]");
        if (bracketed) {
            host = host.substring(1, host.length() - 1);
        }
        if (host.isEmpty()
                || host.indexOf(':') >= 0 && !bracketed
                || host.chars().anyMatch(Character::isWhitespace)) {
            throw wrong("must be HOST:PORT, such as 127.0.0.1:8080 or [::1]:8080", text);
        }
        return new Listen(host, port(text, text.substring(colon + 1)));
    }

    /** The rule without the text, which may hold a password. */
    static UpstreamProxy proxy(String text) {
        return UpstreamProxy.parse("", text);
    }

    /** The rule without the text, which may hold a secret in its path. */
    static URI webhook(String text) {
        try {
            URI url = new URI(text);
            boolean web = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
            if (web && url.getHost() != null && url.getRawUserInfo() == null && url.getRawFragment() == null) {
                return url;
            }
        } catch (URISyntaxException e) {
            // told below
        }
        throw new InvalidValueException("", "must be an absolute URL of http or https, without a user and a fragment");
    }

    /** A name, a glob or {@code .suffix}, in small letters. */
    static String hostPattern(String text) {
        if (!text.matches("[A-Za-z0-9.*:_-]{1,253}")) {
            throw wrong("must be a host name, a glob such as *.example.com, or a suffix such as .example.com", text);
        }
        return text.toLowerCase(Locale.ROOT);
    }

    private static int port(String text, String digits) {
        try {
            int port = Integer.parseInt(digits);
            if (port >= 0 && port <= 65_535) {
                return port;
            }
        } catch (NumberFormatException e) {
            // told below, with the whole text
        }
        throw wrong("must be HOST:PORT with a port of 0 to 65535", text);
    }

    /** Bytes: a number, with a unit such as {@code MiB} or without. */
    static long size(String text, long min) {
        String number = text;
        long unit = 1;
        for (SizeUnit size : SIZES) {
            if (text.endsWith(size.suffix)) {
                number = text.substring(0, text.length() - size.suffix.length()).strip();
                unit = size.bytes;
                break;
            }
        }
        try {
            long bytes = Math.multiplyExact(Long.parseLong(number), unit);
            if (bytes >= min && bytes <= MAX_SIZE) {
                return bytes;
            }
        } catch (NumberFormatException | ArithmeticException e) {
            // told below
        }
        throw wrong("must be a size such as 512KiB, 32MiB or 1GiB, of at most 1024GiB", text);
    }

    static long size(String text, long min, long max) {
        long bytes = size(text, min);
        if (bytes > max) {
            throw wrong("must be at most " + (max >> 20) + "MiB", text);
        }
        return bytes;
    }

    static boolean bool(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong("must be true or false", text);
        };
    }

    static int integer(String text, int min, int max) {
        try {
            int value = Integer.parseInt(text);
            if (value >= min && value <= max) {
                return value;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw wrong("must be a whole number of " + min + " to " + max, text);
    }

    /** 0 to 1. */
    static double ratio(String text) {
        try {
            // no NaN, no exponents, no hexadecimal
            double value = text.matches("[0-9.]{1,20}") ? Double.parseDouble(text) : -1;
            if (value >= 0 && value <= 1) {
                return value;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw wrong("must be a number of 0 to 1, such as 0.01", text);
    }

    static long count(String text) {
        try {
            long value = Long.parseLong(text);
            if (value >= 0) {
                return value;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw wrong("must be a whole number, 0 or more", text);
    }

    static Duration duration(String text, Duration min, Duration max) {
        Duration value = Durations.parse("", text);
        if (value.compareTo(min) < 0 || value.compareTo(max) > 0) {
            throw wrong("must be " + Durations.format(min) + " to " + Durations.format(max), text);
        }
        return value;
    }

    /** The same, or 0 for what is turned off. */
    static Duration durationOrOff(String text, Duration min, Duration max) {
        return text.equals("0") || Durations.parse("", text).isZero() ? Duration.ZERO : duration(text, min, max);
    }

    static Path path(String text) {
        try {
            return Path.of(Checks.text("", text, 4096));
        } catch (InvalidPathException e) {
            throw wrong("is no path", text);
        }
    }

    static Path absolutePath(String text) {
        Path path = path(text);
        if (!path.isAbsolute()) {
            throw wrong("must be an absolute path", text);
        }
        return path;
    }

    /** Credentials belong in database.user and database.password-file, since URLs are shown in logs. */
    static String databaseUrl(String text) {
        if (!text.startsWith("jdbc:postgresql:")) {
            throw wrong("must begin with jdbc:postgresql: (or be null, for the embedded database)", text);
        }
        if (text.toLowerCase(Locale.ROOT).contains("password=")) {
            throw new InvalidValueException("", "must not hold a password; name a file in database.password-file");
        }
        return text;
    }

    static String redisUrl(String text) {
        if (!text.startsWith("redis://") && !text.startsWith("rediss://")) {
            throw wrong("must begin with redis:// or rediss://", text);
        }
        if (text.indexOf('@') >= 0) {
            throw new InvalidValueException("", "must not hold a password; name a file in redis.password-file");
        }
        if (!REDIS_URL.matcher(text).matches()) {
            throw wrong(
                    "must be redis://HOST:PORT/DATABASE (rediss:// for TLS), of which port and database may be left out",
                    text);
        }
        return text;
    }

    static String oneOf(String text, String... words) {
        if (!Arrays.asList(words).contains(text)) {
            throw wrong("must be one of " + String.join(", ", words), text);
        }
        return text;
    }

    /** Also true and false, as {@code off} is one of these to many who write YAML. */
    static Access access(String text) {
        return switch (text) {
            case "true", "on" -> Access.ALL;
            case "false" -> Access.OFF;
            default -> oneOf(text, Access.class);
        };
    }

    static <E extends Enum<E>> E oneOf(String text, Class<E> type) {
        for (E constant : type.getEnumConstants()) {
            if (constant.name().toLowerCase(Locale.ROOT).equals(text)) {
                return constant;
            }
        }
        String words = Arrays.stream(type.getEnumConstants())
                .map(c -> c.name().toLowerCase(Locale.ROOT))
                .collect(Collectors.joining(", "));
        throw wrong("must be one of " + words, text);
    }

    /** As it may be written in the file. */
    static String text(@Nullable Object value) {
        return switch (value) {
            case null -> "null";
            case Duration duration -> Durations.format(duration);
            case Enum<?> constant -> constant.name().toLowerCase(Locale.ROOT);
            case Double number -> BigDecimal.valueOf(number).toPlainString();
            case List<?> items -> items.stream().map(ConfigValues::text).collect(Collectors.joining(", ", "[", "]"));
            default -> value.toString();
        };
    }

    private static InvalidValueException wrong(String rule, String text) {
        return new InvalidValueException("", rule + "; got " + Checks.quoted(text));
    }
}
