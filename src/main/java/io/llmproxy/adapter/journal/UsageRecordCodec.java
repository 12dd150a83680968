package io.llmproxy.adapter.journal;

import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.Outcome;
import io.llmproxy.domain.usage.TokenUsage;
import io.llmproxy.domain.usage.UsageRecord;
import java.io.ByteArrayInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The binary form of a usage record: a version byte, then the fields in the order of the record. Each version adds to the one before it:
 * 1 ends before the cost, 2 after it, 3 has failed attempts, 4 the caller's address behind all others, 5 is of a request
 * that no audit shows, and its address may be missing. The least is written that says all, so that an earlier program
 * reads what needs no more. A text is preceded by whether it is there; names of enum constants are written out, so that their order may change.
 */
final class UsageRecordCodec {
    static final byte VERSION = 5;
    private static final byte WITH_AUDIT = 4;
    private static final byte WITHOUT_ADDRESS = 3;
    private static final byte WITHOUT_ATTEMPTS = 2;
    static final int WITHOUT_COST = 1;
    /** Longer texts are cut: a client chooses some of them, and none is worth a record of unbounded length. */
    static final int MAX_TEXT = 4096;

    private UsageRecordCodec() {}

    /** Appends the record's bytes to {@code bytes}. */
    static void encode(UsageRecord record, RecordWriter bytes) {
        byte version = version(record);
        bytes.writeByte(version);
        writeIdentity(record, bytes);
        writeCall(record, bytes);
        writeTokens(record.tokens(), bytes);
        writeFigures(record, bytes);
        writeCost(record.cost(), bytes);
        if (version > WITHOUT_ATTEMPTS) {
            writeAttempts(record.failed(), bytes);
        }
        if (version > WITHOUT_ADDRESS) {
            write(record.caller().address(), bytes);
        }
    }

    private static byte version(UsageRecord record) {
        if (record.unaudited()) {
            return VERSION;
        }
        if (record.caller().address() != null) {
            return WITH_AUDIT;
        }
        return record.failed().isEmpty() ? WITHOUT_ATTEMPTS : WITHOUT_ADDRESS;
    }

    private static void writeIdentity(UsageRecord record, RecordWriter out) {
        write(record.requestId(), out);
        write(record.clientRequestId(), out);
        write(record.upstreamRequestId(), out);
        Instant started = record.startedAt();
        out.writeLong(started.getEpochSecond());
        out.writeInt(started.getNano());
        write(record.tenantId(), out);
        write(record.tenantSlug(), out);
        UUID user = record.userId();
        out.writeBoolean(user != null);
        if (user != null) {
            write(user, out);
        }
        write(record.userEmail(), out);
        write(record.keyId(), out);
        write(record.keyName(), out);
    }

    private static void writeCall(UsageRecord record, RecordWriter out) {
        write(record.method(), out);
        write(record.endpoint(), out);
        write(record.requestedModel(), out);
        write(record.provider(), out);
        write(record.upstreamModel(), out);
        out.writeInt(record.status());
        write(record.outcome().name(), out);
        write(record.errorCode(), out);
        out.writeBoolean(record.stream());
    }

    private static void writeTokens(TokenUsage tokens, RecordWriter out) {
        out.writeLong(tokens.input());
        out.writeLong(tokens.output());
        out.writeLong(tokens.cachedInput());
        out.writeLong(tokens.cacheWrite());
        out.writeLong(tokens.reasoning());
        out.writeLong(tokens.audioInput());
        out.writeLong(tokens.audioOutput());
        write(tokens.source().name(), out);
    }

    private static void writeFigures(UsageRecord record, RecordWriter out) {
        out.writeLong(record.requestBytes());
        out.writeLong(record.responseBytes());
        out.writeLong(record.durationMicros());
        out.writeLong(record.firstByteMicros());
        out.writeLong(record.overheadMicros());
        out.writeInt(record.attempts());
    }

    private static void writeCost(Cost cost, RecordWriter out) {
        out.writeLong(cost.nanos());
        write(cost.state().name(), out);
        write(cost.priceId(), out);
    }

    private static void writeAttempts(List<Attempt> attempts, RecordWriter out) {
        int count = Math.min(attempts.size(), Attempt.MOST);
        out.writeByte(count);
        for (Attempt attempt : attempts.subList(0, count)) {
            write(attempt.provider(), out);
            write(attempt.model(), out);
            out.writeInt(attempt.status());
            write(attempt.reason(), out);
            out.writeLong(attempt.durationMicros());
        }
    }

    private static void write(UUID id, RecordWriter out) {
        out.writeLong(id.getMostSignificantBits());
        out.writeLong(id.getLeastSignificantBits());
    }

    private static void write(@Nullable String text, RecordWriter out) {
        out.writeBoolean(text != null);
        if (text != null) {
            // writeUTF takes what is no valid UTF-16 too, and at most three bytes for each of these characters
            out.writeUTF(text.length() <= MAX_TEXT ? text : text.substring(0, MAX_TEXT));
        }
    }

    /**
     * Reads the record that fills {@code payload}.
     *
     * @throws NewerRecordException where a later version of the program wrote it
     * @throws IOException where the bytes are no record
     */
    static UsageRecord decode(ByteBuffer payload) throws IOException {
        byte[] bytes = new byte[payload.remaining()];
        payload.get(bytes);
        DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
        int version = in.readUnsignedByte();
        if (version > VERSION) {
            throw new NewerRecordException(version);
        }
        try {
            UsageRecord record = read(version, in);
            if (version == 0 || in.available() > 0) {
                throw new IOException("bytes that are no usage record");
            }
            return record;
        } catch (IllegalArgumentException | DateTimeException e) {
            throw new IOException("a usage record with a value that is none", e);
        }
    }

    private static UsageRecord read(int version, DataInputStream in) throws IOException {
        // arguments are evaluated from left to right: the order of the record is the order on the disk
        UsageRecord record = new UsageRecord(
                uuid(in),
                text(in),
                text(in),
                Instant.ofEpochSecond(in.readLong(), in.readInt()),
                caller(in),
                new UsageRecord.Call(required(in), required(in), text(in), text(in), text(in)),
                result(version, in));
        if (version > WITH_AUDIT) {
            return record.from(text(in)).withoutAudit();
        }
        return version <= WITHOUT_ADDRESS ? record : record.from(required(in));
    }

    private static UsageRecord.Caller caller(DataInputStream in) throws IOException {
        return new UsageRecord.Caller(
                uuid(in), required(in), in.readBoolean() ? uuid(in) : null, text(in), uuid(in), required(in), null);
    }

    private static UsageRecord.Result result(int version, DataInputStream in) throws IOException {
        return new UsageRecord.Result(
                in.readInt(),
                Outcome.valueOf(required(in)),
                text(in),
                in.readBoolean(),
                tokens(in),
                new UsageRecord.Effort(
                        in.readLong(), in.readLong(), in.readLong(), in.readLong(), in.readLong(), in.readInt()),
                version == WITHOUT_COST ? Cost.UNKNOWN : cost(in),
                version <= WITHOUT_ATTEMPTS ? List.of() : attempts(in));
    }

    private static List<Attempt> attempts(DataInputStream in) throws IOException {
        int count = in.readUnsignedByte();
        List<Attempt> attempts = new ArrayList<>(count);
        for (int i = 0; i < count; i++) {
            attempts.add(new Attempt(required(in), text(in), in.readInt(), required(in), in.readLong()));
        }
        return attempts;
    }

    private static Cost cost(DataInputStream in) throws IOException {
        return new Cost(in.readLong(), Cost.State.valueOf(required(in)), text(in));
    }

    private static TokenUsage tokens(DataInputStream in) throws IOException {
        return new TokenUsage(
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                in.readLong(),
                TokenUsage.Source.valueOf(required(in)));
    }

    static UUID uuid(DataInputStream in) throws IOException {
        return new UUID(in.readLong(), in.readLong());
    }

    static @Nullable String text(DataInputStream in) throws IOException {
        return in.readBoolean() ? in.readUTF() : null;
    }

    static String required(DataInputStream in) throws IOException {
        String text = text(in);
        if (text == null) {
            throw new IOException("a usage record without a field that all have");
        }
        return text;
    }
}
