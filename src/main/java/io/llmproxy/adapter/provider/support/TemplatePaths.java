package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.gateway.PercentEncoding;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.port.Provider.UpstreamRequest;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Paths that an operator puts in the place of a client's, with {@code {model}} where the model's name is to stand. */
final class TemplatePaths implements Paths {
    private static final String MODEL = "{model}";

    private final Map<String, String> templates;
    private final @Nullable String version;
    private final Paths others;

    private TemplatePaths(Map<String, String> templates, @Nullable String version, Paths others) {
        this.templates = templates;
        this.version = version;
        this.others = others;
    }

    /** {@code others} itself where the account has no templates. */
    static Paths of(ProviderAccount account, Paths others) {
        Map<String, String> templates = account.options().values();
        return account.kind() != ProviderKind.CUSTOM || templates.isEmpty()
                ? others
                : new TemplatePaths(templates, account.apiVersion(), others);
    }

    @Override
    public String target(UpstreamRequest request) {
        String template = request.passthrough() ? null : templates.get(request.path());
        if (template == null) {
            return others.target(request);
        }
        return with(filled(template, request), Paths.versioned(request.query(), version));
    }

    private static String with(String target, @Nullable String query) {
        return query == null ? target : target + (target.indexOf('?') < 0 ? "?" : "&") + query;
    }

    private static String filled(String template, UpstreamRequest request) {
        if (!template.contains(MODEL)) {
            return template;
        }
        String model = request.model();
        if (model == null) {
            throw Refusals.invalid("This provider has the model in its path: name one in `model`.", "model");
        }
        return template.replace(MODEL, segment(model));
    }

    /** A name as one segment of a path; one that would be a step up is none. */
    static String segment(String name) {
        String encoded = PercentEncoding.of(name, PercentEncoding.UNRESERVED);
        if (encoded.equals(".") || encoded.equals("..")) {
            throw Refusals.invalid("The model's name is none that can stand in a path.", "model");
        }
        return encoded;
    }
}
