package io.llmproxy.gateway.estimate;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The names that requests usually have, as strings that are there already: a prompt has some for each message. */
final class KnownNames {
    private static final int PLACES = 256;
    private static final byte[][] BYTES = new byte[PLACES][];
    private static final String[] TEXTS = new String[PLACES];

    static {
        for (String name : new String[] {
            "model",
            "messages",
            "role",
            "content",
            "text",
            "type",
            "name",
            "stream",
            "stream_options",
            "include_usage",
            "temperature",
            "top_p",
            "max_tokens",
            "max_completion_tokens",
            "tools",
            "functions",
            "function",
            "tool_choice",
            "tool_calls",
            "tool_call_id",
            "id",
            "arguments",
            "input",
            "instructions",
            "prompt",
            "system",
            "image_url",
            "url",
            "detail",
            "description",
            "parameters",
            "properties",
            "required",
            "enum",
            "items",
            "contents",
            "parts",
            "user",
            "metadata",
            "response_format",
            "json_schema",
            "schema",
            "stop",
            "seed",
            "n",
            "cache_control",
            "thinking",
            "output",
            "refusal",
            "summary",
            "source",
            "data",
            "media_type",
            "options",
            "args",
            "response"
        }) {
            byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
            int at = place(bytes, 0, bytes.length);
            while (BYTES[at] != null) {
                at = (at + 1) % PLACES;
            }
            BYTES[at] = bytes;
            TEXTS[at] = name;
        }
    }

    private KnownNames() {}

    /** The name that stands there, in which nothing is escaped. */
    static String text(byte[] raw, int from, int to) {
        for (int at = place(raw, from, to); BYTES[at] != null; at = (at + 1) % PLACES) {
            if (Arrays.equals(BYTES[at], 0, BYTES[at].length, raw, from, to)) {
                return TEXTS[at];
            }
        }
        return new String(raw, from, to - from, StandardCharsets.UTF_8);
    }

    private static int place(byte[] raw, int from, int to) {
        return from == to ? 0 : (31 * (to - from) + 7 * raw[from] + raw[to - 1]) & (PLACES - 1);
    }
}
