package io.llmproxy.adapter.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class RecordWriterTest {
    @Test
    void writesWhatTheJdkWouldWrite() throws IOException {
        String text = "plain, \u0000, \u00e9, \u4e16, \ud83d\ude00, \ud800 alone";
        RecordWriter ours = new RecordWriter(1);
        ours.writeByte(200);
        ours.writeBoolean(true);
        ours.writeBoolean(false);
        ours.writeInt(-2);
        ours.writeLong(0x0123456789ABCDEFL);
        ours.writeUTF("");
        ours.writeUTF(text);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream theirs = new DataOutputStream(bytes);
        theirs.writeByte(200);
        theirs.writeBoolean(true);
        theirs.writeBoolean(false);
        theirs.writeInt(-2);
        theirs.writeLong(0x0123456789ABCDEFL);
        theirs.writeUTF("");
        theirs.writeUTF(text);

        assertThat(ours.toByteArray()).isEqualTo(bytes.toByteArray());
    }

    @Test
    void refusesATextWhoseLengthDoesNotFit() {
        RecordWriter bytes = new RecordWriter(16);

        assertThatThrownBy(() -> bytes.writeUTF("\u4e16".repeat(30_000))).isInstanceOf(IllegalArgumentException.class);
    }
}
