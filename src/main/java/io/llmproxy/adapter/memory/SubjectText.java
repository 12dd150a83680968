package io.llmproxy.adapter.memory;

import io.llmproxy.domain.limit.CounterKey;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.UUID;

/** Subjects of counters as texts that other processes understand. */
final class SubjectText {
    private static final int LONGEST = 200;

    private SubjectText() {}

    /** At most some 200 characters, none of them a control character; what is longer is known by its hash. */
    static String of(CounterKey key) {
        return switch (key.subject()) {
            case UUID id -> "u:" + id;
            case CounterKey.Model model -> "m:" + shortened(model.name());
            default -> "s:" + shortened(key.subject().toString());
        };
    }

    private static String shortened(String text) {
        boolean plain =
                text.length() <= LONGEST && text.chars().noneMatch(c -> c < ' ' || Character.isSurrogate((char) c));
        return plain ? text : "sha256 " + hash(text);
    }

    private static String hash(String text) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            return HexFormat.of().formatHex(digest.digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-256", e);
        }
    }

    static CounterKey parse(String limitId, String text) {
        String rest = text.substring(2);
        return new CounterKey(
                limitId,
                switch (text.charAt(0)) {
                    case 'u' -> UUID.fromString(rest);
                    case 'm' -> new CounterKey.Model(rest);
                    default -> rest;
                });
    }
}
