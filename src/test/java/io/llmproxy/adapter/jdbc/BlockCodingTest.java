package io.llmproxy.adapter.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.port.StoreException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockCodingTest {
    private static Stream<Function<byte[], BlockCoding.Coded>> codings() {
        return Stream.of(BlockCoding::quick, BlockCoding::small);
    }

    private static void comesBack(byte[] bytes, BlockCoding.Coded coded) {
        assertThat(Arrays.equals(BlockCoding.decode(coded.coding(), coded.data()), bytes))
                .isTrue();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1023, 1024, 8191, 8192, 8193, 16_384, 16_385, 1_000_000})
    void givesBackTextInASmallerForm(int length) {
        byte[] text =
                "one record is much like another; ".repeat(length / 33 + 1).getBytes(StandardCharsets.US_ASCII);
        byte[] bytes = Arrays.copyOf(text, length);
        codings().map(coding -> coding.apply(bytes)).forEach(coded -> {
            comesBack(bytes, coded);
            if (length > 1024) {
                assertThat(coded.data()).hasSizeLessThan(length / 4);
            }
        });
    }

    @ParameterizedTest
    @ValueSource(ints = {1024, 8191, 8192, 8193, 16_384, 100_001})
    void keepsWhatCannotBeMadeSmaller(int length) {
        byte[] bytes = new byte[length];
        new Random(length).nextBytes(bytes);
        codings().map(coding -> coding.apply(bytes)).forEach(coded -> {
            assertThat(coded.coding()).isEqualTo(BlockCoding.PLAIN);
            comesBack(bytes, coded);
        });
    }

    /** Hardly smaller in one part and much in another: the output may be used up amid a piece. */
    @ParameterizedTest
    @ValueSource(ints = {8192, 8200, 20_000, 60_000})
    void givesBackAMixture(int random) {
        byte[] bytes = new byte[random + 500];
        new Random(random).nextBytes(bytes);
        Arrays.fill(bytes, random, bytes.length, (byte) 'a');
        codings().forEach(coding -> comesBack(bytes, coding.apply(bytes)));
    }

    /** Of each kind of byte, and of each length about the ends of pieces. */
    @Test
    void givesBackWhateverRepeatsSomewhat() {
        Random random = new Random(7);
        for (int length = 1024; length < 40_000; length += 611) {
            byte[] bytes = new byte[length];
            for (int at = 0; at < length; ) {
                int run = Math.min(length - at, 1 + random.nextInt(300));
                if (at > run && random.nextInt(3) > 0) {
                    System.arraycopy(bytes, at - run - random.nextInt(at - run + 1), bytes, at, run);
                } else {
                    byte[] fresh = new byte[run];
                    random.nextBytes(fresh);
                    System.arraycopy(fresh, 0, bytes, at, run);
                }
                at += run;
            }
            codings().forEach(coding -> comesBack(bytes, coding.apply(bytes)));
        }
    }

    /** Cut anywhere, or with any byte another one: an error or other bytes, but nothing worse. */
    @Test
    void saysOfDamagedBytesThatTheyAre() {
        byte[] bytes = "one record is much like another; ".repeat(600).getBytes(StandardCharsets.US_ASCII);
        codings().map(coding -> coding.apply(bytes)).forEach(coded -> {
            byte[] data = coded.data();
            assertThat(coded.coding()).isNotEqualTo(BlockCoding.PLAIN);
            for (int cut = 0; cut < data.length; cut++) {
                byte[] begin = Arrays.copyOf(data, cut);
                assertThatThrownBy(() -> BlockCoding.decode(coded.coding(), begin))
                        .isInstanceOf(StoreException.class)
                        .hasMessageContaining("damaged");
            }
            for (int at = 0; at < data.length; at++) {
                byte[] other = data.clone();
                other[at] ^= (byte) 0x81;
                try {
                    assertThat(BlockCoding.decode(coded.coding(), other).length).isLessThan(150 * data.length);
                } catch (StoreException e) {
                    assertThat(e).hasMessageContaining("damaged");
                }
            }
        });
    }

    @Test
    void knowsNoOtherCoding() {
        assertThatThrownBy(() -> BlockCoding.decode(3, new byte[10])).hasMessageContaining("does not know: 3");
    }
}
