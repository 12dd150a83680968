package io.llmproxy.domain.usage;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A table by which OpenAI's models cut text into tokens. */
public enum TokenEncoding {
    /** gpt-4o and everything since, and the best guess for other makers' models. */
    O200K_BASE,
    /** Before gpt-4o. */
    CL100K_BASE;

    /** The older models by OpenAI's own table (tiktoken, model.py); {@code gpt-35} is how Azure spells gpt-3.5. */
    private static final List<String> BEFORE =
            List.of("gpt-3.5", "gpt-35", "gpt-4-", "text-embedding-", "davinci-002", "babbage-002");

    /** The table of a model; a prefix up to a slash and that of fine-tuned models do not count. */
    public static TokenEncoding of(@Nullable String model) {
        if (model == null) {
            return O200K_BASE;
        }
        String name = model.substring(model.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
        String plain = name.startsWith("ft:") ? name.substring(3) : name;
        String family = plain.split(":", 2)[0];
        boolean before = family.equals("gpt-4") || BEFORE.stream().anyMatch(family::startsWith);
        return before ? CL100K_BASE : O200K_BASE;
    }
}
