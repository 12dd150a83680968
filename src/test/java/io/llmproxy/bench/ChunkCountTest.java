package io.llmproxy.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChunkCountTest {
    @Test
    void countsWhatIsMissingTwiceOrBehindALaterOne() {
        ChunkCount count = new ChunkCount(6);
        IntStream.of(0, 2, 1, 3, 3).forEach(count::add);

        assertThat(count.received()).isEqualTo(4);
        assertThat(count.lost()).isEqualTo(2);
        assertThat(count.duplicated()).isEqualTo(1);
        assertThat(count.reordered()).isEqualTo(1);
    }
}
