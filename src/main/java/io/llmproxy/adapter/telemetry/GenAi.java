package io.llmproxy.adapter.telemetry;

import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.usage.Operation;
import org.jspecify.annotations.Nullable;

/**
 * The words of OpenTelemetry's semantic conventions for generative AI: what is done, and who does it. What the conventions have no word
 * for keeps ours.
 */
final class GenAi {
    private GenAi() {}

    /** {@code gen_ai.operation.name} of an endpoint's template. */
    static String operation(String endpoint) {
        return Operation.of(endpoint);
    }

    /** {@code gen_ai.provider.name} of a provider's type; null: no provider was chosen. */
    static String provider(@Nullable ProviderKind kind) {
        return switch (kind) {
            case null -> "";
            case AZURE -> "azure.ai.openai";
            case BEDROCK -> "aws.bedrock";
            case GEMINI -> "gcp.gemini";
            case MISTRAL -> "mistral_ai";
            case XAI -> "x_ai";
            default -> kind.word();
        };
    }
}
