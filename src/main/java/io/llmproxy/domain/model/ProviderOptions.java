package io.llmproxy.domain.model;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What one type of provider must be told beside what all have, by name. Values are no secrets and are shown.
 *
 * @param values for {@code custom} a name that begins with a slash is a client's path, its value the one that is asked for instead
 */
public record ProviderOptions(Map<String, String> values) {
    /** Azure: the directory (tenant) of Entra ID in which the application is registered. */
    public static final String ENTRA_TENANT = "entra-tenant";

    /** Azure: the application that asks for tokens; the provider's credential is its secret. */
    public static final String ENTRA_CLIENT = "entra-client";

    /** Azure: where tokens are asked for; a national cloud has its own. */
    public static final String ENTRA_AUTHORITY = "entra-authority";

    /** Azure: for what tokens are asked. */
    public static final String ENTRA_SCOPE = "entra-scope";

    /** Bedrock: the region for which requests are signed. */
    public static final String REGION = "region";

    public static final ProviderOptions NONE = new ProviderOptions(Map.of());

    private static final String FIELD = "options";
    private static final int LONGEST = 512;
    private static final int MOST = 64;

    public ProviderOptions {
        values = Collections.unmodifiableMap(new TreeMap<>(values));
        values.forEach((name, value) -> Checks.text(FIELD, value, LONGEST));
        if (values.size() > MOST) {
            throw new InvalidValueException(FIELD, "has more than " + MOST + " entries");
        }
    }

    public @Nullable String get(String name) {
        return values.get(name);
    }

    public String get(String name, String otherwise) {
        return values.getOrDefault(name, otherwise);
    }

    /** Where a type is reached unless an address is given; null: an address must be given. */
    public @Nullable String baseUrl(ProviderKind kind) {
        String region = get(REGION);
        return kind.api() != ProviderApi.BEDROCK || region == null
                ? kind.defaultBaseUrl()
                : "https://bedrock-runtime." + region + ".amazonaws.com";
    }

    /** The names that a type knows. */
    public static List<String> names(ProviderKind kind) {
        return switch (kind.api()) {
            case AZURE -> List.of(ENTRA_TENANT, ENTRA_CLIENT, ENTRA_AUTHORITY, ENTRA_SCOPE);
            case BEDROCK -> List.of(REGION);
            case OPENAI, ANTHROPIC, GEMINI, OLLAMA, COHERE, SIMULATED -> List.of();
        };
    }

    /** @throws InvalidValueException where a name means nothing to the type, or what belongs together is not there together */
    public void check(ProviderKind kind) {
        List<String> known = names(kind);
        for (String name : values.keySet()) {
            boolean path = kind == ProviderKind.CUSTOM && name.startsWith("/");
            if (!path && !known.contains(name)) {
                String has = kind == ProviderKind.CUSTOM
                        ? "paths, as /chat/completions=/llm/{model}/chat"
                        : known.isEmpty() ? "none" : String.join(", ", known);
                throw new InvalidValueException(
                        FIELD,
                        "a provider of type " + kind.word() + " has no option " + Checks.quoted(name) + "; it has "
                                + has);
            }
            if (path && !values.getOrDefault(name, "").startsWith("/")) {
                throw new InvalidValueException(FIELD, "the path in the place of " + name + " must begin with a slash");
            }
        }
        if ((get(ENTRA_TENANT) == null) != (get(ENTRA_CLIENT) == null)) {
            throw new InvalidValueException(FIELD, ENTRA_TENANT + " and " + ENTRA_CLIENT + " are given together");
        }
    }
}
