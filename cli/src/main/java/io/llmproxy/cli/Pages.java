package io.llmproxy.cli;

import java.util.Collections;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Walks a list of the admin API by its cursors. */
final class Pages implements Iterator<JsonNode> {
    private final AdminClient client;
    private final ApiPath path;
    private Iterator<JsonNode> items = Collections.emptyIterator();
    private @Nullable String cursor;
    private boolean last;

    Pages(AdminClient client, ApiPath path) {
        this.client = client;
        this.path = path;
    }

    @Override
    public boolean hasNext() {
        while (!items.hasNext() && !last) {
            fetch();
        }
        return items.hasNext();
    }

    @Override
    public JsonNode next() {
        if (!hasNext()) {
            throw new NoSuchElementException();
        }
        return items.next();
    }

    private void fetch() {
        JsonNode page = client.get(path.with("cursor", cursor));
        JsonNode list = page.isArray() ? page : page.path("items");
        String next = Json.text(page.path("next"));
        if (!list.isArray() || next.equals(cursor)) {
            throw new CliException(
                    ExitCode.NO_SERVER, "the server at " + client.endpoint().shown() + " answered with a broken list");
        }
        items = list.values().iterator();
        cursor = next;
        last = next.isEmpty();
    }
}
