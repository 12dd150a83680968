package io.llmproxy;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The process that this one takes over from, as it said by the environment.
 *
 * @param gatewayPort where it listens, for a configuration that takes any port
 * @param adminPort the same of administration; 0: nowhere
 */
record Predecessor(long pid, int gatewayPort, int adminPort) {
    /** Of the successor's environment; no key of the configuration. */
    static final String VARIABLE = "LLMPROXY_TAKE_OVER";

    /** Null: there is none. */
    static @Nullable Predecessor of(Map<String, String> environment) {
        String[] words = environment.getOrDefault(VARIABLE, "").split(" ", -1);
        try {
            return words.length == 3
                    ? new Predecessor(Long.parseLong(words[0]), Integer.parseInt(words[1]), Integer.parseInt(words[2]))
                    : null;
        } catch (NumberFormatException e) {
            return null;
        }
    }

    String variable() {
        return pid + " " + gatewayPort + " " + adminPort;
    }
}
