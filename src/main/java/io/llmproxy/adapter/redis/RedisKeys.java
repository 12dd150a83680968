package io.llmproxy.adapter.redis;

import io.llmproxy.domain.limit.CounterKey;
import io.llmproxy.domain.limit.Limit;
import io.llmproxy.domain.limit.LimitAlgorithm;
import io.llmproxy.domain.limit.LimitMetric;
import io.llmproxy.domain.limit.LimitPeriod;
import java.nio.charset.StandardCharsets;
import java.util.UUID;

/**
 * The names of keys. All have one hash tag, {@code {llmproxy}}, so that a cluster keeps them on one node: a request takes of its
 * tenant's counters and of those that all tenants share in one step, all or nothing.
 */
final class RedisKeys {
    private static final String TAG = "{llmproxy}:";
    /** In what begins a counter's name: of the tag, of the mark of counters, of the limit's id and of how it counts. */
    private static final int COLONS = 4;

    private static final byte[] LEASES = bytes(TAG + "leases");

    private RedisKeys() {}

    static byte[] leases() {
        return LEASES;
    }

    static byte[] processes() {
        return bytes(TAG + "processes");
    }

    /** The number of a process's last batch of corrections. */
    static byte[] batch(String process) {
        return bytes(TAG + "batch:" + process);
    }

    static byte[] counter(Limit limit, Object subject) {
        return bytes(prefix(limit) + text(subject));
    }

    /** Matches all counters of a limit, also those from before it counted as it does now. */
    static byte[] all(Limit limit) {
        return bytes(escaped(TAG + "c:" + id(limit) + ":") + "*");
    }

    /** Matches all counters of a limit as it is. */
    static byte[] present(Limit limit) {
        return bytes(escaped(prefix(limit)) + "*");
    }

    /** Matches the counters of all limits. */
    static byte[] counters() {
        return bytes(escaped(TAG + "c:") + "*");
    }

    /** What begins the names of a limit's counters, and of no other's. */
    static String name(Limit limit) {
        return prefix(limit);
    }

    /** The same of a counter's name; empty where it is none. */
    static String name(byte[] counter) {
        int colons = 0;
        for (int i = 0; i < counter.length; i++) {
            if (counter[i] == ':' && ++colons == COLONS) {
                return new String(counter, 0, i + 1, StandardCharsets.UTF_8);
            }
        }
        return "";
    }

    static CounterKey parse(Limit limit, byte[] key) {
        String text = new String(key, StandardCharsets.UTF_8);
        return new CounterKey(limit.id(), subject(text.substring(prefix(limit).length())));
    }

    /** A limit that counts in another way has other counters, and so begins anew. */
    private static String prefix(Limit limit) {
        return TAG + "c:" + id(limit) + ":" + shape(limit) + ":";
    }

    /** Without the mark that parts of a key are told apart by. */
    private static String id(Limit limit) {
        return limit.id().replace(':', '.');
    }

    private static String shape(Limit limit) {
        return limit.period().word()
                + switch (limit.algorithm()) {
                    case TOKEN_BUCKET -> "-b";
                    case SLIDING_WINDOW -> "-s" + limit.segments();
                    case FIXED_WINDOW -> {
                        boolean calendar = limit.period() == LimitPeriod.DAY || limit.period() == LimitPeriod.MONTH;
                        yield calendar ? "-w-" + limit.zone().getId().replace(':', '.') : "-w";
                    }
                };
    }

    /** How scripts call the way that a limit counts. */
    static int kind(Limit limit) {
        if (limit.metric() == LimitMetric.CONCURRENCY) {
            return Kind.RUNNING;
        }
        return switch (limit.algorithm()) {
            case TOKEN_BUCKET -> Kind.BUCKET;
            case SLIDING_WINDOW -> Kind.SLIDING;
            case FIXED_WINDOW -> even(limit) ? Kind.EVEN : Kind.WINDOW;
        };
    }

    /** Numbers that the scripts know. */
    static final class Kind {
        static final int WINDOW = 0;
        static final int SLIDING = 1;
        static final int BUCKET = 2;
        static final int RUNNING = 3;
        static final int EVEN = 4;

        private Kind() {}
    }

    /** Whether a window's start can be told without a calendar. */
    private static boolean even(Limit limit) {
        return limit.algorithm() == LimitAlgorithm.FIXED_WINDOW
                && switch (limit.period()) {
                    case SECOND, MINUTE, HOUR -> true;
                    case DAY, MONTH, TOTAL, NONE -> false;
                };
    }

    private static String text(Object subject) {
        return switch (subject) {
            case UUID id -> "u" + id;
            case CounterKey.Model model -> "m" + model.name();
            case CounterKey.Address address -> (address.v6() ? "6" : "4") + Long.toHexString(address.bits());
            default -> "s" + subject;
        };
    }

    private static Object subject(String text) {
        String rest = text.substring(1);
        return switch (text.charAt(0)) {
            case 'u' -> UUID.fromString(rest);
            case 'm' -> new CounterKey.Model(rest);
            case '4', '6' -> new CounterKey.Address(Long.parseUnsignedLong(rest, 16), text.charAt(0) == '6');
            default -> rest;
        };
    }

    private static String escaped(String text) {
        return text.replaceAll("([\\\\*?\\[\\]])", "\\\\$1");
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
