package io.llmproxy.cli;

import java.io.Console;
import java.util.Map;
import java.util.Optional;

/**
 * What is known of the terminal.
 *
 * @param present whether a person sits at both ends, so that questions can be asked and colours shown
 * @param columns its width; 0: unknown, nothing is shortened
 */
record Terminal(boolean present, int columns, boolean colour) {
    static final Terminal NONE = new Terminal(false, 0, false);

    static Terminal detect(Map<String, String> env) {
        // the JDK's own console (the default again since 25) is null off a terminal, that of other providers is not
        if (!Optional.ofNullable(System.console()).map(Console::isTerminal).orElse(false)) {
            return NONE;
        }
        boolean plain = !env.getOrDefault("NO_COLOR", "").isEmpty() || "dumb".equals(env.get("TERM"));
        return new Terminal(true, columns(env.getOrDefault("COLUMNS", "")), !plain);
    }

    private static int columns(String text) {
        try {
            return Math.max(0, Integer.parseInt(text));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    Terminal withoutColour() {
        return new Terminal(present, columns, false);
    }
}
