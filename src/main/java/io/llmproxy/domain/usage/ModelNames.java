package io.llmproxy.domain.usage;

import org.jspecify.annotations.Nullable;

/** The names that a model goes by besides its own, in the customs of providers. */
final class ModelNames {
    private static final String LATEST = "-latest";
    private static final String[] REGIONS = {"us.", "eu.", "apac.", "global."};

    private ModelNames() {}

    /** Amazon Bedrock's model of an inference profile: without its region; null where it names none. */
    static @Nullable String withoutRegion(String model) {
        for (String region : REGIONS) {
            if (model.startsWith(region) && model.indexOf('.', region.length()) > 0) {
                return model.substring(region.length());
            }
        }
        return null;
    }

    /**
     * Without the date at its end, as {@code -2024-08-06}, {@code -20240806} or {@code @20240806}, or {@code -latest}; null where
     * there is neither.
     */
    static @Nullable String undated(String model) {
        int length = model.length();
        if (model.endsWith(LATEST) && length > LATEST.length()) {
            return model.substring(0, length - LATEST.length());
        }
        if (ends(model, "-dddd-dd-dd")) {
            return model.substring(0, length - 11);
        }
        return ends(model, "-dddddddd") || ends(model, "@dddddddd") ? model.substring(0, length - 9) : null;
    }

    /** @param shape in which {@code d} is a digit and all else itself; a year is one of this century */
    private static boolean ends(String model, String shape) {
        int from = model.length() - shape.length();
        if (from <= 0 || !model.startsWith("20", from + 1)) {
            return false;
        }
        for (int i = 0; i < shape.length(); i++) {
            char c = model.charAt(from + i);
            boolean fits = shape.charAt(i) == 'd' ? c >= '0' && c <= '9' : c == shape.charAt(i);
            if (!fits) {
                return false;
            }
        }
        return true;
    }
}
