package io.llmproxy.adapter.provider.support.chat;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.chat.JsonText;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

class JsonOutTest {
    private static final String[] PIECES = {
        "a", "word ", "\n", "\r", "\t", "\u0000", "\u001f", "\u007f", "\"", "\\", "/", "?", "é", "漢", "😀", "\ud83d",
        "\ude00", "\uffff"
    };

    private final JsonOut out = new JsonOut();

    private String written() {
        return new String(out.take(), StandardCharsets.UTF_8);
    }

    @Test
    void commasStandBetweenValuesAlone() {
        out.open()
                .member("a", 1)
                .name("b")
                .openList()
                .text("x")
                .number(-2)
                .nothing()
                .open()
                .close()
                .closeList();
        out.member("c", true)
                .optional("left out", (String) null)
                .member("d", new JsonText("{\"e\":[]}"))
                .close();
        assertThat(written()).isEqualTo("{\"a\":1,\"b\":[\"x\",-2,null,{}],\"c\":true,\"d\":{\"e\":[]}}");
    }

    @Test
    void numbersAreWrittenShort() {
        out.openList();
        out.closeList();
        assertThat(written()).isEqualTo("[]");
        out.open()
                .optional("whole", 3.0)
                .optional("part", 0.25)
                .optional("none", (Number) null)
                .close();
        assertThat(written()).isEqualTo("{\"whole\":3,\"part\":0.25}");
    }

    /** Of any length, in front of which and behind which anything may stand. */
    @Test
    void everyTextComesBackAsItWas() {
        Random random = new Random(11);
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(round % 10 == 0 ? 200 : 12); i > 0; i--) {
                text.append(PIECES[random.nextInt(PIECES.length)]);
            }
            out.open().member("text", text.toString()).close();
            assertThat(Json.text(Json.parse(out.take()), "text")).isEqualTo(text.toString());
        }
    }

    @Test
    void whatUtf8CannotHaveIsEscaped() {
        out.text("really? \ud800 and \udc00\ud83d, and a text that is longer than a name is");
        assertThat(written())
                .isEqualTo("\"really? \\ud800 and \\udc00\\ud83d, and a text that is longer than a name is\"");
    }

    @Test
    void whatIsTakenBackIsGone() {
        out.open().member("kept", "é");
        int mark = out.size();
        out.member("half", "é".repeat(1000));
        out.backTo(mark);
        out.member("then", "漢").close();
        assertThat(written()).isEqualTo("{\"kept\":\"é\",\"then\":\"漢\"}");
        assertThat(out.isEmpty()).isTrue();
    }

    @Test
    void muchIsWrittenWholeAndNotKept() {
        String much = "x\n".repeat(200_000);
        out.text(much);
        assertThat(written()).hasSize(2 + 3 * 200_000);
        out.text("little");
        assertThat(written()).isEqualTo("\"little\"");
    }
}
