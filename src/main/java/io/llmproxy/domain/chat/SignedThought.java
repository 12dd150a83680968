package io.llmproxy.domain.chat;

import org.jspecify.annotations.Nullable;

/**
 * A signature of thoughts that its model gave with a part of an answer, as a client keeps it who has another place for signatures: beside
 * a thought. It tells which part had it, and shows whose it is, so that no other model is asked with it.
 *
 * <p>Its form is {@code thought_signed1_PCCCCCC_SIGNATURE}: the part, a checksum over the part, the model and the signature, and the
 * signature as it was. What clients cut off and what another model signed is found by the checksum, as with {@link SignedCallId}.
 *
 * @param part which had it
 * @param signature as the model gave it
 */
public record SignedThought(Part part, String signature) {
    private static final String PREFIX = "thought_signed1_";
    private static final int CHECK = PREFIX.length() + 1;
    private static final int SIGNATURE = CHECK + SignedCallId.CHECK + 1;

    /** What was signed. */
    public enum Part {
        /** A thought. */
        THOUGHT('h'),
        /** A text. */
        TEXT('t'),
        /** A text of no characters, as streams end with it. */
        EMPTY('e');

        private final char letter;

        Part(char letter) {
            this.letter = letter;
        }
    }

    /** As clients are told it. */
    public static String of(Part part, String model, String signature) {
        return PREFIX + part.letter + SignedCallId.check(part.name(), model, signature) + '_' + signature;
    }

    /** Whether it has this form, whoever signed. */
    public static boolean is(String told) {
        return told.startsWith(PREFIX);
    }

    /** What clients were told; null where it is anything else, incomplete, or that of another model. */
    public static @Nullable SignedThought read(String told, String model) {
        if (!is(told) || told.length() <= SIGNATURE) {
            return null;
        }
        String signature = told.substring(SIGNATURE);
        for (Part part : Part.values()) {
            boolean signed = part.letter == told.charAt(CHECK - 1)
                    && SignedCallId.check(part.name(), model, signature).equals(told.substring(CHECK, SIGNATURE - 1));
            if (signed) {
                return new SignedThought(part, signature);
            }
        }
        return null;
    }
}
