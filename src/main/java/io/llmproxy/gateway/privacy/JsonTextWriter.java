package io.llmproxy.gateway.privacy;

import io.llmproxy.gateway.scan.Splice;
import java.nio.charset.StandardCharsets;

/** Writes texts as the inside of JSON strings, and reads them back. */
final class JsonTextWriter {
    private JsonTextWriter() {}

    /** The text without quotation marks, with escapes where JSON wants them. */
    static String escaped(String text) {
        String quoted = Splice.quoted(text);
        return quoted.substring(1, quoted.length() - 1);
    }

    /** What a part of a JSON text means; the part itself where it is cut so that it means nothing. */
    static String unescaped(String part) {
        if (part.indexOf('\\') < 0) {
            return part;
        }
        for (int at = part.indexOf('\\'); at >= 0 && at < part.length(); at = part.indexOf('\\', at)) {
            char c = at + 1 < part.length() ? part.charAt(at + 1) : 0;
            boolean unicode = c == 'u'
                    && at + 6 <= part.length()
                    && part.substring(at + 2, at + 6).chars().allMatch(d -> Character.digit(d, 16) >= 0 && d < 128);
            if (!unicode && "\"\\/bfnrt".indexOf(c) < 0) {
                return part;
            }
            at += unicode ? 6 : 2;
        }
        byte[] bytes = part.getBytes(StandardCharsets.UTF_8);
        return JsonString.decode(bytes, 0, bytes.length);
    }
}
