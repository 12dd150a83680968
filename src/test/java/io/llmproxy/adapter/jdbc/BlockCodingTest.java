package io.llmproxy.adapter.jdbc;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockCodingTest {
    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1023, 1024, 8191, 8192, 8193, 16_384, 16_385, 1_000_000})
    void givesBackTextInASmallerForm(int length) {
        byte[] text =
                "one record is much like another; ".repeat(length / 33 + 1).getBytes(StandardCharsets.US_ASCII);
        byte[] frames = Arrays.copyOf(text, length);
        BlockCoding.Coded coded = BlockCoding.encode(frames);
        assertThat(BlockCoding.decode(coded.coding(), coded.data())).isEqualTo(frames);
        if (length > 1024) {
            assertThat(coded.data()).hasSizeLessThan(length / 4);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1024, 8191, 8192, 8193, 16_384, 100_001})
    void keepsWhatCannotBeMadeSmaller(int length) {
        byte[] frames = new byte[length];
        new Random(length).nextBytes(frames);
        BlockCoding.Coded coded = BlockCoding.encode(frames);
        assertThat(coded.coding()).isEqualTo(BlockCoding.PLAIN);
        assertThat(BlockCoding.decode(coded.coding(), coded.data())).isEqualTo(frames);
    }

    /** Hardly smaller in one part and much in another: the output may be used up amid a piece. */
    @ParameterizedTest
    @ValueSource(ints = {8192, 8200, 20_000, 60_000})
    void givesBackAMixture(int random) {
        byte[] frames = new byte[random + 500];
        new Random(random).nextBytes(frames);
        Arrays.fill(frames, random, frames.length, (byte) 'a');
        BlockCoding.Coded coded = BlockCoding.encode(frames);
        assertThat(BlockCoding.decode(coded.coding(), coded.data())).isEqualTo(frames);
    }
}
