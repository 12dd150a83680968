package io.llmproxy.gateway.scan;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.testing.Pieces;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Where a field stands in a multipart body. */
class MultipartScannerTest {
    @Test
    void findsTheModelWhereverThePiecesEnd() {
        String body = String.join(
                "",
                "preamble\r\n--b0--undary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"model\"\r\n",
                "Content-Type: audio/wav\r\n\r\n\r\n--b0--undar\r\r\n--b0--undaryX\r\n-\r\n\r\n--b0--undary \t\r\n",
                "content-disposition: form-data; name=\"model\"\r\n\r\nwhisper-1\r\n--b0--undary\r\n",
                "Content-Disposition: form-data; name=model2\r\n\r\n\r\n--b0--undary--\r\nepilogue");
        byte[] all = bytes(body);
        for (int i = 0; i <= all.length; i++) {
            MultipartScanner scanner = new MultipartScanner("b0--undary", "model");
            Pieces.cut(all, scanner::feed, i);
            scanner.finish();
            assertThat(scanner.found()).isEqualTo(1);
            assertThat(body.substring((int) scanner.valueStart(), (int) scanner.valueEnd()))
                    .isEqualTo("whisper-1");
        }
    }

    @Test
    void countsAFieldThatStandsTwiceAndFindsAnEmptyOne() {
        String part = "--b\r\nContent-Disposition: form-data; name=\"model\"\r\n\r\n";
        MultipartScanner twice = scanned(part + "a\r\n" + part + "b\r\n--b--\r\n");
        assertThat(twice.found()).isEqualTo(2);
        MultipartScanner empty = scanned(part + "\r\n--b--");
        assertThat(empty.found()).isEqualTo(1);
        assertThat(empty.valueEnd()).isEqualTo(empty.valueStart());
        assertThat(scanned("--b--\r\n").found()).isZero();
    }

    @Test
    void refusesABodyThatBreaksOffOrHasNoBoundary() {
        for (String body : List.of(
                "",
                "--b",
                "--b\r\n",
                "--b\r\nA: b\r\n\r\nx",
                "--b\r\nA: b\r\n\r\nx\r\n--b",
                "x--b--",
                "--b\nA: b\n\nx\n--b--")) {
            assertThatThrownBy(() -> scanned(body)).as(body).isInstanceOf(MalformedException.class);
        }
        assertThatThrownBy(() -> scanned("--b\r\nno colon\r\n\r\nx\r\n--b--")).isInstanceOf(MalformedException.class);
        assertThatThrownBy(() -> scanned("--b\r\nA: " + "x".repeat(20_000) + "\r\n\r\n\r\n--b--"))
                .hasMessageContaining("header of a part");
    }

    @Test
    void readsTheBoundaryOfAContentType() {
        assertThat(MultipartScanner.boundary("multipart/form-data; boundary=abc"))
                .isEqualTo("abc");
        assertThat(MultipartScanner.boundary("multipart/form-data; charset=\"x;boundary=no\"; Boundary=\"a b;c\"; z=1"))
                .isEqualTo("a b;c");
        for (String bad : List.of(
                "multipart/form-data",
                "multipart/form-data; boundary=",
                "multipart/form-data; boundary=" + "x".repeat(71),
                "multipart/form-data; boundary=\"a \"")) {
            assertThatThrownBy(() -> MultipartScanner.boundary(bad)).as(bad).isInstanceOf(MalformedException.class);
        }
    }

    private static MultipartScanner scanned(String body) {
        MultipartScanner scanner = new MultipartScanner("b", "model");
        byte[] bytes = bytes(body);
        scanner.feed(bytes, 0, bytes.length);
        scanner.finish();
        return scanner;
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
