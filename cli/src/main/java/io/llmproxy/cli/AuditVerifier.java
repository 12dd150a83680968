package io.llmproxy.cli;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Goes through exports of audit chains line by line and ends with a {@link CliException} at the first that is not as it was
 * written. It knows nothing but the lines: docs/audit.md has all of their form. Not thread-safe.
 */
final class AuditVerifier {
    private static final String NOTHING = "0".repeat(64);
    private static final Set<String> NOT_SIGNED = Set.of("signature", "publicKey");
    private static final Set<String> NOT_HASHED = Set.of("hash");

    private final Set<String> trusted;
    private final Set<String> keys = new TreeSet<>();
    /** What was signed: chain and number to hash, of this file and of earlier ones. */
    private final Map<String, String> marks = new HashMap<>();

    private final Map<String, Long> ends = new LinkedHashMap<>();
    private final Map<String, Expected> earlier = new TreeMap<>();
    private @Nullable Part part;
    private int parts;
    private long events;

    /** What an earlier export says of a place in a chain. */
    private record Expected(String file, String hash) {}

    /** One export of one chain, from its beginning to its end. */
    private static final class Part {
        private final String export;
        private final String chain;
        private final boolean whole;
        private final long first;
        private long number;
        private String hash;
        private long heads;
        private boolean checkpoint;

        private Part(JsonNode begin) {
            export = Json.text(begin.path("export"));
            chain = Json.text(begin.path("chain"));
            whole = Json.text(begin.path("whole")).equals("true");
            first = begin.path("first").asLong(0);
            number = first - 1;
            hash = Json.text(begin.path("previous"));
        }
    }

    /** @param trusted ids of keys; empty: whatever key the file names */
    AuditVerifier(Set<String> trusted) {
        this.trusted = trusted;
    }

    /** What comes has to go on from what that one found. */
    void follows(String file, AuditVerifier before) {
        before.marks.forEach((place, hash) -> earlier.put(place, new Expected(file, hash)));
        before.ends.forEach((chain, number) -> ends.merge(chain, number, Math::max));
    }

    /** @param where for the message */
    void line(String where, JsonNode line) {
        String type = Json.text(line.path("type"));
        String strange = AuditLine.strange(line);
        if (strange != null) {
            throw broken(where, "changed: " + strange);
        }
        Part open = part;
        if (open == null) {
            if (!type.equals("begin")) {
                throw broken(where, "cut: an export begins with a line of type begin, and this is none");
            }
            begin(where, line);
            return;
        }
        if (!Json.text(line.path("chain")).equals(open.chain)) {
            throw broken(where, "inserted: it is not of the chain " + open.chain);
        }
        switch (type) {
            case "checkpoint" -> checkpoint(where, open, line);
            case "event" -> event(where, open, line);
            case "head" -> head(where, open, line);
            case "end" -> end(where, open, line);
            default -> throw broken(where, "inserted: there are no lines of type '" + type + "' here");
        }
    }

    /** No line follows. */
    void end(String where) {
        Part open = part;
        if (open != null) {
            throw broken(where, "cut: the signed end is missing; what is there ends with event " + open.number);
        }
        if (parts == 0) {
            throw broken(where, "cut: there is nothing in it");
        }
    }

    private void begin(String where, JsonNode line) {
        signature(where, line);
        if (line.path("version").asLong(0) != 1) {
            throw broken(where, "a form that this version does not know");
        }
        Part fresh = new Part(line);
        if (fresh.first < 1 || fresh.first == 1 && !fresh.hash.equals(NOTHING)) {
            throw broken(where, "changed: the first event has none before it");
        }
        part = fresh;
        parts++;
    }

    private void checkpoint(String where, Part open, JsonNode line) {
        signature(where, line);
        if (open.checkpoint || open.number != open.first - 1 || !stands(open, line)) {
            throw broken(where, "reordered: a checkpoint comes first, and stands for all before the first event");
        }
        open.checkpoint = true;
    }

    private void event(String where, Part open, JsonNode line) {
        purgedIsSigned(where, open);
        String hash = HexFormat.of()
                .formatHex(AuditKeys.sha256(canonical(line, NOT_HASHED).getBytes(StandardCharsets.UTF_8)));
        if (!hash.equals(Json.text(line.path("hash")))) {
            throw broken(where, "changed: the event does not have its hash");
        }
        long number = line.path("number").asLong(0);
        if (number > open.number + 1) {
            throw broken(
                    where,
                    "cut or reordered: event " + number + " follows event " + open.number + ", without "
                            + missing(open.number + 1, number - 1));
        }
        if (number <= open.number) {
            throw broken(where, "reordered or inserted: event " + number + " follows event " + open.number);
        }
        if (!Json.text(line.path("previous")).equals(open.hash)) {
            throw broken(where, "inserted, or the line before was changed: it does not go on from the event before it");
        }
        open.number = number;
        open.hash = hash;
        events++;
        agrees(where, open);
    }

    private static String missing(long from, long to) {
        return from == to ? "event " + from : "events " + from + " to " + to;
    }

    private void purgedIsSigned(String where, Part open) {
        if (open.whole && open.first > 1 && !open.checkpoint) {
            throw broken(where, "cut: no signed checkpoint stands for events 1 to " + (open.first - 1));
        }
    }

    private void head(String where, Part open, JsonNode line) {
        signature(where, line);
        if (!stands(open, line)) {
            throw broken(
                    where,
                    "the signature is of event " + Json.text(line.path("number")) + ", and not of event " + open.number
                            + " as it stands here: the events before it were changed, cut or reordered");
        }
        open.heads++;
        marks.put(place(open), open.hash);
    }

    private void end(String where, Part open, JsonNode line) {
        purgedIsSigned(where, open);
        signature(where, line);
        if (!Json.text(line.path("export")).equals(open.export)) {
            throw broken(where, "inserted: it is the end of another export");
        }
        if (!stands(open, line)) {
            throw broken(
                    where,
                    "cut: the chain ends with event " + Json.text(line.path("number"))
                            + ", and what is there with event " + open.number + ", or that one was changed");
        }
        if (line.path("heads").asLong(-1) != open.heads) {
            throw broken(
                    where,
                    "cut or inserted: there were " + Json.text(line.path("heads"))
                            + " signatures between the events, and there are " + open.heads);
        }
        marks.put(place(open), open.hash);
        Long before = ends.get(open.chain);
        if (before != null && open.whole && before > open.number) {
            throw broken(where, "cut: an earlier export has events up to " + before);
        }
        ends.put(open.chain, open.number);
        part = null;
    }

    private void agrees(String where, Part open) {
        Expected expected = earlier.get(place(open));
        if (expected != null && !expected.hash.equals(open.hash)) {
            throw broken(
                    where, "changed: " + expected.file + " has another event in this place; history was rewritten");
        }
    }

    private static String place(Part open) {
        return open.chain + " " + open.number;
    }

    private static boolean stands(Part open, JsonNode line) {
        return line.path("number").asLong(-1) == open.number
                && Json.text(line.path("hash")).equals(open.hash);
    }

    private void signature(String where, JsonNode line) {
        String key = Json.text(line.path("publicKey"));
        String id = Json.text(line.path("keyId"));
        if (!idOf(key).equals(id)
                || !AuditKeys.signed(canonical(line, NOT_SIGNED), Json.text(line.path("signature")), key)) {
            throw broken(where, "changed: the signature is not that of the key it names");
        }
        if (!trusted.isEmpty() && !trusted.contains(id)) {
            throw broken(where, "signed by the key " + id + ", which is none of those given with --key");
        }
        keys.add(id);
    }

    private static String idOf(String key) {
        try {
            return AuditKeys.idOf(key);
        } catch (IllegalArgumentException e) {
            return "";
        }
    }

    private static CliException broken(String where, String what) {
        return new CliException(ExitCode.REFUSED, Text.printable(where + ": " + what));
    }

    String summary() {
        return "sound: " + events + (events == 1 ? " event" : " events") + " in " + parts
                + (parts == 1 ? " chain" : " chains") + ", signed by the key"
                + (keys.size() == 1 ? " " : "s ") + String.join(", ", keys)
                + (trusted.isEmpty() ? "; compare it with the one that you know, or give it with --key" : "");
    }

    /** The one text of a line: members by name, no spaces; see docs/audit.md. */
    static String canonical(JsonNode node, Set<String> without) {
        StringBuilder out = new StringBuilder(512);
        append(out, node, without);
        return out.toString();
    }

    private static void append(StringBuilder out, JsonNode node, Set<String> without) {
        if (node.isObject()) {
            Map<String, JsonNode> members = new TreeMap<>();
            node.properties().forEach(m -> members.put(m.getKey(), m.getValue()));
            String between = "{";
            for (Map.Entry<String, JsonNode> member : members.entrySet()) {
                if (!without.contains(member.getKey()) && !member.getValue().isNull()) {
                    quote(out.append(between), member.getKey());
                    append(out.append(':'), member.getValue(), Set.of());
                    between = ",";
                }
            }
            out.append(between.equals("{") ? "{}" : "}");
        } else if (node.isString()) {
            quote(out, node.stringValue());
        } else {
            out.append(Json.compact(node));
        }
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
