package io.llmproxy.gateway.scan;

import io.llmproxy.gateway.scan.JsonScanner.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * What a request says of {@code stream_options.include_usage}, and how to make it say yes. Members may stand more than once, in
 * a body that is valid JSON all the same: the last one counts, as in most parsers, and where that does not ask for usage all of
 * them are changed, so that no parser is left that would not tell it.
 */
final class StreamOptions {
    /** What lenient parsers take for a boolean (pydantic's conversion table, which vLLM and many gateways read with). */
    private static final Set<String> NO = Set.of("0", "off", "f", "false", "n", "no");

    private static final Set<String> YES = Set.of("1", "on", "t", "true", "y", "yes");

    private final List<Splice> changes = new ArrayList<>();
    private Asked asked = Asked.NOTHING;

    private enum Asked {
        /** There are no options. */
        NOTHING,
        NO,
        YES,
        /** Something of which only the provider can tell what it means, or that it is an error. */
        UNCLEAR
    }

    /** Reads the value of one member of that name. */
    void read(JsonScanner scanner) {
        Token kind = scanner.next();
        switch (kind) {
            case NULL -> no(scanner.start(), scanner.end(), "{\"include_usage\":true}");
            case OBJECT_START -> members(scanner);
            case ARRAY_START -> {
                scanner.skipContainer();
                asked = Asked.UNCLEAR;
            }
            case OBJECT_END, ARRAY_END, NAME, STRING, NUMBER, TRUE, FALSE, END -> asked = Asked.UNCLEAR;
        }
    }

    private void members(JsonScanner scanner) {
        int inside = scanner.end();
        boolean empty = true;
        boolean found = false;
        while (scanner.next() == Token.NAME) {
            empty = false;
            if (scanner.is("include_usage")) {
                found = true;
                flag(scanner);
            } else {
                skip(scanner);
            }
        }
        if (!found) {
            no(inside, inside, "\"include_usage\":true" + (empty ? "" : ","));
        }
    }

    private void flag(JsonScanner scanner) {
        Token kind = scanner.next();
        switch (kind) {
            case TRUE -> asked = Asked.YES;
            case FALSE, NULL -> no(scanner.start(), scanner.end(), "true");
            case NUMBER -> lenient(scanner, scanner.count() < 0 ? "" : Long.toString(scanner.count()));
            case STRING -> lenient(scanner, scanner.kept() ? scanner.text().toLowerCase(Locale.ROOT) : "");
            case OBJECT_START, ARRAY_START -> {
                scanner.skipContainer();
                asked = Asked.UNCLEAR;
            }
            case OBJECT_END, ARRAY_END, NAME, END -> asked = Asked.UNCLEAR;
        }
    }

    private void lenient(JsonScanner scanner, String value) {
        if (NO.contains(value)) {
            no(scanner.start(), scanner.end(), "true");
        } else {
            asked = YES.contains(value) ? Asked.YES : Asked.UNCLEAR;
        }
    }

    private void no(int start, int end, String instead) {
        asked = Asked.NO;
        changes.add(new Splice(start, end - start, instead));
    }

    private static void skip(JsonScanner scanner) {
        Token kind = scanner.next();
        if (kind == Token.OBJECT_START || kind == Token.ARRAY_START) {
            scanner.skipContainer();
        }
    }

    /**
     * The changes that make a stream tell its usage; none where the client asks for it itself.
     *
     * @param firstMember where the request's first member stands, of which there must be one
     */
    List<Splice> changes(int firstMember) {
        return switch (asked) {
            case NOTHING -> List.of(new Splice(firstMember, 0, "\"stream_options\":{\"include_usage\":true},"));
            case NO -> List.copyOf(changes);
            case YES, UNCLEAR -> List.of();
        };
    }
}
