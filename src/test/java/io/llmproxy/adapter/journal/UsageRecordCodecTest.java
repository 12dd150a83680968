package io.llmproxy.adapter.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.Ids;
import io.llmproxy.domain.usage.UsageRecord;
import io.llmproxy.testing.UsageRecords;
import java.io.IOException;
import java.nio.ByteBuffer;
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
        byte[] bytes = encode(UsageRecords.labelled("x"));
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
        byte[] sound = encode(UsageRecords.labelled("x"));
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
