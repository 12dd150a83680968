package io.llmproxy.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.ProtocolException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class AnswerReaderTest {
    private final StringBuilder body = new StringBuilder();
    private final AnswerReader reader =
            new AnswerReader(part -> body.append(StandardCharsets.US_ASCII.decode(part.duplicate())));

    @Test
    void readsAnswersOneAfterTheOtherInPiecesOfAnySize() throws IOException {
        String answers = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none"
                + "HTTP/1.1 429 Too Many\r\nTransfer-Encoding: chunked\r\n\r\n2;x=y\r\ntw\r\n1\r\no\r\n0\r\nT: 1\r\n\r\n"
                + "HTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";
        for (int size = 1; size <= answers.length(); size++) {
            body.setLength(0);
            assertThat(statuses(answers, size)).as("pieces of " + size).containsExactly(200, 429, 204, 200);
            assertThat(body).hasToString("onetwo");
        }
    }

    private List<Integer> statuses(String answers, int size) throws IOException {
        List<Integer> statuses = new ArrayList<>();
        for (int from = 0; from < answers.length(); from += size) {
            ByteBuffer piece = bytes(answers.substring(from, Math.min(answers.length(), from + size)));
            while (piece.hasRemaining()) {
                if (reader.read(piece)) {
                    statuses.add(reader.status());
                }
            }
        }
        return statuses;
    }

    @Test
    void anAnswerWithoutALengthEndsWithItsConnection() throws IOException {
        assertThat(reader.read(bytes("HTTP/1.1 200 OK\r\n\r\nall the rest"))).isFalse();
        assertThat(reader.endsHere()).isTrue();
        assertThat(body).hasToString("all the rest");
    }

    @Test
    void anAnswerThatIsCutHasNotEnded() throws IOException {
        assertThat(reader.read(bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")))
                .isFalse();
        assertThat(reader.endsHere()).isFalse();
    }

    @Test
    void whatIsNoAnswerIsRefused() {
        assertThatThrownBy(() -> reader.read(bytes("SSH-2.0-OpenSSH\r\n")))
                .isInstanceOf(ProtocolException.class)
                .hasMessageContaining("SSH-2.0");
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.US_ASCII));
    }
}
