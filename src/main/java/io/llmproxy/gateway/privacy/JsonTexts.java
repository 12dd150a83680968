package io.llmproxy.gateway.privacy;

import io.llmproxy.gateway.scan.JsonScanner;
import io.llmproxy.gateway.scan.JsonScanner.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds the texts in the body of a request, whichever API it is of: all its strings but names and types, what tells the provider how
 * to answer, and data in base64. What it does not know counts as text.
 */
final class JsonTexts {
    /** Whole members of the body that say how to answer, not what about. */
    private static final Set<String> NOT_CONTENT = Set.of(
            "tools",
            "functions",
            "response_format",
            "tool_choice",
            "toolConfig",
            "tool_config",
            "generationConfig",
            "generation_config",
            "safetySettings",
            "safety_settings",
            "stream_options",
            "options",
            "parameters",
            "format",
            "reasoning",
            "thinking",
            "modalities",
            "include",
            "audio");
    /** Members whose strings name something. */
    private static final Set<String> NAMES = Set.of(
            "model",
            "role",
            "type",
            "id",
            "object",
            "name",
            "call_id",
            "tool_call_id",
            "toolCallId",
            "tool_use_id",
            "toolUseId",
            "previous_response_id",
            "conversation",
            "file_id",
            "fileId",
            "file_uri",
            "fileUri",
            "file_url",
            "image_url",
            "url",
            "uri",
            "mime_type",
            "mimeType",
            "media_type",
            "mediaType",
            "encrypted_content",
            "signature",
            "thought_signature",
            "thoughtSignature",
            "encoding_format",
            "detail",
            "service_tier",
            "status",
            "item_reference",
            "cachedContent",
            "cached_content",
            "purpose",
            "voice");
    /** Objects whose members' names are the client's own, so that none of them says anything. */
    private static final Set<String> FREE = Set.of("args", "arguments", "response", "metadata", "documents");
    /** Strings that are JSON themselves. */
    private static final Set<String> JSON = Set.of("arguments", "partial_json");

    private static final int LEAST_BASE64 = 256;

    /**
     * A string of the body.
     *
     * @param start of its inside, behind the quotation mark
     * @param json whether the text is JSON itself
     */
    record Text(int start, int end, boolean json) {}

    private final byte[] in;
    private final JsonScanner scanner;
    private final List<Text> found = new ArrayList<>();

    private JsonTexts(byte[] in, int from, int to) {
        this.in = in;
        this.scanner = new JsonScanner(in, from, to);
    }

    /** @throws io.llmproxy.gateway.scan.MalformedException where it is no JSON */
    static List<Text> of(byte[] in, int from, int to) {
        JsonTexts texts = new JsonTexts(in, from, to);
        texts.read();
        return texts.found;
    }

    private void read() {
        // by depth: the name of the member that the values there are of; null where they are the client's own
        List<@Nullable String> names = new ArrayList<>();
        int freeDepth = Integer.MAX_VALUE;
        String name = "";
        while (true) {
            Token token = scanner.next();
            switch (token) {
                case END -> {
                    return;
                }
                case NAME -> name = scanner.kept() ? scanner.text() : "?";
                case OBJECT_START, ARRAY_START -> {
                    if (scanner.depth() == 2 && NOT_CONTENT.contains(name) || textFormat(token, name)) {
                        scanner.skipContainer();
                    } else {
                        if (token == Token.OBJECT_START && free(name) && freeDepth == Integer.MAX_VALUE) {
                            freeDepth = scanner.depth();
                        }
                        names.add(name);
                    }
                }
                case OBJECT_END, ARRAY_END -> {
                    name = String.valueOf(names.removeLast());
                    freeDepth = scanner.depth() < freeDepth ? Integer.MAX_VALUE : freeDepth;
                }
                case STRING -> text(name, freeDepth != Integer.MAX_VALUE);
                case NUMBER, TRUE, FALSE, NULL -> {}
            }
        }
    }

    private boolean textFormat(Token token, String name) {
        return token == Token.OBJECT_START && scanner.depth() == 2 && name.equals("text");
    }

    private boolean free(String name) {
        return FREE.contains(name) || name.equals("input") && scanner.depth() > 2;
    }

    private void text(String name, boolean free) {
        int start = scanner.start() + 1;
        int end = scanner.end() - 1;
        if (end > start && (free || !NAMES.contains(name)) && !data(name, start, end)) {
            found.add(new Text(start, end, JSON.contains(name)));
        }
    }

    /** Whether it is data in base64: by its URL, or by its length and letters. */
    private boolean data(String name, int start, int end) {
        int from = start;
        if (end - start > 5
                && in[start] == 'd'
                && in[start + 1] == 'a'
                && in[start + 2] == 't'
                && in[start + 3] == 'a'
                && in[start + 4] == ':') {
            while (from < Math.min(end, start + 128) && in[from] != ',') {
                from++;
            }
            from++;
        }
        if (from == start && end - start < LEAST_BASE64 && !name.equals("data") && !name.equals("images")) {
            return false;
        }
        for (int i = from; i < end; i++) {
            byte b = in[i];
            boolean letter = b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z';
            if (!letter
                    && b != '+'
                    && b != '/'
                    && b != '='
                    && b != '-'
                    && b != '_'
                    && !(b == '\\' && i + 1 < end && (in[i + 1] == 'n' || in[i + 1] == '/'))) {
                return false;
            }
        }
        return from < end;
    }
}
