package io.llmproxy.testing;

import io.llmproxy.port.LogControl;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A log that is nowhere; keeps its levels. */
public final class FakeLog implements LogControl {
    private final Map<String, Threshold> levels = new TreeMap<>(Map.of("", Threshold.INFO));

    @Override
    public Map<String, Threshold> levels() {
        return levels;
    }

    @Override
    public void set(String logger, @Nullable Threshold level) {
        if (level == null) {
            levels.remove(logger);
        } else {
            levels.put(logger, level);
        }
    }

    @Override
    public @Nullable Path file() {
        return null;
    }

    @Override
    public boolean journal() {
        return false;
    }

    @Override
    public List<String> recent() {
        return List.of();
    }

    @Override
    public @Nullable String fault() {
        return null;
    }
}
