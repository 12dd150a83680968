package io.llmproxy.gateway.scan;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.chat.SignedCallId;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the scan of a request says of signed ids, in memory and in a window. */
class SignedIdsTest {
    private static final String SIGNED = SignedCallId.of("f1", "gemini-3-pro", "AQ+/==");
    private static final String LONGEST = SignedCallId.of("f2", "gemini-3-pro", "A".repeat(8160));

    /** The body without signatures. */
    private static String plain(String json) throws IOException {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);
        String whole = with(bytes, JsonRequest.scan(bytes, bytes.length).plainCallIds());
        String streamed =
                with(bytes, JsonRequest.scan(new ByteArrayInputStream(bytes)).plainCallIds());
        assertThat(streamed).isEqualTo(whole);
        return whole;
    }

    private static String with(byte[] bytes, List<Splice> changes) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        int at = 0;
        for (Splice change : changes) {
            out.write(bytes, at, (int) change.offset() - at);
            change.writeTo(out);
            at = (int) change.offset() + change.removed();
        }
        out.write(bytes, at, bytes.length - at);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test
    void findsCallAndResultWhereverTheyStand() throws IOException {
        String json = """
                {"model":"m","messages":[{"tool_calls":[{"id":"%1$s","function":{"arguments":"{}"}},{"id": "%2$s"}]},\
                {"role":"tool","tool_call_id":"%1$s"}, {"tool_call_id" :"%2$s"}],"input":[{"call_id":"%1$s"}]}""";

        assertThat(plain(json.formatted(SIGNED, LONGEST))).isEqualTo(json.formatted("f1", "f2"));
    }

    @Test
    void findsThemBehindALargeText() throws IOException {
        String json = "{\"a\":\"" + "x".repeat(200_000) + "\",\"b\":[\"%s\",\"" + "y".repeat(65_000) + "\",\"%s\"]}";

        assertThat(plain(json.formatted(LONGEST, SIGNED))).isEqualTo(json.formatted("f2", "f1"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "{\"id\":\"call_0123456789abcdef01234567\"}",
                "{\"id\":\"call_signed1_02f1\"}",
                "{\"id\":\"call_signed1_02f1AAAAAAAAAAAAAAAAAAAAAAAAA\"}",
                "{\"id\":\"call_signed1_05f\\\"1\\\"_AAAAAAAAAAAAAAAAAAAA\"}",
                "{\"text\":\"the id is call_signed1_02f1_AAAAAA0AAAA\"}",
                "{\"call_signed1_02f1_AAAAAA0AAAA\":1}"
            })
    void leavesAllElseAsItIs(String json) throws IOException {
        assertThat(plain(json)).isEqualTo(json);
    }

    @Test
    void leavesAnOverlongOneAsItIsWhereverItStands() throws IOException {
        assertThat(SignedCallId.LONGEST + 2).isEqualTo(JsonScanner.MAX_TEXT);
        assertThat(LONGEST).hasSizeGreaterThan(8180);
        for (int before : new int[] {0, 60_000, 65_000}) {
            String json = "{\"a\":\"" + "x".repeat(before) + "\",\"b\":[\"" + LONGEST + "A".repeat(20) + "\"]}";

            assertThat(plain(json)).isEqualTo(json);
        }
    }

    @Test
    void findsNoMoreThanARequestMayNameObjects() throws IOException {
        String one = "\"" + SIGNED + "\"";
        String json = "{\"a\":[" + (one + ",").repeat(10_000) + one + "]}";

        assertThat(plain(json).split("call_signed1_", -1)).hasSize(10_001 - ReferenceScan.MAX + 1);
    }

    @Test
    void giveWayToOtherChanges() {
        Splice first = new Splice(10, 20, "");
        Splice second = new Splice(40, 20, "");

        assertThat(Splice.beside(List.of(first, second), List.of())).containsExactly(first, second);
        assertThat(Splice.beside(List.of(first, second), List.of(new Splice(59, 1, ""), new Splice(0, 10, ""))))
                .containsExactly(first);
        assertThat(Splice.beside(List.of(first, second), List.of(new Splice(10, 0, "+"), new Splice(10, 20, ""))))
                .containsExactly(second);
        assertThat(Splice.beside(List.of(first, second), List.of(new Splice(11, 0, "+"), new Splice(60, 0, ""))))
                .containsExactly(second);
        assertThat(Splice.beside(List.of(first, second), List.of(new Splice(30, 10, ""), new Splice(15, 2, ""))))
                .containsExactly(second);
    }
}
