package io.llmproxy.cli;

import java.util.Iterator;
import java.util.NoSuchElementException;
import tools.jackson.databind.JsonNode;

/** The first items of a list, so that no page is asked for that nobody looks at. */
record Most(Iterable<JsonNode> all, int limit) implements Iterable<JsonNode> {
    @Override
    public Iterator<JsonNode> iterator() {
        Iterator<JsonNode> items = all.iterator();
        return new Iterator<>() {
            private int given;

            @Override
            public boolean hasNext() {
                return given < limit && items.hasNext();
            }

            @Override
            public JsonNode next() {
                if (given >= limit) {
                    throw new NoSuchElementException();
                }
                given++;
                return items.next();
            }
        };
    }
}
