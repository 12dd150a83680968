package io.llmproxy.adapter.admin;

import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/**
 * One thing, as a document says that it be or as it is: the two have one form and can be compared.
 *
 * @param pointer where it stands in the document (RFC 6901); empty: in none
 * @param fields those that differ from what is usual, each in the one way it is written
 * @param handle of a thing that has no name, by which commands find it; null: none
 * @param live whether it is what somebody would declare; false: a key that is revoked or has expired
 */
record Declared(
        Id id, String pointer, ObjectNode fields, @Nullable String handle, boolean live) {

    /**
     * What makes two of them one thing.
     *
     * @param tenant null: it belongs to none
     */
    record Id(DeclaredKind kind, @Nullable String tenant, String name) {
        String said() {
            return kind.word() + " " + (tenant == null || kind == DeclaredKind.TENANT ? "" : tenant + "/") + name;
        }
    }
}
