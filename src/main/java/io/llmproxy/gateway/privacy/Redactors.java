package io.llmproxy.gateway.privacy;

import io.llmproxy.domain.privacy.PrivateKind;
import io.llmproxy.domain.privacy.Redaction;
import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/** The redactors of the settings that are in use. Thread-safe. */
public final class Redactors {
    private final Map<Redaction, Redactor> made = new ConcurrentHashMap<>();
    private final Map<Redaction, Redactor> storing = new ConcurrentHashMap<>();

    public Redactor of(Redaction rule) {
        Redactor known = made.get(rule);
        return known != null ? known : made.computeIfAbsent(rule, r -> Redactor.of(r.soughtKinds(), r.patterns()));
    }

    /**
     * Redacts what is stored: beside all that is looked for unless set, what the rule names, whether or not requests are redacted
     * by it and for whichever provider.
     */
    public Redactor stored(Redaction rule) {
        if (rule.kinds().isEmpty() && rule.patterns().isEmpty()) {
            return Redactor.DEFAULT;
        }
        Redactor known = storing.get(rule);
        return known != null ? known : storing.computeIfAbsent(rule, Redactors::united);
    }

    private static Redactor united(Redaction rule) {
        Set<PrivateKind> kinds = EnumSet.copyOf(PrivateKind.DEFAULTS);
        kinds.addAll(rule.kinds());
        return Redactor.of(kinds, rule.patterns());
    }

    /** Settings have changed: what is still in use is made anew when it is asked for. */
    public void forget() {
        made.clear();
        storing.clear();
    }
}
