package io.llmproxy.adapter.http;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.testing.Fuzz;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Paths and fields: what is taken has one reading, for us and for any server behind us. */
public final class HeadFuzz {
    private HeadFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        String text = new String(input, StandardCharsets.ISO_8859_1);
        path(text);
        PathRules.queryRefusal(text);
        fields(text);
    }

    private static void path(String path) {
        String normalized = PathRules.normalized(path);
        if (PathRules.refusal(path) != null) {
            return;
        }
        Fuzz.same(PathRules.refusal(normalized), null, "the normalized path");
        Fuzz.same(PathRules.normalized(normalized), normalized, "normalized twice");
        int segments = path.split("/", -1).length;
        String decoded = path;
        // a server may decode once, and one behind it once more
        for (int i = 0; i < 2; i++) {
            decoded = decoded(decoded);
            Fuzz.same(decoded.split("/", -1).length, segments, "segments after decoding " + path);
            for (String segment : decoded.split("/", -1)) {
                String name = segment.split(";", 2)[0];
                Fuzz.check(!name.equals(".") && !name.equals(".."), () -> "a dot segment in " + path);
            }
            String plain = decoded;
            Fuzz.check(
                    plain.chars().noneMatch(c -> c < 32 || c == '\\' || c == 127),
                    () -> "a control character or backslash in " + path);
        }
    }

    private static String decoded(String text) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '%' && i + 2 < text.length()) {
                int high = Character.digit(text.charAt(i + 1), 16);
                int low = Character.digit(text.charAt(i + 2), 16);
                if (high >= 0 && low >= 0) {
                    out.append((char) (high << 4 | low));
                    i += 2;
                    continue;
                }
            }
            out.append(text.charAt(i));
        }
        return out.toString();
    }

    /** Lines of {@code name:value}, as a parser would hand them over. */
    private static void fields(String text) {
        HeaderFields fields = new HeaderFields();
        for (String line : text.split("\n", -1)) {
            int colon = line.indexOf(':');
            if (colon >= 0) {
                fields.add(line.substring(0, colon), line.substring(colon + 1));
            }
        }
        if (HeadRules.refusal(fields, false) != null) {
            return;
        }
        fields.forEach((name, value) -> Fuzz.check(
                name.matches("[!#$%&'*+.^_`|~0-9A-Za-z-]+")
                        && value.chars().noneMatch(c -> c < 32 && c != '\t' || c == 127),
                () -> "took the field " + name + ": " + value));
        Fuzz.same(fields.all("Host").size(), 1, "Host fields");
        List<String> lengths = fields.all("Content-Length");
        List<String> codings = fields.all("Transfer-Encoding");
        Fuzz.check(lengths.size() + codings.size() <= 1, () -> "two lengths " + lengths + codings);
        Fuzz.check(lengths.isEmpty() || Long.parseLong(lengths.getFirst()) >= 0, () -> "length " + lengths);
    }
}
