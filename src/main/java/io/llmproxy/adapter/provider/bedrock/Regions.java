package io.llmproxy.adapter.provider.bedrock;

import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderOptions;
import java.net.URI;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Which region an account is in, and where that region lists its models. */
public final class Regions {
    private static final String RUNTIME = "bedrock-runtime";
    private static final Pattern HOST = Pattern.compile(
            "(?:.*\\.)?bedrock-runtime(?:-fips)?\\.([a-z0-9-]+)\\.(?:vpce\\.)?amazonaws\\.com(?:\\.cn)?");

    private Regions() {}

    /** What the operator says, else what the host does; null: neither does. */
    static @Nullable String of(ProviderAccount account) {
        String told = account.options().get(ProviderOptions.REGION);
        if (told != null) {
            return told;
        }
        Matcher matcher = HOST.matcher(host(account));
        return matcher.matches() ? matcher.group(1) : null;
    }

    private static String host(ProviderAccount account) {
        String host = account.baseUrl().getHost();
        return host == null ? "" : host.toLowerCase(Locale.ROOT);
    }

    /** Models are listed by another host than they are called; any that is not Amazon's own is asked for both. */
    public static URI ofModels(ProviderAccount account) {
        String host = host(account);
        return host.startsWith(RUNTIME)
                ? URI.create("https://bedrock" + host.substring(RUNTIME.length()))
                : account.baseUrl();
    }
}
