package io.llmproxy.adapter.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Documents that are all faults. */
@Timeout(60)
class DeclarationReaderTest {
    private static String refusal(JsonNode document) {
        DeclarationProblem problem =
                catchThrowableOfType(DeclarationProblem.class, () -> DeclarationReader.read(document, null));
        return new String(problem.answer().body(), StandardCharsets.UTF_8);
    }

    private static ObjectNode tenant(ObjectNode document) {
        document.put("version", 1);
        return document.putObject("tenants").putObject("acme");
    }

    @Test
    void fiftyFaultsAreToldAndNoMoreAreLookedFor() {
        ObjectNode document = Json.MAPPER.createObjectNode();
        ObjectNode acme = tenant(document);
        for (int i = 0; i < 300_000; i++) {
            acme.put("field" + i, 1);
        }
        assertThat(refusal(document).split("unknown field", -1)).hasSize(50 + 2); // and once in the summary
    }

    @Test
    void aNameOfMegabytesIsComparedWithNone() {
        ObjectNode document = Json.MAPPER.createObjectNode();
        tenant(document).put("k".repeat(8 << 20), 1);
        assertThat(refusal(document)).contains("unknown field").doesNotContain("did you mean");
    }

    @Test
    void aSlipOfThePenIsSeen() {
        ObjectNode document = Json.MAPPER.createObjectNode();
        tenant(document).put("nmae", "Acme");
        assertThat(refusal(document)).contains("did you mean name?");
    }
}
