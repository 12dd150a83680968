package io.llmproxy.adapter.telemetry;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The models that labels may name. Clients invent names without end, so that a name counts only where a provider declares it or a request
 * for it was served, and no more than {@link #MOST} ever do. Thread-safe.
 */
final class ModelNames {
    static final int MOST = 200;
    private static final int LONGEST = 128;

    private final Set<String> known = ConcurrentHashMap.newKeySet();
    private volatile Set<String> declared = Set.of();

    /** The names, not globs, that providers declare now. */
    void declared(Set<String> names) {
        declared = names;
    }

    /** The model as a label; empty: the request names none. */
    String label(@Nullable String model, boolean served) {
        if (model == null) {
            return "";
        }
        if (known.contains(model)) {
            return model;
        }
        boolean counts = served || declared.contains(model);
        return counts && model.length() <= LONGEST && added(model) ? model : HelidonTelemetry.OTHER;
    }

    private synchronized boolean added(String model) {
        return known.size() < MOST && (known.add(model) || known.contains(model));
    }
}
