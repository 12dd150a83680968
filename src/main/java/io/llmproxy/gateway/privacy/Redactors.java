package io.llmproxy.gateway.privacy;

import io.llmproxy.domain.privacy.Redaction;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The redactors of the settings that are in use. Thread-safe. */
public final class Redactors {
    private final Map<Redaction, Redactor> made = new ConcurrentHashMap<>();

    public Redactor of(Redaction rule) {
        Redactor known = made.get(rule);
        return known != null ? known : made.computeIfAbsent(rule, r -> Redactor.of(r.soughtKinds(), r.patterns()));
    }

    /** Settings have changed: what is still in use is made anew when it is asked for. */
    public void forget() {
        made.clear();
    }
}
