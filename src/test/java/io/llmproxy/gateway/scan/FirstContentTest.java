package io.llmproxy.gateway.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.gateway.scan.FirstContent.Verdict;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FirstContentTest {
    private static Verdict verdict(String text, int piece) {
        return verdict(new FirstContent(), text, piece);
    }

    private static Verdict verdict(FirstContent content, String text, int piece) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        Verdict verdict = Verdict.NOTHING;
        for (int at = 0; at < bytes.length; at += piece) {
            verdict = content.feed(bytes, at, Math.min(piece, bytes.length - at));
        }
        return verdict;
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":\"\"},\"finish_reason\":null}]}|NOTHING",
                "{\"choices\": [{\"delta\": {\"role\": \"assistant\", \"content\": null, \"refusal\": null}}]}|NOTHING",
                "{\"choices\":[],\"prompt_filter_results\":[]}|NOTHING",
                "{\"choices\":[],\"usage\":{\"total_tokens\":3}}|CONTENT",
                "{\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}|CONTENT",
                "{\"choices\":[{\"delta\":{\"role\":\"assistant\",\"tool_calls\":[{\"id\":\"x\"}]}}]}|CONTENT",
                "{\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}|CONTENT",
                "{\"type\":\"message_start\",\"message\":{}}|NOTHING",
                "{\"type\": \"ping\"}|NOTHING",
                "{\"type\":\"content_block_start\",\"index\":0}|CONTENT",
                "{\"type\":\"response.created\"}|NOTHING",
                "{\"type\":\"response.output_text.delta\",\"delta\":\"x\"}|CONTENT",
                "{\"type\":\"response.failed\"}|ERROR",
                "{\"error\":{\"message\":\"x\"}}|ERROR",
                "{\"error\":null,\"choices\":[{\"delta\":{\"content\":\"Hi\"}}]}|CONTENT",
                "{\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}|ERROR",
                "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\"}}|CONTENT",
                "{\"id\":\"x\",\"choices\":[{\"finish_reason\":\"error\"}],\"error\":{\"code\":502}}|ERROR",
                "{\"id\":\"x\",\"type\":\"error\"}|ERROR",
                "{\"choices\":[{\"delta\":{\"content\":\"Hi\",\"error\":{\"x\":1}}}]}|CONTENT",
                "{\"choices\":[{\"delta\":{\"content\":\"{\\\"error\\\":1}\"}}],\"error\":\"\"}|CONTENT",
                "[DONE]|CONTENT",
                "<html>|CONTENT"
            })
    void anEventIsAnAnnouncementContentOrAnError(String data, Verdict expected) {
        String event = ": hello\n\nevent: x\ndata: " + data + "\n\n";
        for (int piece : new int[] {1, 7, 10_000}) {
            assertThat(verdict(event, piece)).isEqualTo(expected);
        }
    }

    @Test
    void theFirstWordStands() {
        assertThat(verdict("data: {\"x\":1}\n\ndata: {\"error\":{}}\n\n", 10_000))
                .isEqualTo(Verdict.CONTENT);
        assertThat(verdict("data: {\"error\":{}}\n\ndata: {\"x\":1}\n\n", 10_000))
                .isEqualTo(Verdict.ERROR);
    }

    @Test
    void aLongEventIsContentBeforeItEnds() {
        assertThat(verdict("data: " + "x".repeat(5000), 100)).isEqualTo(Verdict.CONTENT);
    }

    /** A response that begins repeats the instructions and the tools that it was asked with. */
    @Test
    void aLongAnnouncementIsOneHoweverItComes() {
        String created = "data: {\"type\":\"response.created\",\"response\":{\"instructions\":\"" + "x".repeat(5000)
                + "\"}}\n\n";
        String failed = "data: {\"error\":{\"message\":\"" + "x".repeat(5000) + "\"}}\n\n";
        for (int piece : new int[] {1, 100, 10_000}) {
            assertThat(verdict(created, piece)).isEqualTo(Verdict.NOTHING);
            assertThat(verdict(created + failed, piece)).isEqualTo(Verdict.ERROR);
        }
    }

    @Test
    void commentsAndEmptyEventsSayNothing() {
        assertThat(verdict(": keep-alive\n\n: keep-alive\n\nevent: x\n\n\n\n", 3))
                .isEqualTo(Verdict.NOTHING);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "LINES|{\"error\":\"gone\"}^|ERROR",
                "LINES|{\"error\":\"gone\"}|ERROR",
                "LINES|^^{\"done\":false,\"error\":\"gone\"}^{}^|ERROR",
                "LINES|{\"message\":{}}^{\"error\":\"gone\"}^|CONTENT",
                "LINES|gone|UNREADABLE",
                "DOCUMENT|[{\"error\":{\"code\":503}}]|ERROR",
                "DOCUMENT|[{\"candidates\":[]}^,^{\"error\":{}}]|CONTENT",
                "DOCUMENT|[{\"error\":{\"status\":\"INVALID_ARGUMENT\"}}]|CONTENT",
                "DOCUMENT|{\"id\":1,\"error\":null,\"output\":[{\"error\":{}}]}|CONTENT",
                "DOCUMENT| {^ \"id\":1, \"error\" : { \"code\": 1 }, \"a\": 2}|ERROR",
                "DOCUMENT|{\"error\":\"it breaks o|ERROR",
                "DOCUMENT|{\"choices\":[|CONTENT",
                "DOCUMENT|[]|CONTENT",
                "DOCUMENT|<html>|UNREADABLE",
                "DOCUMENT|~ ^ ~|NOTHING",
            })
    void linesAndDocumentsAreReadAsEventsAre(FirstContent.Form form, String text, Verdict expected) {
        for (int piece : new int[] {1, 7, 10_000}) {
            FirstContent content = new FirstContent(form, "");
            verdict(content, text.replace('^', '\n'), piece);
            assertThat(content.end()).isEqualTo(expected);
            assertThat(content.silent()).isEqualTo(expected == Verdict.NOTHING);
        }
    }

    @Test
    void aDocumentIsJudgedByItsFirstKibibyte() {
        String long1 = "{\"data\":\"" + "x".repeat(5000);
        String long2 = "{\"error\":\"" + "x".repeat(5000);
        for (int piece : new int[] {1, 100, 10_000}) {
            assertThat(verdict(new FirstContent(FirstContent.Form.DOCUMENT, ""), long1, piece))
                    .isEqualTo(Verdict.CONTENT);
            assertThat(verdict(new FirstContent(FirstContent.Form.DOCUMENT, ""), long2, piece))
                    .isEqualTo(Verdict.ERROR);
        }
    }

    @Test
    void ofAnUnknownCodingAllIsContent() {
        assertThat(verdict(new FirstContent(FirstContent.Form.EVENTS, "zstd"), "x", 1))
                .isEqualTo(Verdict.CONTENT);
    }
}
