package io.llmproxy.gateway.scan;

import io.llmproxy.gateway.scan.JsonScanner.Token;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One page of a list of objects: {@code {"object":"list","data":[{"id":…},…],"first_id":…,"last_id":…,"has_more":…}}. */
public final class ListPage {
    /** An object of the list: its id, and where it stands in the page. */
    public record Item(@Nullable String id, int from, int to) {}

    private final JsonScanner scanner;
    private final List<Item> items = new ArrayList<>();
    private boolean list;
    private boolean endsTold;
    private @Nullable Boolean more;

    private ListPage(JsonScanner scanner) {
        this.scanner = scanner;
    }

    /** @throws MalformedException where the bytes are no JSON */
    public static ListPage read(byte[] json, int length) {
        ListPage page = new ListPage(new JsonScanner(json, 0, length));
        if (page.scanner.next() == Token.OBJECT_START) {
            page.members();
            page.scanner.next();
        }
        return page;
    }

    private void members() {
        while (scanner.next() == Token.NAME) {
            boolean data = scanner.is("data");
            boolean hasMore = scanner.is("has_more");
            endsTold |= scanner.is("last_id") || scanner.is("first_id");
            Token value = scanner.next();
            if (data && value == Token.ARRAY_START) {
                list = true;
                data();
            } else {
                skip(value);
            }
            if (hasMore) {
                more = value == Token.TRUE;
            }
        }
    }

    private void data() {
        for (Token token = scanner.next(); token != Token.ARRAY_END; token = scanner.next()) {
            int from = scanner.start();
            String id = token == Token.OBJECT_START ? id() : null;
            if (token == Token.ARRAY_START) {
                scanner.skipContainer();
            }
            items.add(new Item(id, from, scanner.end()));
        }
    }

    private @Nullable String id() {
        String id = null;
        while (scanner.next() == Token.NAME) {
            boolean named = scanner.is("id");
            Token value = scanner.next();
            if (named) {
                id = value == Token.STRING && scanner.kept() ? scanner.text() : null;
            }
            skip(value);
        }
        return id;
    }

    private void skip(Token value) {
        if (value == Token.OBJECT_START || value == Token.ARRAY_START) {
            scanner.skipContainer();
        }
    }

    /** Whether it is a list at all. */
    public boolean list() {
        return list;
    }

    public List<Item> items() {
        return items;
    }

    /** Whether it says what its first and its last item are. */
    public boolean endsTold() {
        return endsTold;
    }

    /** Whether more items follow; null: it does not say. */
    public @Nullable Boolean more() {
        return more;
    }
}
