package io.llmproxy.gateway.scan;

import io.llmproxy.domain.object.ObjectKind;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The stored objects that a request's body names.
 *
 * @param beyond a member that names something whose owner cannot be known; null: there is none
 * @param seen whether the body was looked into; one that was not may name anything
 */
public record References(List<Reference> all, @Nullable String beyond, boolean seen) {
    /** Of a body that is not JSON, or not readable. */
    public static final References UNSEEN = new References(List.of(), null, false);

    public static final References NONE = new References(List.of(), null, true);

    /** @param member the name of the member that holds the id */
    public record Reference(ObjectKind kind, String id, String member) {}

    /** Of a form, in which a field names what only JSON is read for. */
    static References inField(String field) {
        return new References(List.of(), field, true);
    }
}
