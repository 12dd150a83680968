package io.llmproxy.gateway.object;

import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.error.ProxyException;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.HoldingSink;
import io.llmproxy.gateway.Refusals;
import io.llmproxy.gateway.ResponseSink;
import io.llmproxy.gateway.Target;
import io.llmproxy.gateway.scan.IdScanner;
import io.llmproxy.gateway.scan.IdScanner.Subject;
import io.llmproxy.gateway.scan.SseReader;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Keeps whose an object is before the client reads of it. Every piece of a successful answer is looked through before it goes on, and
 * the ids in it are kept first. Of a shared provider's document the head and the first pieces are held back until the id was found, so
 * that a failure can still be told as one; where it has no id within {@value #MAX_HELD} bytes, it goes on too: what has no id cannot be
 * asked for. The head of a stream is not held back, since its first event may be long in coming: a failure there cuts it.
 *
 * <p>On a shared provider what cannot be kept is not shown. On a tenant's own one the id only tells where the object is, and the answer
 * goes on whatever happens.
 */
public final class KeepingSink extends HoldingSink {
    private static final int MAX_HELD = 64 * 1024;
    private static final int MAX_ITEMS = 1000;

    private final Exchange x;
    private final Ownership ownership;
    private final ObjectUse use;
    private final ByteArrayOutputStream held = new ByteArrayOutputStream(0);
    private @Nullable Head head;
    private @Nullable IdScanner scanner;
    private @Nullable SseReader events;
    private boolean holding;
    private boolean told;
    private final Set<String> items = new HashSet<>();
    private final List<String> newItems = new ArrayList<>();

    private record Head(int status, HeaderFields headers, long length) {}

    public KeepingSink(Exchange x, ResponseSink client, Ownership ownership, ObjectUse use) {
        super(client);
        this.x = x;
        this.ownership = ownership;
        this.use = use;
    }

    @Override
    public void head(int status, HeaderFields headers, long contentLength) throws IOException {
        String method = x.request().method();
        boolean success = status >= 200 && status < 300;
        if (success && use.deletes(method) && use.id() != null) {
            ownership.forget(x.tenant().tenant().id(), account().id(), use.objects(), String.valueOf(use.id()));
        }
        boolean telling = use.makes(method) || use.yieldsFiles();
        if (!success || !telling || method.equals("HEAD")) {
            client.head(status, headers, contentLength);
            return;
        }
        boolean streamed = headers.first("content-type")
                .filter(type -> type.strip().toLowerCase(Locale.ROOT).startsWith("text/event-stream"))
                .isPresent();
        IdScanner ids = new IdScanner(streamed, this::found);
        scanner = ids;
        events = streamed ? new SseReader(new Events(ids)) : null;
        holding = !streamed && account().shared();
        if (holding) {
            head = new Head(status, headers, contentLength);
        } else {
            client.head(status, headers, contentLength);
        }
    }

    /** Each event is a document of its own. */
    private record Events(IdScanner ids) implements SseReader.Listener {
        @Override
        public void data(byte[] in, int from, int length) {
            ids.feed(in, from, length);
        }

        @Override
        public void eventEnd(int next) {
            ids.restart();
        }
    }

    private ProviderAccount account() {
        Target target = x.tally().target();
        return (target == null ? x.plan().getFirst() : target).provider().account();
    }

    private void found(Subject subject, String id) {
        boolean makes = use.makes(x.request().method());
        switch (subject) {
            case OBJECT -> {
                if (makes && !told) {
                    made(id);
                }
            }
            case FILE -> {
                if (use.yieldsFiles()) {
                    kept(account(), ObjectKind.FILE, id);
                }
            }
            case MODEL -> {
                if (use.yieldsFiles() && use.kind() == ObjectKind.FINE_TUNING) {
                    kept(account(), ObjectKind.MODEL, id);
                }
            }
            case CONTAINER -> {
                if (makes && use.kind() == ObjectKind.RESPONSE) {
                    kept(account(), ObjectKind.CONTAINER, id);
                }
            }
            case ITEM -> {
                if (makes && use.kind() == ObjectKind.RESPONSE && items.size() < MAX_ITEMS && items.add(id)) {
                    newItems.add(id);
                }
            }
        }
    }

    private void made(String id) {
        ProviderAccount provider = account();
        if (!kept(provider, use.objects(), id) && provider.shared()) {
            throw Refusals.objectNotKept(provider.name(), use.objects());
        }
        told = true;
        if (use.kind() != ObjectKind.RESPONSE || !provider.shared()) {
            scanner = null;
            events = null;
        }
    }

    /** Of a shared provider's response; that of an item that cannot be kept is all the same. */
    private void keepItems() {
        if (newItems.isEmpty()) {
            return;
        }
        try {
            if (account().shared()) {
                ownership.keepAll(x.tenant().tenant().id(), account().id(), ObjectKind.ITEM, newItems);
            }
        } catch (ProxyException e) {
            // the store has told its failure; a request that names the item will be refused
            items.removeAll(newItems);
        }
        newItems.clear();
    }

    private boolean kept(ProviderAccount provider, ObjectKind kind, String id) {
        try {
            return ownership.keep(x.tenant().tenant().id(), provider.id(), kind, id);
        } catch (ProxyException e) {
            if (provider.shared()) {
                throw e;
            }
            return true;
        }
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
        scan(bytes, offset, length);
        keepItems();
        if (!holding) {
            client.write(bytes, offset, length);
            return;
        }
        held.write(bytes, offset, length);
        if (told || held.size() > MAX_HELD) {
            release();
        }
    }

    private void scan(byte[] bytes, int offset, int length) {
        SseReader reader = events;
        IdScanner ids = scanner;
        if (reader != null) {
            reader.feed(bytes, offset, length);
        } else if (ids != null) {
            ids.feed(bytes, offset, length);
        }
    }

    private void release() throws IOException {
        Head waiting = head;
        holding = false;
        if (waiting != null) {
            client.head(waiting.status, waiting.headers, waiting.length);
            client.write(held.toByteArray(), 0, held.size());
            held.reset();
        }
    }

    @Override
    protected void finish() throws IOException {
        if (holding) {
            release();
        }
    }

    @Override
    public void flush() throws IOException {
        if (!holding) {
            client.flush();
        }
    }

    @Override
    public void end(HeaderFields trailers) throws IOException {
        finish();
        client.end(trailers);
    }
}
