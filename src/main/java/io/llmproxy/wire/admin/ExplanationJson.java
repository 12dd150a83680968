package io.llmproxy.wire.admin;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was decided of a request, or would be.
 *
 * @param requestId null: nobody sent it
 */
public record ExplanationJson(@Nullable String requestId, List<Step> steps) {
    /**
     * One thing that was decided.
     *
     * @param step {@code key}, {@code limit}, {@code route}, {@code candidate}, {@code attempt}, {@code price} or {@code answer}
     * @param subject what it is about: a key's name, a limit's id, {@code PROVIDER/MODEL}; may be empty
     */
    public record Step(String step, String subject, String outcome, String detail) {}

    /**
     * Body of {@code POST /api/v1/tenants/SLUG/explain}: a request that nobody sends.
     *
     * @param key an id, a name or the first 12 characters of a secret; null: a key that may do everything
     * @param path {@code /v1/chat/completions} unless given
     * @param address of the client; the server's own unless given
     * @param inputTokens about as many as the prompt shall have
     * @param body the request's whole body, in the place of {@code model} and what is about it
     */
    public record Ask(
            @Nullable String key,
            @Nullable String method,
            @Nullable String path,
            @Nullable Map<String, String> headers,
            @Nullable String host,
            @Nullable String address,
            @Nullable String model,
            @Nullable Integer maxTokens,
            @Nullable Integer inputTokens,
            @Nullable Boolean stream,
            @Nullable String user,
            @Nullable Object body) {}
}
