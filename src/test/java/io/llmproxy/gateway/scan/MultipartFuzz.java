package io.llmproxy.gateway.scan;

import io.llmproxy.testing.Fuzz;
import io.llmproxy.testing.Pieces;
import java.nio.charset.StandardCharsets;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Multipart bodies: the same findings whatever the pieces, and the same as those of a slow reader of the whole. */
public final class MultipartFuzz {
    private static final Pattern FIRST = Pattern.compile("\\G--b(--|[ \t]*\r\n)");
    private static final Pattern LATER = Pattern.compile("\r\n--b(--|[ \t]*\r\n)");
    private static final int MAX_HEADER = 16 * 1024;

    private MultipartFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        byte[] body = Pieces.payload(input);
        String whole = found(body, -1);
        Fuzz.same(found(body, Pieces.seed(input)), whole, "in pieces");
        String slow = slowly(new String(body, StandardCharsets.ISO_8859_1));
        Fuzz.same(whole.startsWith("refused") ? "refused" : whole, slow, "by the slow reader");
        try {
            String type = new String(body, StandardCharsets.ISO_8859_1);
            String boundary = MultipartScanner.boundary("multipart/form-data;" + type);
            Fuzz.check(!boundary.isEmpty() && boundary.length() <= 70, () -> "boundary " + boundary);
        } catch (MalformedException e) {
            // no boundary
        }
    }

    private static String found(byte[] body, int seed) {
        MultipartScanner scanner = new MultipartScanner("b", "model");
        try {
            if (seed < 0) {
                scanner.feed(body, 0, body.length);
            } else {
                Pieces.feed(body, seed, scanner::feed);
            }
            scanner.finish();
            return scanner.found() + " " + scanner.valueStart() + "-" + scanner.valueEnd();
        } catch (MalformedException e) {
            return "refused " + e.getMessage();
        }
    }

    private static String slowly(String body) {
        int found = 0;
        int start = -1;
        int end = -1;
        int content = 0;
        boolean wanted = false;
        while (true) {
            Matcher delimiter = delimiter(body, content);
            if (delimiter == null) {
                return "refused";
            }
            if (wanted) {
                found++;
                start = content;
                end = delimiter.start();
            }
            if (delimiter.group(1).equals("--")) {
                return found + " " + start + "-" + end;
            }
            int header = delimiter.end();
            int blank = body.startsWith("\r\n", header) ? header - 2 : body.indexOf("\r\n\r\n", header);
            content = blank + 4;
            if (blank < header - 2 || content - header > MAX_HEADER) {
                return "refused";
            }
            String lines = body.substring(header, Math.max(header, blank));
            if (!lines.isEmpty() && !valid(lines)) {
                return "refused";
            }
            wanted = wanted(lines);
        }
    }

    private static @org.jspecify.annotations.Nullable Matcher delimiter(String body, int content) {
        Matcher first = FIRST.matcher(body).region(content, body.length());
        if (first.find()) {
            return first;
        }
        Matcher later = LATER.matcher(body).region(content, body.length());
        return later.find() ? later : null;
    }

    private static boolean valid(String lines) {
        for (String line : lines.split("\r\n", -1)) {
            if (!line.isEmpty() && line.charAt(0) != ' ' && line.charAt(0) != '\t' && line.indexOf(':') < 1) {
                return false;
            }
        }
        return true;
    }

    private static boolean wanted(String lines) {
        boolean wanted = false;
        for (String line : lines.split("\r\n", -1)) {
            if (line.toLowerCase(java.util.Locale.ROOT).startsWith("content-disposition:")) {
                String value =
                        new String(line.substring(20).getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
                wanted = "model".equals(MultipartScanner.MediaParameters.find(value, "name"))
                        && MultipartScanner.MediaParameters.find(value, "filename") == null;
            }
        }
        return wanted;
    }
}
