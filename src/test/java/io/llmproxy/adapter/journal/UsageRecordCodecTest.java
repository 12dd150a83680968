package io.llmproxy.adapter.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.usage.Attempt;
import io.llmproxy.domain.usage.Cost;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.testing.UsageRecords;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class UsageRecordCodecTest {
    @Test
    void everyFieldComesBack() throws IOException {
        UsageRecord record = UsageRecords.full(Ids.next(UsageRecords.T0), "ünï-\uD83D\uDE00-\uD800-\u0000");
        assertThat(decode(encode(record))).isEqualTo(record);
    }

    @Test
    void nullsComeBackAsNulls() throws IOException {
        UsageRecord record = UsageRecords.bare(Ids.next(UsageRecords.T0));
        assertThat(decode(encode(record))).isEqualTo(record);
    }

    @Test
    void recordsOfTheFirstVersionHaveNoCost() throws IOException {
        UsageRecord record = UsageRecords.bare(Ids.next(UsageRecords.T0));
        byte[] bytes = encode(record);
        int cost = Long.BYTES + 1 + 2 + "UNPRICED".length() + 1;
        byte[] first = java.util.Arrays.copyOf(bytes, bytes.length - cost);
        first[0] = 1;
        assertThat(decode(first)).isEqualTo(record);
        assertThat(record.cost()).isEqualTo(Cost.UNKNOWN);
    }

    @Test
    void theAddressComesBackWithAttemptsAndWithout() throws IOException {
        UsageRecord plain = UsageRecords.full(Ids.next(UsageRecords.T0), "x");
        UsageRecord.Result r = plain.result();
        UsageRecord failedOver = new UsageRecord(
                plain.requestId(),
                null,
                null,
                plain.startedAt(),
                plain.caller(),
                plain.call(),
                new UsageRecord.Result(
                        r.status(),
                        r.outcome(),
                        r.errorCode(),
                        r.stream(),
                        r.tokens(),
                        r.effort(),
                        r.cost(),
                        List.of(new Attempt("down", "m", 503, "status", 7))));
        for (UsageRecord record : List.of(plain, failedOver)) {
            assertThat(decode(encode(record.from("2001:db8::")))).isEqualTo(record.from("2001:db8::"));
        }
        for (UsageRecord record : List.of(plain, failedOver, plain.from("10.0.0.1"))) {
            UsageRecord unaudited = record.withoutAudit();
            assertThat(decode(encode(unaudited))).isEqualTo(unaudited).isNotEqualTo(record);
            assertThat(encode(unaudited)[0]).isEqualTo((byte) 5);
        }
        // what an earlier version of the program can read is written as it reads it
        assertThat(encode(plain)[0]).isEqualTo((byte) 2);
        assertThat(encode(failedOver)[0]).isEqualTo((byte) 3);
        assertThat(encode(plain.from("10.0.0.1"))[0]).isEqualTo((byte) 4);
    }

    @Test
    void cutsATextThatAClientMadeTooLong() throws IOException {
        UsageRecord back = decode(encode(UsageRecords.labelled("\u4e16".repeat(1_000_000))));
        assertThat(back.clientRequestId()).isEqualTo("\u4e16".repeat(UsageRecordCodec.MAX_TEXT));
    }

    @Test
    void namesTheFormatThatIsTooNew() {
        byte[] bytes = encode(UsageRecords.labelled("x"));
        bytes[0] = 9;
        assertThatThrownBy(() -> decode(bytes))
                .isInstanceOf(NewerRecordException.class)
                .hasMessageContaining("format 9")
                .hasMessageContaining("newer version");
    }

    @Test
    void refusesEveryTruncationAndALongerOne() {
        byte[] bytes = encode(UsageRecords.labelled("x").from("10.0.0.1"));
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = java.util.Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> decode(cut)).isInstanceOf(IOException.class);
        }
        assertThatThrownBy(() -> decode(java.util.Arrays.copyOf(bytes, bytes.length + 1)))
                .isInstanceOf(IOException.class);
    }

    @Test
    void answersGarbageWithItsOwnExceptionsOnly() {
        Random random = new Random(7);
        byte[] sound = encode(UsageRecords.labelled("x").from("10.0.0.1"));
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = sound.clone();
            for (int flips = random.nextInt(4); flips >= 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
            }
            try {
                decode(bytes);
            } catch (IOException | NewerRecordException expected) {
                assertThat(expected.getMessage()).isNotEqualTo("");
            }
        }
    }

    private static byte[] encode(UsageRecord record) {
        RecordWriter bytes = new RecordWriter(512);
        UsageRecordCodec.encode(record, bytes);
        return bytes.toByteArray();
    }

    private static UsageRecord decode(byte[] bytes) throws IOException {
        return UsageRecordCodec.decode(ByteBuffer.wrap(bytes));
    }
}
