package io.llmproxy.domain.secret;

import java.util.List;
import java.util.regex.Pattern;

/**
 * Takes what looks like a secret out of a text that leaves the installation, as a support bundle does: a second guard behind the first,
 * which is that secrets are in no such text. Keys and tokens of this gateway keep the characters that lists show of keys.
 */
public final class SecretMask {
    private record Rule(Pattern pattern, String replacement) {}

    // each of them is linear: no repetition stands within another
    private static final List<Rule> RULES = List.of(
            new Rule(Pattern.compile("(llmpa?_[A-Za-z0-9]{7})[A-Za-z0-9]{8,}"), "$1***"),
            new Rule(Pattern.compile("eyJ[A-Za-z0-9_-]{8,}\\.[A-Za-z0-9_-]{4,}\\.[A-Za-z0-9_-]*"), "***"),
            new Rule(Pattern.compile("\\b(sk|rk|pk|gsk|xai|hf|r8|pplx|nvapi|tgp)[-_][A-Za-z0-9_-]{12,}"), "$1-***"),
            new Rule(Pattern.compile("\\bAIza[A-Za-z0-9_-]{20,}"), "***"),
            new Rule(Pattern.compile("\\b(AKIA|ASIA)[A-Z0-9]{12,}"), "***"),
            new Rule(Pattern.compile("(?i)\\b(bearer|basic)[ \\t]+[A-Za-z0-9._~+/=-]{8,}"), "$1 ***"),
            new Rule(Pattern.compile("://[^/\\s:@\"]{0,200}:[^/\\s@\"]{1,200}@"), "://***@"),
            new Rule(
                    Pattern.compile("(?i)(password|passwd|secret|token|api[-_]?key)(\"?[ \\t]{0,4}[=:][ \\t]{0,4}\"?)"
                            + "[^\\s\"',;&}]{4,}"),
                    "$1$2***"));

    private SecretMask() {}

    public static String mask(String text) {
        String out = text;
        for (Rule rule : RULES) {
            out = rule.pattern.matcher(out).replaceAll(rule.replacement);
        }
        return out;
    }
}
