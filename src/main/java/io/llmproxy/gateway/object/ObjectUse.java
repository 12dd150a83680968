package io.llmproxy.gateway.object;

import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.domain.object.StoredObject;
import io.llmproxy.gateway.Ask;
import io.llmproxy.gateway.Endpoint;
import io.llmproxy.gateway.Exchange;
import io.llmproxy.gateway.scan.JsonRequest.Store;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What a request does with stored objects.
 *
 * @param kind of the objects; null: of none
 * @param id of the object that the path names; null: it names none, or what cannot be an id
 * @param whole whether the path is that of the object itself, not of something below it
 */
public record ObjectUse(
        Role role, @Nullable ObjectKind kind, @Nullable String id, boolean whole) {
    /** What is done. */
    public enum Role {
        /** Nothing: something is generated and not kept, or models are read. */
        NOTHING,
        CREATE,
        LIST,
        /** Something with one object. */
        ONE,
        /** Nobody knows. */
        UNKNOWN
    }

    private static final String ID = "/{id}";
    private static final ObjectUse NOTHING = new ObjectUse(Role.NOTHING, null, null, false);
    private static final ObjectUse UNKNOWN = new ObjectUse(Role.UNKNOWN, null, null, false);

    /** Of a request that was inspected. */
    public static ObjectUse of(Exchange x) {
        String method = x.request().method();
        String path = x.path();
        return x.endpoint().kind() == Endpoint.Kind.PASSTHROUGH
                ? passing(method, path, x.ask())
                : of(x.endpoint(), method, path, x.ask());
    }

    /** Only what keeps nothing is known well enough there; the list of models would show those that others had made. */
    private static ObjectUse passing(String method, String path, Ask ask) {
        int slash = path.indexOf('/', 3);
        String below = slash < 0 ? "/" : path.substring(slash);
        String known = below.startsWith("/v1/") ? below : "/v1" + below;
        Endpoint endpoint = Endpoint.of(method, known);
        boolean nothing =
                endpoint.kind() == Endpoint.Kind.RELAY && of(endpoint, method, known, ask).role == Role.NOTHING;
        return nothing ? NOTHING : UNKNOWN;
    }

    static ObjectUse of(Endpoint endpoint, String method, String path, Ask ask) {
        ObjectKind kind = endpoint.objects();
        boolean reads = method.equals("GET") || method.equals("HEAD");
        if (endpoint.kind() != Endpoint.Kind.RELAY) {
            // Ollama's clients name a model that they ask about in a body
            boolean asks = endpoint.kind() == Endpoint.Kind.ONE_MODEL
                    && endpoint.template().equals("/api/show");
            return reads || asks ? NOTHING : UNKNOWN;
        }
        if (kind == null) {
            return endpoint.model() == Endpoint.Model.NONE || endpoint.unknown() ? UNKNOWN : NOTHING;
        }
        int at = endpoint.template().indexOf(ID);
        if (at >= 0) {
            boolean whole = endpoint.template().length() == at + ID.length();
            return new ObjectUse(Role.ONE, kind, id(endpoint.template(), at, path), whole);
        }
        if (method.equals("POST")) {
            return keeps(kind, ask.store()) ? new ObjectUse(Role.CREATE, kind, null, false) : NOTHING;
        }
        return reads ? new ObjectUse(Role.LIST, kind, null, false) : UNKNOWN;
    }

    private static boolean keeps(ObjectKind kind, Store store) {
        return switch (kind) {
            case COMPLETION -> store == Store.YES;
            case RESPONSE -> store != Store.NO;
            default -> true;
        };
    }

    /** The path is as long as the template up to the id, since that has no other variable part. */
    private static @Nullable String id(String template, int at, String path) {
        int from = at + 1;
        int end = path.indexOf('/', from);
        String written = path.substring(from, end < 0 ? path.length() : end);
        try {
            String id = URLDecoder.decode(written.replace("+", "%2B"), StandardCharsets.UTF_8);
            return StoredObject.isId(id) && template.startsWith(path.substring(0, from)) ? id : null;
        } catch (IllegalArgumentException e) {
            return null;
        }
    }

    /** The kind, of a use that has one. */
    public ObjectKind objects() {
        return Objects.requireNonNull(kind, "kind");
    }

    /** Whether a successful answer tells of an object that was not there before. */
    public boolean makes(String method) {
        return role == Role.CREATE || kind == ObjectKind.VIDEO && role == Role.ONE && !whole && method.equals("POST");
    }

    /** Whether an answer may tell of files that the object came to have. */
    public boolean yieldsFiles() {
        return role == Role.ONE
                && (kind == ObjectKind.BATCH || kind == ObjectKind.UPLOAD || kind == ObjectKind.FINE_TUNING);
    }

    /** Whether the object is gone once the answer is a success. */
    public boolean deletes(String method) {
        return role == Role.ONE && whole && method.equals("DELETE");
    }
}
