package io.llmproxy.adapter.provider.azure;

import io.llmproxy.adapter.provider.support.Paths;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.port.Provider.UpstreamRequest;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The paths of Azure OpenAI ("REST API reference", "API version lifecycle"): what a model answers lies below its deployment, whose name
 * is the model's, all else (responses, files, batches) below {@code /openai/v1}, which is not dated.
 */
public final class AzurePaths implements Paths {
    /** The latest dated version that is no preview. */
    static final String VERSION = "2024-10-21";

    private static final Pattern DEPLOYMENT = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,127}");

    private static final Set<String> OF_A_DEPLOYMENT = Set.of(
            "/chat/completions",
            "/completions",
            "/embeddings",
            "/audio/speech",
            "/audio/transcriptions",
            "/audio/translations",
            "/images/generations",
            "/images/edits");

    private final String version;

    public AzurePaths(ProviderAccount account) {
        this.version = account.apiVersion() == null ? VERSION : account.apiVersion();
    }

    @Override
    public String target(UpstreamRequest request) {
        String path = request.path();
        if (request.passthrough()) {
            boolean undated = path.startsWith("/openai/v1/") || !path.startsWith("/openai/");
            return Paths.joined(path, undated ? request.query() : Paths.versioned(request.query(), version));
        }
        String plain = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        if (OF_A_DEPLOYMENT.contains(plain)) {
            String below = "/openai/deployments/" + deployment(request.model()) + plain;
            return Paths.joined(below, Paths.versioned(request.query(), version));
        }
        if (plain.equals("/models")) {
            return Paths.joined("/openai/models", Paths.versioned(request.query(), version));
        }
        return Paths.joined("/openai/v1" + path, request.query());
    }

    private static String deployment(@Nullable String model) {
        if (model == null) {
            throw Refusals.invalid("Azure wants the name of a deployment in `model`.", "model");
        }
        if (!DEPLOYMENT.matcher(model).matches()) {
            throw Refusals.invalid("The model's name is none that a deployment of Azure's can have.", "model");
        }
        return model;
    }
}
