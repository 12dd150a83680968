package io.llmproxy.adapter.admin;

import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Statuses that a caller looks for, as {@code 502} or {@code 5xx}; both ends inclusive, null: any. */
record StatusRange(@Nullable Integer from, @Nullable Integer to) {
    private static final Pattern STATUS = Pattern.compile("[1-5]([0-9][0-9]|xx)");

    /** @throws Problem where the text is neither a status nor a class of them */
    static StatusRange of(@Nullable String text) {
        if (text == null) {
            return new StatusRange(null, null);
        }
        if (!STATUS.matcher(text).matches()) {
            throw Problem.invalid("status: must be a status as 502, or a class of them as 5xx");
        }
        return new StatusRange(Integer.valueOf(text.replace('x', '0')), Integer.valueOf(text.replace('x', '9')));
    }
}
