package io.llmproxy.testing;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The part of a page of the manual that a test writes: what stands there is what the code does. */
public final class WrittenPart {
    private WrittenPart() {}

    /**
     * With {@code -Dgolden.write=true} it is written anew.
     *
     * @param begin the lines before it, line end included
     * @param end what follows
     */
    public static void check(Path page, String begin, String end, String part) throws IOException {
        String text = Files.readString(page);
        assertThat(text).contains(begin, end);
        int from = text.indexOf(begin) + begin.length();
        int to = text.indexOf(end);
        if (Boolean.getBoolean("golden.write")) {
            Files.writeString(page, text.substring(0, from) + part + text.substring(to));
        } else {
            assertThat(text.substring(from, to)).isEqualTo(part);
        }
    }
}
