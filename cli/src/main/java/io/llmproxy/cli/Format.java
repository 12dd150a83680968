package io.llmproxy.cli;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** The forms of output. */
enum Format {
    TABLE,
    JSON,
    JSONL,
    YAML,
    CSV,
    NAME;

    static Format of(String word) {
        return valueOf(word.toUpperCase(Locale.ROOT));
    }

    static List<String> words() {
        return Arrays.stream(values())
                .map(f -> f.name().toLowerCase(Locale.ROOT))
                .toList();
    }
}
