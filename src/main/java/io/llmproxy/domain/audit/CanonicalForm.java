package io.llmproxy.domain.audit;

import io.llmproxy.domain.identity.Actor;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/**
 * The one text of a thing, over which hashes and signatures are made: JSON in UTF-8 without spaces, members in the order of
 * their names by UTF-16 unit, those without a value left out, numbers whole. In texts the quotation mark and the backslash stand
 * behind a backslash, characters below U+0020 as {@code \}{@code u} and four small hexadecimal digits, all else as it is.
 */
public final class CanonicalForm {
    private CanonicalForm() {}

    /** The event in its place: all of it but its own hash. */
    public static String of(UUID chain, long number, String previous, AuditEvent event) {
        return text(members(chain, number, previous, event));
    }

    /** The members of the canonical form: texts, whole numbers and maps of them. */
    public static Map<String, Object> members(UUID chain, long number, String previous, AuditEvent event) {
        Map<String, @Nullable Object> members = new TreeMap<>();
        members.put("type", "event");
        members.put("chain", chain.toString());
        members.put("number", number);
        members.put("previous", previous);
        members.put("id", event.id().toString());
        members.put("at", event.at().toString());
        members.put("tenant", event.tenantSlug());
        members.put("actor", actor(event.actor()));
        members.put("action", event.action());
        members.put("target", event.target());
        members.put("before", event.before());
        members.put("after", event.details());
        return present(members);
    }

    private static Map<String, Object> actor(Actor actor) {
        Map<String, @Nullable Object> members = new TreeMap<>();
        members.put("name", actor.name());
        members.put("uid", actor.uid() == null ? null : Long.valueOf(actor.uid()));
        members.put("role", actor.role().word());
        members.put(
                "tenantId", actor.tenantId() == null ? null : actor.tenantId().toString());
        members.put("userId", actor.userId() == null ? null : actor.userId().toString());
        members.put("address", actor.address());
        return present(members);
    }

    /** What the signature of a head or a checkpoint is over. */
    public static Map<String, Object> head(
            UUID chain, AuditChain.Mark mark, long number, String hash, String at, String keyId) {
        Map<String, Object> members = new TreeMap<>();
        members.put("type", mark.name().toLowerCase(Locale.ROOT));
        members.put("chain", chain.toString());
        members.put("number", number);
        members.put("hash", hash);
        members.put("at", at);
        members.put("keyId", keyId);
        return members;
    }

    /** What the signature at the beginning of an export is over. */
    public static Map<String, Object> begin(
            UUID export, AuditChain chain, boolean whole, long first, String previous, Instant at, String keyId) {
        Map<String, @Nullable Object> members = new TreeMap<>();
        members.put("type", "begin");
        members.put("version", 1L);
        members.put("export", export.toString());
        members.put("chain", chain.id().toString());
        members.put("tenant", chain.tenantSlug());
        members.put("whole", whole ? "true" : "false");
        members.put("first", first);
        members.put("previous", previous);
        members.put("at", at.toString());
        members.put("keyId", keyId);
        return present(members);
    }

    /** What the signature at the end of an export is over. */
    public static Map<String, Object> end(UUID export, UUID chain, long number, String hash, long heads, String keyId) {
        Map<String, Object> members = new TreeMap<>();
        members.put("type", "end");
        members.put("export", export.toString());
        members.put("chain", chain.toString());
        members.put("number", number);
        members.put("hash", hash);
        members.put("heads", heads);
        members.put("keyId", keyId);
        return members;
    }

    private static Map<String, Object> present(Map<String, @Nullable Object> members) {
        Map<String, Object> present = new TreeMap<>();
        members.forEach((name, value) -> {
            if (value != null) {
                present.put(name, value);
            }
        });
        return present;
    }

    /** @param members texts, whole numbers and maps of such */
    public static String text(Map<String, ?> members) {
        StringBuilder out = new StringBuilder(512);
        append(out, members);
        return out.toString();
    }

    private static void append(StringBuilder out, Map<?, ?> members) {
        out.append('{');
        String between = "";
        Map<String, Object> sorted = new TreeMap<>();
        members.forEach((name, value) -> sorted.put(String.valueOf(name), value));
        for (Map.Entry<String, Object> member : sorted.entrySet()) {
            quote(out.append(between), member.getKey());
            out.append(':');
            switch (member.getValue()) {
                case Map<?, ?> map -> append(out, map);
                case Long number -> out.append(number.longValue());
                default -> quote(out, member.getValue().toString());
            }
            between = ",";
        }
        out.append('}');
    }

    private static void quote(StringBuilder out, String text) {
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' || c == '\\') {
                out.append('\\').append(c);
            } else if (c < ' ') {
                out.append("\\u00").append(Character.forDigit(c >> 4, 16)).append(Character.forDigit(c & 15, 16));
            } else {
                out.append(c);
            }
        }
        out.append('"');
    }
}
