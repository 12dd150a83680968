package io.llmproxy.adapter.http;

import io.llmproxy.domain.FieldText;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.testing.Fuzz;
import io.llmproxy.testing.Pieces;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;

/** Paths and fields: what is taken has one reading, for us and for any server behind us. */
public final class HeadFuzz {
    private HeadFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        String text = new String(input, StandardCharsets.ISO_8859_1);
        path(text);
        PathRules.queryRefusal(text);
        fields(text);
        byte[] stream = Pieces.payload(input);
        Fuzz.same(heads(stream, Pieces.seed(input)), heads(stream, 7), "in pieces");
    }

    /** The heads that stand one behind the other, as they are read, and how it ends. */
    private static String heads(byte[] stream, int seed) {
        Iterator<byte[]> pieces = Pieces.of(stream, seed).iterator();
        ClientBytes bytes = new ClientBytes(() -> pieces.hasNext() ? pieces.next() : null);
        HeadReader reader = new HeadReader(bytes, new RequestClock());
        StringBuilder out = new StringBuilder();
        try {
            for (Http1Head head = reader.read(); head != null; head = reader.read()) {
                sound(head);
                out.append(head.method()).append(' ').append(head.target()).append(head.http10() ? " 1.0" : " 1.1");
                head.fields()
                        .forEach((name, value) ->
                                out.append('\n').append(name).append(": ").append(value));
            }
            return out + "; the client left";
        } catch (HeadFault e) {
            return out + "; " + e.error().status();
        }
    }

    private static void sound(Http1Head head) {
        Fuzz.check(FieldText.token(head.method()), () -> "took the method " + head.method());
        Fuzz.check(
                !head.target().isEmpty() && head.target().chars().noneMatch(c -> c <= 32 || c == 127),
                () -> "took the target " + head.target());
        head.fields()
                .forEach((name, value) -> Fuzz.check(
                        FieldText.token(name)
                                && HeadRules.value(value)
                                && value.strip().equals(value),
                        () -> "took the field " + name + ": " + value));
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
