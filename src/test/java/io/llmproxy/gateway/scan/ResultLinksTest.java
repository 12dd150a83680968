package io.llmproxy.gateway.scan;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResultLinksTest {
    private static final String BATCHES = "/v1/messages/batches";

    private static String ours(String json) {
        return new String(ResultLinks.ours(json.getBytes(StandardCharsets.UTF_8), BATCHES), StandardCharsets.UTF_8);
    }

    @Test
    void changesTheLinkAndNothingElse() {
        String before = " {\"id\": \"msgbatch_1\",  \"results_url\" :\"";
        String after = "\" , \"x\":1.50}\n";

        assertThat(ours(before + "https://api.anthropic.com/v1/messages/batches/msgbatch_1/results" + after))
                .isEqualTo(before + "/v1/messages/batches/msgbatch_1/results" + after);
    }

    @Test
    void changesEachOfAList() {
        assertThat(ours("{\"data\":[{\"results_url\":\"https://a/v1/messages/batches/1/results?beta=true\"},"
                        + "{\"results_url\":null},{\"results_url\":\"http:\\/\\/b:1/x/messages/batches/2/results\"}]}"))
                .isEqualTo("{\"data\":[{\"results_url\":\"/v1/messages/batches/1/results?beta=true\"},"
                        + "{\"results_url\":null},{\"results_url\":\"/v1/messages/batches/2/results\"}]}");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "<html>",
                "{\"results_url\":",
                "{\"results_url\":\"https://a/v1/messages/batches/1/results\"",
                "{\"results_url\":\"https://a/elsewhere/1/results\"}",
                "{\"results_url\":\"/v1/messages/batches/1/results\"}",
                "{\"results_url\":\"https://a/v1/messages/batches/../../x/results\"}",
                "{\"results_url\":\"https://a/v1/messages/batches/1/results?a=\\\"\"}",
                "{\"other\":\"https://a/v1/messages/batches/1/results\"}"
            })
    void leavesAlone(String json) {
        byte[] bytes = json.getBytes(StandardCharsets.UTF_8);

        assertThat(ResultLinks.ours(bytes, BATCHES)).isSameAs(bytes);
    }
}
