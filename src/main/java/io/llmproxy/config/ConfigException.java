package io.llmproxy.config;

import java.util.List;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** A configuration with faults: all of them at once. */
public final class ConfigException extends Exception {
    /**
     * One fault.
     *
     * @param origin {@code FILE:LINE}, {@code --set}, {@code environment LLMPROXY_X} or {@code --listen}
     * @param key null where the fault is not one key's
     */
    public record Problem(String origin, @Nullable String key, String message) {
        @Override
        public String toString() {
            return origin + ": " + (key == null ? "" : key + ": ") + message;
        }
    }

    private final List<Problem> problems;

    public ConfigException(List<Problem> problems) {
        super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
        this.problems = List.copyOf(problems);
    }

    public List<Problem> problems() {
        return problems;
    }
}
