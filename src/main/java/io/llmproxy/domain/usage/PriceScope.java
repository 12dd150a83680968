package io.llmproxy.domain.usage;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.error.InvalidValueException;
import org.jspecify.annotations.Nullable;

/**
 * Which models of which providers a price is for. Neither provider nor type: of every provider.
 *
 * @param provider the name of a provider
 * @param type a type of providers, or the seller's word where its address is well known ({@link Seller})
 * @param model the model as the provider is asked for it; a name or a glob
 */
public record PriceScope(
        @Nullable String provider, @Nullable String type, Glob model) {
    public PriceScope {
        if (provider != null && type != null) {
            throw new InvalidValueException(
                    "type", "a price is for a provider or for a type of providers, not for both");
        }
        if (provider != null) {
            Checks.name("provider", provider);
        }
        if (type != null) {
            Checks.slug("type", type);
        }
    }

    @Override
    public String toString() {
        String of = provider != null ? provider + "/" : type != null ? type + ":" : "";
        return of + model;
    }
}
