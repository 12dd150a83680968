package io.llmproxy.gateway.stage;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyError;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.gateway.ClientGoneException;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.gateway.Stage.Next;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.object.ListQuery;
import io.llmproxy.gateway.object.OwnedItems;
import io.llmproxy.gateway.object.Ownership;
import io.llmproxy.gateway.object.PageSink;
import io.llmproxy.gateway.scan.ListPage;
import io.llmproxy.gateway.scan.ListPage.Item;
import io.llmproxy.gateway.scan.MalformedException;
import java.io.IOException;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * A shared provider's list as far as it is the tenant's: the provider's pages are read one after the other, a hundred items at a time,
 * until the client's page is full or the list is over. What the client gets has no trace of what others have, and goes on behind the
 * last of its own items as any list does.
 */
final class OwnedList {
    /** So many of the provider's pages are read for one of the client's. */
    private static final int MAX_PAGES = 100;

    private final Ownership ownership;

    OwnedList(Ownership ownership) {
        this.ownership = ownership;
    }

    void answer(Exchange x, ObjectKind kind, Next next) {
        if (!x.request().method().equals("GET")) {
            throw new ProxyException(new ProxyError.MethodNotAllowed("GET, POST"));
        }
        ListQuery query = ListQuery.of(x.request().query(), kind);
        Target target = x.plan().getFirst();
        UUID tenant = x.tenant().tenant().id();
        UUID provider = target.provider().account().id();
        for (String cursor : query.cursors()) {
            if (ownership.owned(tenant, provider, kind, Set.of(cursor)).isEmpty()) {
                throw Refusals.objectNotFound(kind, cursor, null);
            }
        }
        int all = ownership.count(tenant, provider, kind);
        OwnedItems items = new OwnedItems(query.limit());
        if (all == 0) {
            send(x, HeaderFields.of("content-type", "application/json"), items);
            return;
        }
        x.wantPlain();
        new Reading(x, kind, target, query, items, all).run(next);
    }

    /** One list while it is read. */
    private final class Reading {
        private final Exchange x;
        private final ObjectKind kind;
        private final Target target;
        private final ListQuery query;
        private final OwnedItems items;
        private final int all;
        private int seen;

        private Reading(Exchange x, ObjectKind kind, Target target, ListQuery query, OwnedItems items, int all) {
            this.x = x;
            this.kind = kind;
            this.target = target;
            this.query = query;
            this.items = items;
            this.all = all;
        }

        private void run(Next next) {
            String after = null;
            for (int i = 0; i < MAX_PAGES; i++) {
                x.query(query.page(after));
                PageSink sink = page(next);
                if (sink.passed()) {
                    return;
                }
                byte[] bytes = sink.bytes();
                ListPage page = read(bytes);
                boolean over = !Boolean.TRUE.equals(page.more());
                take(page, bytes);
                String last = last(page);
                boolean stuck = last == null || last.equals(after);
                boolean follows = !over && !stuck && !(query.whole() && seen >= all);
                items.more(items.overflown() || follows);
                if (!follows || items.full() || query.backwards()) {
                    send(x, sink.headers(), items);
                    return;
                }
                after = last;
            }
            throw Refusals.unavailable(
                    "The list of " + Failures.of(target)
                            + " is too long to find your own objects in; ask for them by their ids, or use a provider of your own.");
        }

        private PageSink page(Next next) {
            ResponseSink client = x.sink();
            PageSink sink = new PageSink(client);
            x.sink(sink);
            try {
                next.handle(x);
            } finally {
                x.sink(client);
            }
            if (sink.tooLarge()) {
                throw unreadable();
            }
            return sink;
        }

        private ListPage read(byte[] bytes) {
            try {
                ListPage page = ListPage.read(bytes, bytes.length);
                if (page.list()) {
                    return page;
                }
            } catch (MalformedException e) {
                throw unreadable();
            }
            throw unreadable();
        }

        private ProxyException unreadable() {
            return new ProxyException(
                    ProxyError.Upstream.unreachable(Failures.of(target) + " sent a list that cannot be read."));
        }

        private void take(ListPage page, byte[] bytes) {
            items.form(page);
            List<String> ids =
                    page.items().stream().map(Item::id).filter(Objects::nonNull).toList();
            UUID tenant = x.tenant().tenant().id();
            Set<String> owned =
                    ownership.owned(tenant, target.provider().account().id(), kind, ids);
            for (Item item : page.items()) {
                String id = item.id();
                if (id != null && owned.contains(id)) {
                    seen++;
                    items.add(id, bytes, item);
                }
            }
        }
    }

    private static @Nullable String last(ListPage page) {
        return page.items().isEmpty() ? null : page.items().getLast().id();
    }

    private static void send(Exchange x, HeaderFields headers, OwnedItems items) {
        byte[] json = items.json();
        HeaderFields own = AnswerHeaders.own(x, headers.remove("etag"));
        try {
            x.sink().head(200, own, json.length);
            x.tally().status(200);
            x.tally().firstByte(x.elapsed(System.nanoTime()));
            x.sink().write(json, 0, json.length);
        } catch (IOException e) {
            throw new ClientGoneException();
        }
    }
}
