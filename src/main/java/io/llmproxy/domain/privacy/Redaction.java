package io.llmproxy.domain.privacy;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What is done about private text in a tenant's requests before they go to a provider.
 *
 * @param kinds what is looked for; empty: {@link PrivateKind#DEFAULTS}
 * @param patterns what else is looked for
 * @param providers names of those that are not to see private text; empty: all
 * @param strict whether a body that cannot be read for private text is refused; else it goes through as it is
 */
public record Redaction(
        Mode mode, Set<PrivateKind> kinds, List<CustomPattern> patterns, Set<String> providers, boolean strict) {
    public static final Redaction OFF = new Redaction(Mode.OFF, Set.of(), List.of(), Set.of(), true);
    private static final int MAX_PATTERNS = 50;

    /** What is done with what is found. */
    public enum Mode {
        /** Nothing is looked for. */
        OFF,
        /** A label takes its place. */
        MASK,
        /** A placeholder takes its place, and in the answer it takes the placeholder's. */
        VAULT;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }

        /** @throws InvalidValueException where there is none of that name */
        public static Mode of(String field, String word) {
            for (Mode mode : values()) {
                if (mode.word().equals(word)) {
                    return mode;
                }
            }
            throw new InvalidValueException(
                    field, "must be off, mask or vault; got " + InvalidValueException.quoted(word));
        }
    }

    public Redaction {
        kinds = Set.copyOf(kinds);
        patterns = List.copyOf(patterns);
        providers = Set.copyOf(providers);
        providers.forEach(p -> Checks.name("redactProviders", p));
        if (patterns.size() > MAX_PATTERNS) {
            throw new InvalidValueException(
                    CustomPattern.FIELD, "at most " + MAX_PATTERNS + " patterns are allowed; got " + patterns.size());
        }
        if (patterns.stream().map(CustomPattern::name).distinct().count() < patterns.size()) {
            throw new InvalidValueException(CustomPattern.FIELD, "two patterns have the same name");
        }
        if (!patterns.isEmpty()) {
            PatternProgram.of(
                    CustomPattern.FIELD,
                    patterns.stream().map(CustomPattern::regex).toList());
        }
    }

    public boolean on() {
        return mode != Mode.OFF;
    }

    /** Whether requests to that provider are to be redacted. */
    public boolean concerns(String provider) {
        return on() && (providers.isEmpty() || providers.contains(provider));
    }

    /** What is looked for. */
    public Set<PrivateKind> soughtKinds() {
        return kinds.isEmpty() ? PrivateKind.DEFAULTS : kinds;
    }
}
