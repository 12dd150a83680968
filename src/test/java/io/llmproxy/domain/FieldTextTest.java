package io.llmproxy.domain;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class FieldTextTest {
    /** As RFC 9110, section 5.6.2, lists them. */
    private static final String TOKEN = "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";

    @Test
    void aTokenIsOfTheCharactersOfTheRfc() {
        assertThat(FieldText.token("")).isFalse();
        for (char c = 0; c < 0x1000; c++) {
            boolean expected = TOKEN.indexOf(c) >= 0;
            assertThat(FieldText.token("some" + c)).as("%x", (int) c).isEqualTo(expected);
            assertThat(FieldText.token(c + "more")).as("%x", (int) c).isEqualTo(expected);
        }
        assertThat(FieldText.token("\uffff")).isFalse();
    }

    @Test
    void theSameOfBytes() {
        for (int b = 0; b < 256; b++) {
            byte[] text = ("a:" + (char) b + "x:y").getBytes(StandardCharsets.ISO_8859_1);
            assertThat(FieldText.token(text, 2, 4)).as("%x", b).isEqualTo(TOKEN.indexOf(b) >= 0);
        }
        assertThat(FieldText.token(new byte[] {'a'}, 1, 1)).isFalse();
    }

    @Test
    void printableIsWhatIsBetweenBlankAndTilde() {
        assertThat(FieldText.printable("")).isTrue();
        for (char c = 0; c < 0x1000; c++) {
            boolean expected = c >= ' ' && c <= '~';
            assertThat(FieldText.printable("some text " + c)).as("%x", (int) c).isEqualTo(expected);
            assertThat(FieldText.printable(c + " and more")).as("%x", (int) c).isEqualTo(expected);
        }
        assertThat(FieldText.printable("\uffff")).isFalse();
    }
}
