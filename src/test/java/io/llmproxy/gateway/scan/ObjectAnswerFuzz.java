package io.llmproxy.gateway.scan;

import io.llmproxy.gateway.scan.JsonScanner.Token;
import io.llmproxy.testing.Fuzz;
import io.llmproxy.testing.Pieces;
import java.util.ArrayList;
import java.util.List;

/**
 * Answers about stored objects: the same ids whatever the pieces, those that a reader of the whole finds, and lists whose items lie
 * where they are said to.
 */
public final class ObjectAnswerFuzz {
    private static final int SURELY_SHORT = 4000;

    private ObjectAnswerFuzz() {}

    public static void fuzzerTestOneInput(byte[] input) {
        byte[] body = Pieces.payload(input);
        int seed = Pieces.seed(input);
        for (boolean events : new boolean[] {false, true}) {
            List<String> whole = ids(events, body, -1);
            Fuzz.same(ids(events, body, seed), whole, "in pieces");
            Fuzz.same(ids(events, body, 0), whole, "byte by byte");
        }
        list(body);
        compare(body);
    }

    private static List<String> ids(boolean events, byte[] body, int seed) {
        List<String> found = new ArrayList<>();
        IdScanner scanner = new IdScanner(events, (subject, id) -> found.add(subject + " " + id));
        if (seed < 0) {
            scanner.feed(body, 0, body.length);
        } else {
            Pieces.feed(body, seed, scanner::feed);
        }
        return found;
    }

    private static void list(byte[] body) {
        ListPage page;
        try {
            page = ListPage.read(body, body.length);
        } catch (MalformedException e) {
            return;
        }
        int at = 0;
        for (ListPage.Item item : page.items()) {
            int from = item.from();
            Fuzz.check(from > at && item.to() > from && item.to() < body.length, () -> "an item at " + from);
            JsonScanner scanner = new JsonScanner(body, item.from(), item.to());
            Token first = scanner.next();
            if (first == Token.OBJECT_START || first == Token.ARRAY_START) {
                scanner.skipContainer();
            }
            Fuzz.same(scanner.next(), Token.END, "an item is one value");
            at = item.to();
        }
    }

    /** Where names and texts have no escapes, which the scanner takes for what they are. */
    private static void compare(byte[] body) {
        List<String> read = new ArrayList<>();
        try {
            JsonScanner scanner = new JsonScanner(body, 0, body.length);
            boolean object = scanner.next() == Token.OBJECT_START;
            while (object && scanner.next() == Token.NAME) {
                boolean id = scanner.is("id");
                Token value = scanner.next();
                if (id && value == Token.STRING && scanner.kept() && scanner.end() - scanner.start() < SURELY_SHORT) {
                    read.add("OBJECT " + scanner.text());
                } else if (id && value == Token.STRING) {
                    return;
                }
                if (value == Token.OBJECT_START || value == Token.ARRAY_START) {
                    scanner.skipContainer();
                }
            }
            if (!object || scanner.next() != Token.END) {
                return;
            }
        } catch (MalformedException e) {
            return;
        }
        for (byte b : body) {
            if (b == '\\') {
                return;
            }
        }
        List<String> found = ids(false, body, -1);
        found.removeIf(line -> !line.startsWith("OBJECT "));
        Fuzz.same(found, read, "the object's id");
    }
}
