package io.llmproxy.adapter.provider.support.chat;

import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a translation could not take along. What would change the answer is refused by name, or left out and told where the operator
 * says so; what is a mere hint is left out and told.
 */
public final class Notes {
    private static final int MOST = 900;

    private final String target;
    private final boolean drop;
    private final Set<String> dropped = new LinkedHashSet<>();
    private final Set<String> hints = new LinkedHashSet<>();

    /**
     * @param target what the client is told of who cannot do it
     * @param drop whether parameters are left out instead of refused
     */
    public Notes(String target, boolean drop) {
        this.target = target;
        this.drop = drop;
    }

    /** @throws ProxyException unless it may be left out */
    public void unsupported(String parameter) {
        unsupported(parameter, "");
    }

    /**
     * The same where it is supported at other times.
     *
     * @param why it is not here
     */
    public void unsupported(String parameter, String why) {
        if (!drop) {
            throw impossible(parameter, why);
        }
        dropped.add(parameter);
    }

    /** What cannot be left out either, since the request would be another one. */
    public ProxyException impossible(String parameter, String why) {
        String text = "`" + parameter + "` is not supported by " + target + (why.isEmpty() ? "" : ": " + why)
                + ". Leave it out, or take another model.";
        return new ProxyException(new ProxyError.Unsupported(text, parameter));
    }

    /** A hint that goes no further; the answer is the same without it. */
    public void hint(String parameter) {
        hints.add(parameter);
    }

    /** The value of a Warning header field; null: everything was taken along. */
    public @Nullable String warning() {
        List<String> parts = new ArrayList<>(2);
        if (!dropped.isEmpty()) {
            parts.add("not supported and left out: " + String.join(", ", dropped));
        }
        if (!hints.isEmpty()) {
            parts.add("without effect: " + String.join(", ", hints));
        }
        if (parts.isEmpty()) {
            return null;
        }
        String text = String.join("; ", parts).replaceAll("[^ !#-\\[\\]-~]", "?");
        return "299 llmproxy \"" + (text.length() > MOST ? text.substring(0, MOST) + "..." : text) + "\"";
    }
}
