package io.llmproxy.gateway.scan;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds bytes eight at a time; where the wanted byte is not found the answer is {@code to}. */
public final class ByteSearch {
    private static final VarHandle EIGHT_BYTES =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final long ONES = 0x0101010101010101L;
    private static final long HIGH_BITS = 0x8080808080808080L;

    private ByteSearch() {}

    /** The first quotation mark or backslash. */
    public static int quoteOrBackslash(byte[] in, int from, int to) {
        return either(in, from, to, '"', '\\');
    }

    /** The first question mark. */
    public static int questionMark(byte[] in, int from, int to) {
        return either(in, from, to, '?', '?');
    }

    /** The first byte that JSON has escaped in a string (RFC 8259, section 7). */
    public static int quoteBackslashOrControl(byte[] in, int from, int to) {
        int i = from;
        for (; i + 8 <= to; i += 8) {
            long word = (long) EIGHT_BYTES.get(in, i);
            long quote = word ^ ONES * '"';
            long backslash = word ^ ONES * '\\';
            long found =
                    (quote - ONES & ~quote | backslash - ONES & ~backslash | word - ONES * ' ' & ~word) & HIGH_BITS;
            if (found != 0) {
                return i + (Long.numberOfTrailingZeros(found) >>> 3);
            }
        }
        while (i < to && in[i] != '"' && in[i] != '\\' && (in[i] < 0 || in[i] >= ' ')) {
            i++;
        }
        return i;
    }

    /** The first byte that is a backslash or no ASCII. */
    public static int backslashOrBeyondAscii(byte[] in, int from, int to) {
        int i = from;
        for (; i + 8 <= to; i += 8) {
            long word = (long) EIGHT_BYTES.get(in, i);
            long backslash = word ^ ONES * '\\';
            long found = (backslash - ONES & ~backslash | word) & HIGH_BITS;
            if (found != 0) {
                return i + (Long.numberOfTrailingZeros(found) >>> 3);
            }
        }
        while (i < to && in[i] >= 0 && in[i] != '\\') {
            i++;
        }
        return i;
    }

    /** The first line feed or carriage return. */
    static int lineEnd(byte[] in, int from, int to) {
        return either(in, from, to, '\n', '\r');
    }

    /** Where {@code wanted} begins; the text is not empty. */
    static int indexOf(byte[] in, int from, int to, byte[] wanted) {
        int last = to - wanted.length + 1;
        for (int i = either(in, from, to, wanted[0], wanted[0]); i < last; ) {
            if (equal(in, i, wanted)) {
                return i;
            }
            i = either(in, i + 1, to, wanted[0], wanted[0]);
        }
        return to;
    }

    /** Whether {@code wanted} stands at {@code at}, and all of it before the end of the array. */
    static boolean equal(byte[] in, int at, byte[] wanted) {
        if (in.length - at < wanted.length) {
            return false;
        }
        for (int i = 0; i < wanted.length; i++) {
            if (in[at + i] != wanted[i]) {
                return false;
            }
        }
        return true;
    }

    private static int either(byte[] in, int from, int to, int a, int b) {
        int i = from;
        long wantedA = ONES * a;
        long wantedB = ONES * b;
        for (; i + 8 <= to; i += 8) {
            long word = (long) EIGHT_BYTES.get(in, i);
            // a byte that is zero here is one that was wanted; the lowest bit found is exact, those above need not be
            long byA = word ^ wantedA;
            long byB = word ^ wantedB;
            long found = (byA - ONES & ~byA | byB - ONES & ~byB) & HIGH_BITS;
            if (found != 0) {
                return i + (Long.numberOfTrailingZeros(found) >>> 3);
            }
        }
        while (i < to && in[i] != a && in[i] != b) {
            i++;
        }
        return i;
    }
}
