package io.llmproxy.adapter.admin;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** Cursors as callers see them: opaque, so that nobody builds one. */
final class Cursors {
    private Cursors() {}

    static @Nullable String encode(@Nullable String position) {
        return position == null
                ? null
                : Base64.getUrlEncoder().withoutPadding().encodeToString(position.getBytes(StandardCharsets.UTF_8));
    }

    static @Nullable String decode(@Nullable String cursor) {
        if (cursor == null) {
            return null;
        }
        try {
            String position = new String(Base64.getUrlDecoder().decode(cursor), StandardCharsets.UTF_8);
            if (cursor.equals(encode(position))) {
                return position;
            }
        } catch (IllegalArgumentException e) {
            // said below
        }
        throw Problem.invalid("cursor: is none that this API gave; begin again without one");
    }
}
