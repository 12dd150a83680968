package io.llmproxy.gateway.object;

import io.llmproxy.gateway.scan.ListPage;
import io.llmproxy.gateway.scan.Splice;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** The tenant's items of a list, byte for byte as the provider sent them, up to a number and to {@value #MAX_BYTES} bytes. */
public final class OwnedItems {
    private static final int MAX_BYTES = 4 * 1024 * 1024;

    private final int limit;
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();
    private int count;
    private boolean overflown;
    private boolean more;
    private boolean moreTold;
    private boolean endsTold;
    private @Nullable String first;
    private @Nullable String last;

    /** @param limit how many items the client's page has */
    public OwnedItems(int limit) {
        this.limit = limit;
    }

    /** The answer has the members that the provider's page has. */
    public void form(ListPage page) {
        moreTold |= page.more() != null;
        endsTold |= page.endsTold();
    }

    public void add(String id, byte[] page, ListPage.Item item) {
        if (full()) {
            overflown = true;
            return;
        }
        if (count++ > 0) {
            data.write(',');
        }
        data.write(page, item.from(), item.to() - item.from());
        first = first == null ? id : first;
        last = id;
    }

    public boolean full() {
        return count >= limit || data.size() >= MAX_BYTES;
    }

    /** Whether there was an item that found no room. */
    public boolean overflown() {
        return overflown;
    }

    /** Whether the list goes on behind these items. */
    public void more(boolean follows) {
        more = follows;
    }

    public byte[] json() {
        ByteArrayOutputStream out = new ByteArrayOutputStream(data.size() + 128);
        out.writeBytes("{\"object\":\"list\",\"data\":[".getBytes(StandardCharsets.UTF_8));
        out.writeBytes(data.toByteArray());
        StringBuilder rest = new StringBuilder("]");
        if (endsTold) {
            rest.append(",\"first_id\":").append(quoted(first));
            rest.append(",\"last_id\":").append(quoted(last));
        }
        if (moreTold || count == 0) {
            rest.append(",\"has_more\":").append(more);
        }
        out.writeBytes(rest.append('}').toString().getBytes(StandardCharsets.UTF_8));
        return out.toByteArray();
    }

    private static String quoted(@Nullable String id) {
        return id == null ? "null" : Splice.quoted(id);
    }
}
