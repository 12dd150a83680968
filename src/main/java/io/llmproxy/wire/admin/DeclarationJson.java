package io.llmproxy.wire.admin;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an installation or a tenant is to be, as one document: the form is told in docs/declarative.md. Names are identities.
 *
 * @param version of the state that was read: it changes with whatever may be declared
 * @param declaration the document
 */
public record DeclarationJson(String version, Map<String, Object> declaration) {

    /**
     * Body of {@code POST /api/v1/apply}.
     *
     * @param tenant the one tenant that it may speak of; null: any
     * @param dryRun whether only to tell what would change
     * @param prune whether what the sections of the document do not name is deleted
     * @param expect the version of the state that it was compared with; null: whatever there is
     * @param acceptHashes whether keys that are made may have the secret whose hash the document has
     */
    public record Apply(
            Map<String, Object> declaration,
            @Nullable String tenant,
            @Nullable Boolean dryRun,
            @Nullable Boolean prune,
            @Nullable String expect,
            @Nullable Boolean acceptHashes) {}

    /**
     * Its answer.
     *
     * @param version of the state that was compared
     * @param unchanged how many things are as they were declared
     * @param undeclared how many things are there that the document's sections do not name; with {@code prune} none
     * @param secrets of keys that were made: the only time that they are shown
     */
    public record Applied(
            boolean dryRun,
            String version,
            List<Change> changes,
            int unchanged,
            int undeclared,
            List<Secret> secrets) {}

    /**
     * One thing that changes.
     *
     * @param change {@code create}, {@code update} or {@code delete}
     * @param kind {@code tenant}, {@code provider}, {@code user}, {@code key}, {@code route}, {@code limit} or {@code price}
     * @param tenant null: it belongs to none
     * @param fields of an update, each as it was and as it is to be; of a new key that gets a secret which somebody has already, its prefix
     */
    public record Change(
            String change, String kind, @Nullable String tenant, String name, List<Field> fields) {}

    /** @param before null: it was not there, or its usual value */
    public record Field(
            String field, @Nullable String before, @Nullable String after) {}

    /** The secret of a new key. */
    public record Secret(String tenant, String key, String secret) {
        /** Without it. */
        @Override
        public String toString() {
            return "Secret[" + tenant + ", " + key + "]";
        }
    }

    /** A refusal ({@code application/problem+json}) that says where in the document each fault is. */
    public record Refusal(String type, String title, int status, String detail, String code, List<Fault> errors) {}

    /** @param pointer into the document, RFC 6901 */
    public record Fault(String pointer, String detail) {}
}
