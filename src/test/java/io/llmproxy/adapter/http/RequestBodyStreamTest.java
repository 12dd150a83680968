package io.llmproxy.adapter.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import org.junit.jupiter.api.Test;

class RequestBodyStreamTest {
    private final BodyPace pace = new BodyPace();
    private final Queue<byte[]> pieces = new ArrayDeque<>();
    /** For each time that the connection was asked for more whether the body was waited for. */
    private final List<Boolean> waits = new ArrayList<>();

    private final ClientBytes bytes = new ClientBytes(() -> {
        waits.add(pace.giveUp(
                ClientPatience.DEFAULT, System.nanoTime() + Duration.ofHours(1).toNanos()));
        return pieces.poll();
    });

    /** As it is when the head has been read, with what came behind that. */
    private void arrived(int... values) {
        byte[] piece = new byte[values.length];
        for (int i = 0; i < values.length; i++) {
            piece[i] = (byte) values[i];
        }
        pieces.add(piece);
        bytes.more();
        waits.clear();
    }

    private RequestBodyStream body(long declared) {
        return new RequestBodyStream(
                declared,
                bytes::available,
                () -> declared < 0 ? new ChunkedBody(bytes) : new FixedBody(bytes, declared),
                pace);
    }

    @Test
    void whatCameWithTheHeadIsNotWaitedFor() throws IOException {
        arrived(1, 2, 3, 4, 5);
        RequestBodyStream body = body(8);
        assertThat(body.available()).isEqualTo(5);
        assertThat(body.readNBytes(5)).containsExactly(1, 2, 3, 4, 5);
        assertThat(waits).isEmpty();
        assertThat(body.available()).isZero();
        pieces.add(new byte[] {6, 7, 8});
        assertThat(body.read()).isEqualTo(6);
        assertThat(waits).containsExactly(true);
    }

    @Test
    void noMoreIsHereThanTheBodyHas() throws IOException {
        arrived(1, 2, 3, 'G', 'E', 'T');
        RequestBodyStream body = body(3);
        assertThat(body.available()).isEqualTo(3);
        assertThat(body.readAllBytes()).containsExactly(1, 2, 3);
        assertThat(body.available()).isZero();
        assertThat(bytes.available()).isEqualTo(3);
    }

    /** How much of what is here is the body's tells only a look at it. */
    @Test
    void chunksAreNotKnownToBeHere() throws IOException {
        arrived('3', '\r', '\n', 1, 2, 3, '\r', '\n', '0', '\r', '\n', '\r', '\n');
        RequestBodyStream body = body(-1);
        assertThat(body.available()).isZero();
        assertThat(body.readAllBytes()).containsExactly(1, 2, 3);
    }
}
