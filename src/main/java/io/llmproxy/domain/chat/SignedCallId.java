package io.llmproxy.domain.chat;

import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import org.jspecify.annotations.Nullable;

/**
 * The id of a tool's call with the signature by which the model that called knows its thoughts again. Clients tell the id again with the
 * call and with its result, whatever their API, and so it is the one place from which a signature surely comes back.
 *
 * <p>Its form is {@code call_signed1_LLID_CCCCCCPSIGNATURE}: the length of the plain id in two digits, the plain id, a checksum over the
 * plain id, the model and the signature, how the signature was spelled, and the signature in the alphabet of base64url without padding.
 * All of it is letters, digits, {@code _} and {@code -}, which every API takes. The checksum finds what clients cut off or changed, and
 * what another model signed; it is no secret, since a signature is its provider's to judge.
 */
public final class SignedCallId {
    /** The longest id that is made, in characters: what the scan of a request keeps of a text, with its quotation marks. */
    public static final int LONGEST = 8 * 1024 - 2;

    /** How every one of them begins, and no other id. */
    public static final String PREFIX = "call_signed1_";

    private static final int LONGEST_PLAIN = 40;
    private static final int PLAIN = PREFIX.length() + 2;
    /** How many characters a {@link #check} has. */
    static final int CHECK = 6;

    /** How long the beginning may be in which the plain id is. */
    public static final int BEGINNING = PLAIN + LONGEST_PLAIN + 1;

    private static final Pattern ID = Pattern.compile("[A-Za-z0-9_-]{1," + LONGEST_PLAIN + "}");
    private static final Pattern USUAL = Pattern.compile("[A-Za-z0-9+/]+={0,2}");
    private static final Pattern FOR_URLS = Pattern.compile("[A-Za-z0-9_-]+={0,2}");
    private static final String DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    /** Spellings from here on have base64url's alphabet; each has its number of padding characters added. */
    private static final int OF_URLS = 3;

    private SignedCallId() {}

    /** Whether an id can carry a signature beside it: it is short, and has no other characters than all APIs take. */
    public static boolean carries(String plain) {
        return ID.matcher(plain).matches() && !plain.startsWith(PREFIX);
    }

    /**
     * @param plain one that {@link #carries}
     * @param model that signed
     * @param signature in base64
     * @return the plain id itself where the signature is too long or no base64
     */
    public static String of(String plain, String model, String signature) {
        int spelling = spelling(signature);
        if (spelling < 0) {
            return plain;
        }
        String letters = signature.replace('+', '-').replace('/', '_');
        String kept = spelling + letters.substring(0, letters.length() - spelling % OF_URLS);
        int length = plain.length();
        String id = PREFIX + (char) ('0' + length / 10) + (char) ('0' + length % 10) + plain + "_"
                + check(plain, model, kept) + kept;
        return id.length() > LONGEST ? plain : id;
    }

    /** The signature as the model gave it; null where the id has none, an incomplete one, or that of another model. */
    public static @Nullable String signature(String id, String model) {
        String plain = plain(id);
        int check = PLAIN + plain.length() + 1;
        int kept = check + CHECK;
        if (plain.length() == id.length() || id.length() > LONGEST || kept + 1 >= id.length()) {
            return null;
        }
        String told = id.substring(kept);
        return check(plain, model, told).equals(id.substring(check, kept)) ? spelled(told) : null;
    }

    /** The id as it was before the signature came to it; any other id as it is. */
    public static String plain(String id) {
        if (!id.startsWith(PREFIX) || id.length() < PLAIN) {
            return id;
        }
        int length = digit(id.charAt(PLAIN - 2)) * 10 + digit(id.charAt(PLAIN - 1));
        int end = PLAIN + length;
        if (length <= 0 || length > LONGEST_PLAIN || end >= id.length() || id.charAt(end) != '_') {
            return id;
        }
        String plain = id.substring(PLAIN, end);
        return carries(plain) ? plain : id;
    }

    /** Far below zero for what is none. */
    private static int digit(char c) {
        return c >= '0' && c <= '9' ? c - '0' : -100;
    }

    /** The number of padding characters and which alphabet; -1: it is no base64. */
    private static int spelling(String signature) {
        if (signature.length() > LONGEST) {
            return -1;
        }
        int equals = signature.endsWith("==") ? 2 : signature.endsWith("=") ? 1 : 0;
        if (USUAL.matcher(signature).matches()) {
            return equals;
        }
        return FOR_URLS.matcher(signature).matches() ? OF_URLS + equals : -1;
    }

    private static @Nullable String spelled(String kept) {
        int spelling = kept.charAt(0) - '0';
        if (spelling < 0 || spelling >= 2 * OF_URLS) {
            return null;
        }
        String letters = kept.substring(1);
        String usual = spelling < OF_URLS ? letters.replace('-', '+').replace('_', '/') : letters;
        return usual + "=".repeat(spelling % OF_URLS);
    }

    /** A checksum in letters, digits, {@code _} and {@code -}. */
    static String check(String what, String model, String kept) {
        CRC32 sum = new CRC32();
        sum.update((what + "\n" + model + "\n" + kept).getBytes(StandardCharsets.UTF_8));
        char[] out = new char[CHECK];
        long left = sum.getValue();
        for (int i = 0; i < CHECK; i++) {
            out[i] = DIGITS.charAt((int) (left & 63));
            left >>>= 6;
        }
        return new String(out);
    }
}
