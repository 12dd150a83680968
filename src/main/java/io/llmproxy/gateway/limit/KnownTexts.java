package io.llmproxy.gateway.limit;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.LongFunction;
import org.jspecify.annotations.Nullable;

/** The texts of numbers that come again and again, made once: of as many as there are places, and the last of each place. Thread-safe. */
final class KnownTexts {
    private static final int PLACES = 256;

    private final AtomicReferenceArray<@Nullable Known> known = new AtomicReferenceArray<>(PLACES);
    private final LongFunction<String> form;

    private record Known(long number, String text) {}

    KnownTexts(LongFunction<String> form) {
        this.form = form;
    }

    String text(long number) {
        int place = (int) (number ^ number >>> 20) & PLACES - 1;
        Known last = known.getPlain(place);
        if (last != null && last.number == number) {
            return last.text;
        }
        String text = form.apply(number);
        known.setRelease(place, new Known(number, text)); // a record is whole wherever it is seen
        return text;
    }
}
