package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DownloadedFileTest {
    @TempDir
    Path directory;

    private static byte[] whole(String content) throws Exception {
        byte[] body = content.getBytes(StandardCharsets.UTF_8);
        String hash =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(body));
        return (content + "llmproxy-backup sha256=" + hash + "\n").getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void isThereWhenItsEndFitsAndInPiecesOfAnySize() throws Exception {
        byte[] whole = whole("rows ".repeat(100));
        for (int piece : new int[] {1, 7, 88, 89, 4000}) {
            Path file = directory.resolve("f" + piece);
            DownloadedFile.write(file, out -> {
                for (int at = 0; at < whole.length; at += piece) {
                    out.write(whole, at, Math.min(piece, whole.length - at));
                }
            });
            assertThat(file).hasBinaryContent(whole);
        }
    }

    /** As of a server that was killed. */
    @Test
    void nothingIsLeftOfWhatHasNoEnd() throws Exception {
        byte[] whole = whole("rows");
        for (int length : new int[] {0, 3, 60, whole.length - 1}) {
            assertThatThrownBy(() -> DownloadedFile.write(directory.resolve("f"), out -> out.write(whole, 0, length)))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("has no end");
            assertThat(directory).isEmptyDirectory();
        }
    }

    @Test
    void twoCannotWriteTheSame() throws Exception {
        Path file = directory.resolve("f");
        byte[] whole = whole("rows");
        DownloadedFile.write(file, out -> {
            assertThatThrownBy(() -> DownloadedFile.write(file, other -> other.write(whole)))
                    .isInstanceOf(CliException.class)
                    .hasMessageContaining("another process");
            out.write(whole);
        });
        assertThat(Files.readAllBytes(file)).isEqualTo(whole);
    }
}
