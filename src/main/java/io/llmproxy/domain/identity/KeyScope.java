package io.llmproxy.domain.identity;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Glob;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What a key may be used for; an empty collection means no restriction of that kind.
 *
 * @param models globs over model names
 * @param providers provider names
 * @param cidrs addresses from which the key is accepted
 * @param passthrough whether {@code /p/PROVIDER/*} is open to the key
 * @param labels free words of the operator's, at most 32
 * @param maxRequests how many requests the key is good for, once and for all; null: any number
 * @param certificates of clients that stand for the key, or must come with it
 */
public record KeyScope(
        List<Glob> models,
        Set<String> providers,
        List<Cidr> cidrs,
        boolean passthrough,
        Map<String, String> labels,
        @Nullable Long maxRequests,
        KeyCertificates certificates) {

    public static final KeyScope ANY = new KeyScope(List.of(), Set.of(), List.of(), false, Map.of());

    /** A scope for any number of requests. */
    public KeyScope(
            List<Glob> models,
            Set<String> providers,
            List<Cidr> cidrs,
            boolean passthrough,
            Map<String, String> labels) {
        this(models, providers, cidrs, passthrough, labels, null);
    }

    /** A scope that has to do with no certificate. */
    public KeyScope(
            List<Glob> models,
            Set<String> providers,
            List<Cidr> cidrs,
            boolean passthrough,
            Map<String, String> labels,
            @Nullable Long maxRequests) {
        this(models, providers, cidrs, passthrough, labels, maxRequests, KeyCertificates.NONE);
    }

    public KeyScope {
        Checks.amount("maxRequests", maxRequests, "clear it to have no limit");
        models = List.copyOf(models);
        providers = Set.copyOf(providers);
        providers.forEach(p -> Checks.name("providers", p));
        cidrs = List.copyOf(cidrs);
        Checks.atLeast("labels", 32 - labels.size(), 0);
        labels.forEach((k, v) -> {
            Checks.name("labels", k);
            Checks.text("labels", v, 256);
        });
        labels = java.util.Collections.unmodifiableMap(new TreeMap<>(labels));
    }
}
