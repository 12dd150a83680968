package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderKind;
import io.llmproxy.domain.secret.Secret;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The header fields that an operator has sent along. Those of type {@code custom} are templates: {@code {credential}} stands for the
 * provider's credential, which then goes nowhere else, and {@code {model}} for the model that is asked for.
 */
public final class OperatorFields {
    private static final String CREDENTIAL = "{credential}";
    private static final String MODEL = "{model}";

    private static final Set<String> FRAMING =
            Set.of("connection", "content-length", "transfer-encoding", "te", "trailer", "upgrade", "keep-alive");

    private OperatorFields() {}

    /**
     * The same for all requests.
     *
     * @param field of the credential
     * @param prefix what stands before it there
     */
    public static HeaderFields fixed(ProviderAccount account, String field, String prefix, @Nullable Secret secret) {
        HeaderFields fields = new HeaderFields();
        boolean custom = account.kind() == ProviderKind.CUSTOM;
        boolean placed = custom && account.headers().values().stream().anyMatch(v -> v.contains(CREDENTIAL));
        if (secret != null && !placed) {
            fields.add(field, prefix + secret.reveal());
        }
        account.headers().forEach((name, value) -> {
            if (!FRAMING.contains(name.toLowerCase(Locale.ROOT)) && !(custom && value.contains(MODEL))) {
                fields.set(name, placed ? value.replace(CREDENTIAL, secret == null ? "" : secret.reveal()) : value);
            }
        });
        return fields;
    }

    /** Those that name the model of a request; empty: none does. */
    static Map<String, String> ofModel(ProviderAccount account) {
        Map<String, String> templates = new TreeMap<>();
        if (account.kind() == ProviderKind.CUSTOM) {
            account.headers().forEach((name, value) -> {
                if (value.contains(MODEL) && !value.contains(CREDENTIAL)) {
                    templates.put(name, value);
                }
            });
        }
        return templates;
    }

    /** A template with a model's name in it; characters that no header has become question marks. */
    static String filled(String template, @Nullable String model) {
        return template.replace(MODEL, model == null ? "" : model.replaceAll("[^ -~]", "?"));
    }
}
