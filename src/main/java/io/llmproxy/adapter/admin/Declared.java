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
 * @param statusSaid whether the document says its status, be it the usual one
 */
record Declared(
        Id id, String pointer, ObjectNode fields, @Nullable String handle, boolean live, boolean statusSaid) {

    /** As it is. */
    static Declared there(Id id, ObjectNode fields, @Nullable String handle, boolean live) {
        return new Declared(id, "", fields, handle, live, true);
    }

    /** As a document says. */
    static Declared said(Id id, String pointer, ObjectNode fields, boolean statusSaid) {
        return new Declared(id, pointer, fields, null, true, statusSaid);
    }

    /** With other fields, and the handle of what is there. */
    Declared with(ObjectNode other, @Nullable String found) {
        return new Declared(id, pointer, other, found, true, statusSaid);
    }

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
