package io.llmproxy.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeadBytesTest {
    @Test
    void writesLinesOfLatin1() {
        HeadBytes out = new HeadBytes(1).text("HTTP/1.1 200 OK").lineEnd().field("Name", "Köln");
        assertThat(text(out)).isEqualTo("HTTP/1.1 200 OK\r\nName: Köln\r\n");
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 9, 15, 16, 255, 256, 4095, 4096, 16_384, 0x7fffffff})
    void writesAChunkSizeInHexadecimal(int size) {
        assertThat(text(new HeadBytes(4).hex(size))).isEqualTo(Integer.toHexString(size));
    }

    @Test
    void beginsAnewWhenItIsCleared() {
        HeadBytes out = new HeadBytes(8).text("a long text that makes it grow");
        out.clear();
        assertThat(text(out.put("xyz".getBytes(StandardCharsets.US_ASCII), 1, 2)))
                .isEqualTo("yz");
    }

    private static String text(HeadBytes out) {
        return new String(Arrays.copyOf(out.array(), out.size()), StandardCharsets.ISO_8859_1);
    }
}
