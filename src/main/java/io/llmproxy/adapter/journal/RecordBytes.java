package io.llmproxy.adapter.journal;

import io.llmproxy.domain.usage.BlockTraits;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.UsageFigures;
import io.llmproxy.domain.usage.UsageRecord;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Finds in the bytes of a record what its place and its sums need, without making an object of it: this runs for every request.
 * One for all records; not thread-safe.
 */
final class RecordBytes {
    /** How many figures a record has; those of {@link UsageFigures} in their order. */
    static final int FIGURES = 15;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final int UUID_SIZE = 16;
    private static final int TOKENS = 7;
    private static final Outcome[] OUTCOMES = Outcome.values();
    private static final byte[][] OUTCOME_NAMES = Arrays.stream(OUTCOMES)
            .map(o -> o.name().getBytes(StandardCharsets.US_ASCII))
            .toArray(byte[][]::new);

    private static final byte[] PRICED = Cost.State.PRICED.name().getBytes(StandardCharsets.US_ASCII);
    private static final byte[] REPLAY = UsageRecord.IDEMPOTENT_REPLAY.getBytes(StandardCharsets.US_ASCII);

    private final long[] figures = new long[FIGURES];
    private byte[] bytes = {};
    private int version;
    private int at;
    private long seconds;
    private int nanos;
    private int owner;
    private int ownerEnd;
    private int asked;
    private int askedEnd;
    private int user;
    private int key;
    private int status;

    /** Looks at the record, which was decoded once or encoded by this program. */
    void read(byte[] source, int from) {
        bytes = source;
        version = bytes[from];
        at = from + 1 + UUID_SIZE; // behind the version and the id
        passText();
        passText();
        seconds = (long) LONG.get(bytes, at);
        nanos = (int) INT.get(bytes, at + Long.BYTES);
        at += Long.BYTES + Integer.BYTES;
        owner = at;
        passOwner();
        ownerEnd = at;
        passText();
        passText();
        asked = at;
        passText();
        passText();
        askedEnd = at;
        passText();
        readFigures();
    }

    private void passOwner() {
        at += UUID_SIZE;
        passText();
        user = bytes[at] == 0 ? -1 : at + 1;
        at += bytes[at] == 0 ? 1 : 1 + UUID_SIZE;
        passText();
        key = at;
        at += UUID_SIZE;
        passText();
    }

    private void readFigures() {
        status = (int) INT.get(bytes, at);
        at += Integer.BYTES;
        Outcome outcome = outcome();
        passText();
        boolean charged = outcome != Outcome.REFUSED && !isText(REPLAY);
        passText();
        at++;
        figures[0] = 1;
        figures[1] = UsageFigures.isError(outcome, status) ? 1 : 0;
        for (int i = 0; i < TOKENS; i++) {
            figures[2 + i] = figure();
        }
        passText();
        figures[9] = figure();
        figures[10] = figure();
        figures[11] = figure();
        at += 2 * Long.BYTES + Integer.BYTES;
        readCost();
        figures[14] = charged ? 0 : 1;
    }

    private void readCost() {
        if (version == UsageRecordCodec.WITHOUT_COST) {
            figures[12] = 0;
            figures[13] = 1;
            return;
        }
        figures[12] = UsageFigures.boundedCost((long) LONG.get(bytes, at));
        at += Long.BYTES;
        figures[13] = isText(PRICED) ? 0 : 1;
    }

    private long figure() {
        long figure = (long) LONG.get(bytes, at);
        at += Long.BYTES;
        return UsageFigures.bounded(figure);
    }

    private Outcome outcome() {
        int from = at + 3;
        int to = from + textLength();
        for (int i = 0; i < OUTCOMES.length; i++) {
            if (Arrays.equals(OUTCOME_NAMES[i], 0, OUTCOME_NAMES[i].length, bytes, from, to)) {
                return OUTCOMES[i];
            }
        }
        throw new IllegalStateException("an outcome that no record of this format has");
    }

    /** Whether the text that begins at {@code at} is that one. */
    private boolean isText(byte[] text) {
        if (bytes[at] == 0) {
            return false;
        }
        int begin = at + 3;
        return Arrays.equals(text, 0, text.length, bytes, begin, begin + textLength());
    }

    private void passText() {
        at += bytes[at] == 0 ? 1 : 3 + textLength();
    }

    /** Of the text that begins at {@code at}, behind the byte that says whether it is there. */
    private int textLength() {
        return (bytes[at + 1] & 0xFF) << 8 | bytes[at + 2] & 0xFF;
    }

    byte[] bytes() {
        return bytes;
    }

    /** When the request began. */
    long seconds() {
        return seconds;
    }

    int nanos() {
        return nanos;
    }

    /** Where the tenant, the user and the key stand, ids and names, up to {@link #ownerEnd}; the tenant's id comes first. */
    int owner() {
        return owner;
    }

    int ownerEnd() {
        return ownerEnd;
    }

    /** Where the model that was asked for and the provider stand, up to {@link #askedEnd}. */
    int asked() {
        return asked;
    }

    int askedEnd() {
        return askedEnd;
    }

    long tenantHigh() {
        return (long) LONG.get(bytes, owner);
    }

    long tenantLow() {
        return (long) LONG.get(bytes, owner + Long.BYTES);
    }

    /** Adds what a search may look for. */
    void traits(BlockTraits.Sink traits) {
        if (user >= 0) {
            traits.add(BlockTraits.hash(BlockTraits.Kind.USER, bytes, user, user + UUID_SIZE));
        }
        traits.add(BlockTraits.hash(BlockTraits.Kind.KEY, bytes, key, key + UUID_SIZE));
        model(asked, traits);
        model(askedEnd, traits);
        traits.add(BlockTraits.hash(BlockTraits.Kind.STATUS, status));
        traits.add(BlockTraits.hash(BlockTraits.Kind.STATUS_CLASS, status / 100));
    }

    private void model(int text, BlockTraits.Sink traits) {
        if (bytes[text] != 0) {
            int length = (bytes[text + 1] & 0xFF) << 8 | bytes[text + 2] & 0xFF;
            traits.add(BlockTraits.hash(BlockTraits.Kind.MODEL, bytes, text + 3, text + 3 + length));
        }
    }

    /** What it adds to the sums; overwritten by the next record. */
    long[] figures() {
        return figures;
    }
}
