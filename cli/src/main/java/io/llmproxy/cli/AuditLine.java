package io.llmproxy.cli;

import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * What a line of an audit's export may have, and nothing else: a member that no hash or signature is over, since it is null or
 * has no place in that line, would be read as if it were proven.
 */
final class AuditLine {
    private static final Map<String, Set<String>> MEMBERS = Map.of(
            "begin",
            Set.of(
                    "type",
                    "version",
                    "export",
                    "chain",
                    "tenant",
                    "whole",
                    "first",
                    "previous",
                    "at",
                    "keyId",
                    "publicKey",
                    "signature"),
            "checkpoint",
            Set.of("type", "chain", "number", "hash", "at", "keyId", "publicKey", "signature"),
            "event",
            Set.of(
                    "type",
                    "chain",
                    "number",
                    "previous",
                    "id",
                    "at",
                    "tenant",
                    "actor",
                    "action",
                    "target",
                    "before",
                    "after",
                    "hash"),
            "head",
            Set.of("type", "chain", "number", "hash", "at", "keyId", "publicKey", "signature"),
            "end",
            Set.of("type", "export", "chain", "number", "hash", "heads", "keyId", "publicKey", "signature"));
    private static final Set<String> ACTOR = Set.of("name", "uid", "role", "tenantId", "userId", "address");
    private static final Set<String> CHANGES = Set.of("before", "after");

    private AuditLine() {}

    /** What stands in the line that the export never writes; null: nothing. What type it is of is judged elsewhere. */
    static @Nullable String strange(JsonNode line) {
        Set<String> known = MEMBERS.get(Json.text(line.path("type")));
        return known == null ? null : strange(line, known, "");
    }

    private static @Nullable String strange(JsonNode object, @Nullable Set<String> known, String within) {
        for (Map.Entry<String, JsonNode> member : object.properties()) {
            String name = within + member.getKey();
            if (known != null && !known.contains(member.getKey())) {
                return "an export has no member " + name + " here";
            }
            String fault = within.isEmpty() && member.getValue().isObject()
                    ? nested(name, member.getValue())
                    : scalar(name, member.getValue());
            if (fault != null) {
                return fault;
            }
        }
        return null;
    }

    private static @Nullable String nested(String name, JsonNode object) {
        if (name.equals("actor")) {
            return strange(object, ACTOR, "actor.");
        }
        // what changed has the names of whatever was changed
        return CHANGES.contains(name) ? strange(object, null, name + ".") : scalar(name, object);
    }

    private static @Nullable String scalar(String name, JsonNode value) {
        return value.isString() || value.isIntegralNumber()
                ? null
                : "an export has no such value of " + name + ", but texts and whole numbers";
    }
}
