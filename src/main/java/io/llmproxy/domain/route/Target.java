package io.llmproxy.domain.route;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import org.jspecify.annotations.Nullable;

/**
 * Where a route may send a request, as an operator writes it: {@code PROVIDER/MODEL}, or the name of another route, either with
 * {@code =WEIGHT} behind it.
 *
 * @param name of a provider, or of another route where {@code model} is null
 * @param model what the provider is asked for; {@link #AS_ASKED}: what the client asked for
 * @param weight the share under a weighted strategy, 0 to 1,000,000; with 0 it is used only where the others fail; {@link #USUAL}: the
 *     provider's own, or those of the other route's targets
 */
public record Target(String name, @Nullable String model, int weight) {
    /** In the place of a model: the client's own. */
    public static final String AS_ASKED = "*";

    /** In the place of a weight. */
    public static final int USUAL = -1;

    private static final int MOST = 1_000_000;

    public Target {
        Checks.name("targets", name);
        if (model != null) {
            Checks.text("targets", model, 256);
        }
        Checks.atLeast("targets", weight, USUAL);
        if (weight > MOST) {
            throw new InvalidValueException("targets", "a weight is at most " + MOST + "; got " + weight);
        }
    }

    /** Whether it stands for the targets of another route. */
    public boolean alias() {
        return model == null;
    }

    /** @throws InvalidValueException where the text is no target */
    public static Target parse(String field, String text) {
        Checks.text(field, text, 400);
        int equals = text.lastIndexOf('=');
        boolean weighted = equals > 0
                && equals < text.length() - 1
                && text.substring(equals + 1).chars().allMatch(c -> c >= '0' && c <= '9');
        int weight = weighted ? weight(field, text.substring(equals + 1)) : USUAL;
        String whole = weighted ? text.substring(0, equals) : text;
        int slash = whole.indexOf('/');
        String model = slash < 0 ? null : whole.substring(slash + 1);
        try {
            return new Target(slash < 0 ? whole : whole.substring(0, slash), model, weight);
        } catch (InvalidValueException e) {
            throw new InvalidValueException(
                    field,
                    "is PROVIDER/MODEL or the name of another route, and may end in =WEIGHT; " + Checks.quoted(text)
                            + " is not: " + e.rule());
        }
    }

    private static int weight(String field, String digits) {
        if (digits.length() > 7) {
            throw new InvalidValueException(field, "a weight is at most " + MOST + "; got " + Checks.quoted(digits));
        }
        return Integer.parseInt(digits);
    }

    /** As it was written; what {@link #parse} takes. */
    @Override
    public String toString() {
        return (model == null ? name : name + "/" + model) + (weight == USUAL ? "" : "=" + weight);
    }
}
