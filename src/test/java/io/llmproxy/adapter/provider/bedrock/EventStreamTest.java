package io.llmproxy.adapter.provider.bedrock;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.adapter.provider.support.chat.StreamFormat.Splitter;
import io.llmproxy.gateway.scan.SseReader;
import io.llmproxy.port.UpstreamException;
import io.llmproxy.port.UpstreamException.Kind;
import io.llmproxy.testing.AwsMessages;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class EventStreamTest {
    private final List<String> events = new ArrayList<>();
    private final StringBuilder event = new StringBuilder();
    private final Splitter splitter = new EventStream().splitter(new SseReader.Listener() {
        @Override
        public void data(byte[] in, int from, int length) {
            event.append(new String(in, from, length, StandardCharsets.UTF_8));
        }

        @Override
        public void eventEnd(int next) {
            events.add(event.toString());
            event.setLength(0);
        }
    });

    private void feed(byte[] bytes) throws UpstreamException {
        splitter.feed(bytes, 0, bytes.length);
    }

    @Test
    void readsMessagesOfOtherHeadersThanTexts() throws UpstreamException {
        byte[] headers = HexFormat.of()
                .parseHex("0161" + "00" + "0162" + "01" + "0163" + "02" + "7f" + "0164" + "03" + "0001" + "0165" + "04"
                        + "00000001" + "0166" + "05" + "0000000000000001" + "0167" + "06" + "0002" + "0102" + "0168"
                        + "08" + "0000000000000001" + "0169" + "09" + "00112233445566778899aabbccddeeff"
                        + "0b3a6576656e742d74797065" + "07" + "0001" + "58");
        feed(AwsMessages.framed(headers, new byte[0]));
        assertThat(events).containsExactly("{\"X\":{}}");
    }

    @Test
    void readsSeveralMessagesAtOnce() throws UpstreamException {
        feed(AwsMessages.ofLines(
                "messageStart {\"role\":\"assistant\"}\nthrottlingException {\"message\":\"slow\"}\n"));
        splitter.end();
        assertThat(events)
                .containsExactly(
                        "{\"messageStart\":{\"role\":\"assistant\"}}",
                        "{\"exception\":{\"type\":\"throttlingException\"}}");
    }

    @Test
    void anyBitThatIsWrongIsFound() {
        byte[] good = AwsMessages.message("messageStop", "{\"stopReason\":\"end_turn\"}");
        for (int i = 0; i < good.length; i++) {
            byte[] bad = good.clone();
            bad[i] = (byte) (bad[i] ^ 4);
            Splitter fresh = new EventStream().splitter(new SseReader.Listener() {
                @Override
                public void data(byte[] in, int from, int length) {
                    throw new AssertionError("it was taken for an event");
                }

                @Override
                public void eventEnd(int next) {
                    throw new AssertionError("it was taken for an event");
                }
            });
            assertThatThrownBy(() -> fresh.feed(bad, 0, bad.length))
                    .as("byte %d", i)
                    .isInstanceOfSatisfying(
                            UpstreamException.class, e -> assertThat(e.kind()).isEqualTo(Kind.UNREADABLE));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 11, 15, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, 17 * 1024 * 1024})
    void aLengthThatCannotBeIsRefusedBeforeItsRoomIsTaken(int length) {
        byte[] bytes = new byte[12];
        ByteBuffer prelude = ByteBuffer.wrap(bytes);
        prelude.putInt(length).putInt(0);
        prelude.putInt(AwsMessages.crc(bytes, prelude.position()));

        assertThatThrownBy(() -> feed(bytes)).isInstanceOf(UpstreamException.class);
    }

    @Test
    void headersLongerThanTheirMessageAreRefused() {
        byte[] message = AwsMessages.framed(new byte[] {5, 'a'}, new byte[0]);
        assertThatThrownBy(() -> feed(message))
                .isInstanceOf(UpstreamException.class)
                .hasMessageContaining("headers are cut off");
    }

    @Test
    void anEndWithinAMessageIsTruncated() throws UpstreamException {
        feed(new byte[] {0, 0, 0});
        assertThatThrownBy(splitter::end)
                .isInstanceOfSatisfying(
                        UpstreamException.class, e -> assertThat(e.kind()).isEqualTo(Kind.TRUNCATED));
    }
}
