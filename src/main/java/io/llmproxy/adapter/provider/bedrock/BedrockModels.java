package io.llmproxy.adapter.provider.bedrock;

import io.llmproxy.domain.chat.Reasoning;
import java.util.regex.Pattern;

/** What models can do, by their names; of one whose name tells nothing (the ARN of a profile) the best is believed, since AWS refuses it else. */
record BedrockModels(String model) {
    /** Families that keep to no schema ("Get validated JSON results from models"), and Claude before generation 4.5. */
    private static final Pattern UNSTRUCTURED = Pattern.compile("(^|[./])(amazon|meta|cohere|ai21|writer|stability)\\."
            + "|anthropic\\.claude-(instant|v2|3|(opus|sonnet)-4-(0|1|20\\d{6}))");

    /** Claude up to generation 4.5, which is told how many tokens to think. */
    private static final Pattern BY_BUDGET =
            Pattern.compile("anthropic\\.claude-(instant|v2|3|[a-z]+-4(-[0-5])?(-20\\d{6})?(-v\\d.*)?$)");

    /** Whether answers and calls of tools keep to schemas. */
    boolean structured() {
        return !UNSTRUCTURED.matcher(model).find();
    }

    /** Whether a Claude decides itself how much to think, and is told how hard. */
    boolean adaptive() {
        return model.contains("anthropic.claude") && !BY_BUDGET.matcher(model).find();
    }

    static String word(Reasoning.Effort effort) {
        return switch (effort) {
            case MINIMAL, LOW -> "low";
            case MEDIUM -> "medium";
            case HIGH -> "high";
            case XHIGH -> "max";
        };
    }
}
