package io.llmproxy.gateway.scan;

import io.llmproxy.gateway.scan.JsonRequest.Span;
import io.llmproxy.gateway.scan.JsonScanner.Token;
import java.util.ArrayList;
import java.util.List;

/** The models that requests within a request name, one of them or a list. */
final class InnerModels {
    private final List<Span> spans = new ArrayList<>();
    private final List<String> texts = new ArrayList<>();

    List<Span> spans() {
        return spans;
    }

    /** What they say; empty where that is no string. */
    List<String> texts() {
        return texts;
    }

    /** Reads the value that comes next. */
    void read(JsonScanner scanner) {
        Token token = scanner.next();
        if (token == Token.OBJECT_START) {
            request(scanner);
        } else if (token == Token.ARRAY_START) {
            for (Token item = scanner.next(); item != Token.ARRAY_END; item = scanner.next()) {
                if (item == Token.OBJECT_START) {
                    request(scanner);
                } else if (item == Token.ARRAY_START) {
                    scanner.skipContainer();
                }
            }
        }
    }

    private void request(JsonScanner scanner) {
        while (scanner.next() == Token.NAME) {
            boolean names = scanner.isInAnyCase("model");
            Span value = Span.next(scanner);
            if (names) {
                String text = value.text(scanner);
                spans.add(value);
                texts.add(text == null ? "" : text);
            }
        }
    }
}
