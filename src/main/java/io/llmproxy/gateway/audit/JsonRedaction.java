package io.llmproxy.gateway.audit;

import io.llmproxy.gateway.scan.EscapedText;
import io.llmproxy.gateway.scan.Splice;
import java.util.Set;
import java.util.function.UnaryOperator;

/**
 * Redacts JSON text by text, each as it reads without its escapes, so that nothing private hides behind a spelling; what stands
 * between texts is redacted as it is, so that no number hides either, nor what stands in no text. Also of what is cut off or no
 * JSON: there is no tree.
 */
final class JsonRedaction {
    private static final String STRUCTURE = "{}[]:, \t\r\n";
    private static final Set<String> LITERALS = Set.of("true", "false", "null");

    private JsonRedaction() {}

    static String redact(String json, UnaryOperator<String> redact) {
        StringBuilder out = new StringBuilder(json.length());
        int at = 0;
        while (at < json.length()) {
            int quote = json.indexOf('"', at);
            int end = quote < 0 ? json.length() : quote;
            out.append(between(json.substring(at, end), redact));
            at = end;
            if (quote >= 0) {
                int close = close(json, quote + 1);
                String text = EscapedText.plain(json.substring(quote + 1, close));
                String clean = redact.apply(text);
                // what has nothing private stays as it was spelled
                String quoted = clean.equals(text) ? json.substring(quote, close) : Splice.quoted(clean);
                out.append(quoted, 0, clean.equals(text) ? quoted.length() : quoted.length() - 1);
                if (close < json.length()) {
                    out.append('"');
                }
                at = close + 1;
            }
        }
        return out.toString();
    }

    private static String between(String text, UnaryOperator<String> redact) {
        int at = 0;
        while (at < text.length()) {
            int end = at;
            while (end < text.length() && STRUCTURE.indexOf(text.charAt(end)) < 0) {
                end++;
            }
            if (end > at && !LITERALS.contains(text.substring(at, end))) {
                return redact.apply(text);
            }
            at = end + 1;
        }
        return text;
    }

    /** Where the text ends that begins there. */
    private static int close(String json, int from) {
        int i = from;
        while (i < json.length() && json.charAt(i) != '"') {
            i += json.charAt(i) == '\\' ? 2 : 1;
        }
        return Math.min(i, json.length());
    }
}
