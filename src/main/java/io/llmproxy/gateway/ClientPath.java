package io.llmproxy.gateway;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A path that is not one of {@code /v1/}, in the words of those that are, so that the gateway knows one family of paths: one resource,
 * one name.
 *
 * @param path as it would be below {@code /v1/}
 * @param written the model as it stands in the path, encoded; null: the path names none
 */
public record ClientPath(Api api, String path, @Nullable String written) {
    private static final String V1 = "/v1";
    private static final String MODELS = "/v1/models/";
    private static final String GOOGLES = "/v1beta";
    private static final String GOOGLES_MODELS = "/v1beta/models";
    private static final String AZURES = "/openai/v1/";
    private static final String DEPLOYMENTS = "/openai/deployments/";
    private static final String OLLAMAS = "/api/";
    private static final String PLAIN = PercentEncoding.UNRESERVED + "/:@";

    /** Null where the path says itself what it means. */
    public static @Nullable ClientPath of(String path) {
        if (path.startsWith("/v1/")) {
            return path.startsWith(MODELS) && verb(path) >= 0 ? google(path) : null;
        }
        if (path.equals(GOOGLES_MODELS) || path.startsWith(GOOGLES_MODELS + "/")) {
            return google(V1 + path.substring(GOOGLES.length()));
        }
        if (path.startsWith(DEPLOYMENTS)) {
            return deployment(path);
        }
        if (path.startsWith(AZURES)) {
            return new ClientPath(Api.AZURE, V1 + path.substring(AZURES.length() - 1), null);
        }
        return path.startsWith(OLLAMAS) ? new ClientPath(Api.OLLAMA, V1 + path, null) : null;
    }

    /** The path as it would be below {@code /v1/}. */
    public static String plain(String path) {
        ClientPath known = of(path);
        return known == null ? path : known.path;
    }

    private static ClientPath google(String path) {
        int verb = verb(path);
        return new ClientPath(Api.GEMINI, path, verb < 0 ? null : path.substring(MODELS.length(), verb));
    }

    private static @Nullable ClientPath deployment(String path) {
        int slash = path.indexOf('/', DEPLOYMENTS.length());
        if (slash < 0 || slash + 1 == path.length()) {
            return null;
        }
        return new ClientPath(Api.AZURE, V1 + path.substring(slash), path.substring(DEPLOYMENTS.length(), slash));
    }

    /** Where the colon stands before what is done with the model; -1: nowhere. A model's own name may have colons. */
    private static int verb(String path) {
        int colon = path.lastIndexOf(':');
        return colon > MODELS.length() && GoogleVerb.of(path.substring(colon + 1)) != null ? colon : -1;
    }

    /**
     * The model that the path names; null: it names none.
     *
     * @throws io.llmproxy.domain.error.ProxyException where it cannot be one
     */
    public @Nullable String model() {
        return written == null ? null : decoded(written);
    }

    /** Below {@code /v1}, with another model in the place of the one that it names. */
    public static String withModel(String below, String model) {
        int colon = below.lastIndexOf(':');
        return "/models/" + encoded(model) + below.substring(colon);
    }

    /** @throws io.llmproxy.domain.error.ProxyException where it cannot be a model's name */
    public static String decoded(String written) {
        try {
            String model = URLDecoder.decode(written.replace("+", "%2B"), StandardCharsets.UTF_8);
            if (model.isBlank() || model.length() > 256 || model.chars().anyMatch(Character::isISOControl)) {
                throw Refusals.invalid("The path names no valid model.", "model");
            }
            return model;
        } catch (IllegalArgumentException e) {
            throw Refusals.invalid("The path has a malformed percent escape.", "model");
        }
    }

    /** As it may stand in a path. */
    public static String encoded(String model) {
        return PercentEncoding.of(model, PLAIN);
    }
}
