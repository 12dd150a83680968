package io.llmproxy.gateway.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdScannerTest {
    private static List<String> found(boolean events, String json, int piece) {
        List<String> found = new ArrayList<>();
        IdScanner scanner = new IdScanner(events, (subject, id) -> found.add(subject + " " + id));
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        for (int at = 0; at < bytes.length; at += piece) {
            scanner.feed(bytes, at, Math.min(piece, bytes.length - at));
        }
        return found;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"id\":\"a\"} | OBJECT a",
                "{ \"x\" : [1,{\"id\":\"no\"}] , \"id\" : \"a\" } | OBJECT a",
                "{\"response\":{\"x\":{\"id\":\"no\"},\"id\":\"a\"}} | OBJECT a",
                "{\"file\":{\"id\":\"f\"}} | FILE f",
                "{\"result_files\":[\"f\"]} | FILE f",
                "{\"output_file_id\":\"f\",\"error_file_id\":null} | FILE f",
                "{\"id\":\"\\u00fc\\\"\\\\\"} | OBJECT ü\"\\",
                "{\"output\":[{\"x\":{\"id\":\"no\"},\"id\":\"i\",\"y\":[{\"id\":\"no\"}]}]} | ITEM i",
                "{\"item\":{\"content\":[{\"id\":\"no\"}],\"id\":\"i\"}} | ITEM i",
                "{\"fine_tuned_model\":\"ft:m\"} | MODEL ft:m",
                "{\"a\":\"\\\\\",\"id\":\"b\"} | OBJECT b",
                "{\"a\":\"\\\",\\\"id\\\":\\\"no\\\"\",\"id\":\"b\"} | OBJECT b"
            })
    void idsAreFoundInWhateverPiecesTheyCome(String json, String expected) {
        for (int piece = 1; piece <= json.length(); piece++) {
            assertThat(found(true, json, piece)).containsExactly(expected);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "[\"id\",\"a\"]",
                "[{\"id\":\"a\"}]",
                "{\"metadata\":{\"id\":\"a\",\"output_file_id\":\"b\"}}",
                "{\"x\":{\"response\":{\"id\":\"a\"}}}",
                "{\"file\":[{\"id\":\"a\"}]}",
                "{\"result_files\":[{\"id\":\"a\"},[\"b\"]]}",
                "{\"id\":{\"id\":\"a\"}}",
                "{\"id\":[\"a\"]}",
                "{\"id\":7}",
                "}}]]",
                "\"id\":\"a\"",
                "{\"id"
            })
    void whatLiesElsewhereIsNoId(String json) {
        assertThat(found(true, json, 3)).isEmpty();
    }

    @Test
    void aResponseInsideIsTheObjectInEventsAlone() {
        assertThat(found(false, "{\"response\":{\"id\":\"a\"}}", 9)).isEmpty();
    }

    @Test
    void anIdBeyondAnyLengthIsToldAsOneThatCannotBe() {
        assertThat(found(false, "{\"id\":\"" + "x".repeat(100_000) + "\"}", 1000))
                .singleElement()
                .satisfies(id -> assertThat(id.length()).isBetween(1000, 5000));
    }
}
