package io.llmproxy.adapter.admin;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.User;
import io.llmproxy.wire.admin.DeclarationJson.Fault;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/** Reads a document into the things that it declares; collects every fault and where it is. */
final class DeclarationReader {
    /** Of the form of documents. */
    static final int VERSION = 1;

    private static final int MOST_FAULTS = 50;
    private static final int NEAR = 2;

    private final @Nullable String onlyTenant;
    private final List<Fault> faults = new ArrayList<>();
    private final Map<Declared.Id, Declared> things = new LinkedHashMap<>();
    private final Set<Section> sections = new HashSet<>();

    private DeclarationReader(@Nullable String onlyTenant) {
        this.onlyTenant = onlyTenant;
    }

    /** A place where things of one kind are told, all of them. */
    record Section(@Nullable String tenant, DeclaredKind kind) {}

    /**
     * What a document says.
     *
     * @param sections those that it names, with or without anything in them
     */
    record Read(Map<Declared.Id, Declared> things, Set<Section> sections) {}

    /**
     * @param onlyTenant the one tenant of which it may speak; null: any
     * @throws DeclarationProblem with all that is wrong
     */
    static Read read(JsonNode document, @Nullable String onlyTenant) {
        DeclarationReader reader = new DeclarationReader(onlyTenant);
        reader.document(document);
        if (!reader.faults.isEmpty()) {
            throw DeclarationProblem.invalid(reader.faults);
        }
        return new Read(reader.things, reader.sections);
    }

    private void fault(String pointer, String detail) {
        if (!full()) {
            faults.add(new Fault(pointer, detail));
        }
    }

    private boolean full() {
        return faults.size() >= MOST_FAULTS;
    }

    private void document(JsonNode document) {
        if (!object("", document)) {
            return;
        }
        JsonNode version = document.get("version");
        if (version == null || !version.isIntegralNumber() || version.intValue() != VERSION) {
            fault(
                    version == null ? "" : "/version",
                    "version: must be " + VERSION + ", the form that this server reads");
        }
        known("", document, List.of("version", "shared", "tenants"));
        JsonNode shared = document.get("shared");
        if (shared != null && !shared.isNull()) {
            if (onlyTenant != null) {
                fault("/shared", "is not of the tenant `" + onlyTenant + "`, which alone is meant");
            } else if (object("/shared", shared)) {
                known("/shared", shared, names(true).toList());
                sections(null, "/shared", shared);
            }
        }
        JsonNode tenants = document.get("tenants");
        if (tenants != null && !tenants.isNull() && object("/tenants", tenants)) {
            tenants.properties().forEach(e -> tenant(e.getKey(), e.getValue()));
        }
    }

    private void tenant(String slug, JsonNode given) {
        String pointer = "/tenants/" + escaped(slug);
        if (onlyTenant != null && !onlyTenant.equals(slug)) {
            fault(pointer, "is not the tenant `" + onlyTenant + "`, which alone is meant");
            return;
        }
        if (checked(pointer, () -> Checks.slug("tenant", slug)) && object(pointer, given)) {
            List<String> known = Stream.concat(DeclaredFields.names(DeclaredKind.TENANT).stream(), names(false))
                    .toList();
            thing(new Declared.Id(DeclaredKind.TENANT, slug, slug), pointer, given, known);
            sections(slug, pointer, given);
        }
    }

    /** The names of the sections. */
    private static Stream<String> names(boolean shared) {
        return Stream.of(DeclaredKind.values())
                .filter(kind -> !shared || kind.shared())
                .map(DeclaredKind::section)
                .filter(java.util.Objects::nonNull);
    }

    private void sections(@Nullable String tenant, String pointer, JsonNode owner) {
        for (DeclaredKind kind : DeclaredKind.values()) {
            String section = kind.section();
            if (section != null && owner.has(section) && (tenant != null || kind.shared())) {
                sections.add(new Section(tenant, kind));
                section(tenant, kind, pointer + "/" + section, owner.get(section));
            }
        }
    }

    private void section(@Nullable String tenant, DeclaredKind kind, String pointer, JsonNode given) {
        if (given.isNull()) {
            return;
        }
        if (!kind.listed()) {
            if (object(pointer, given)) {
                given.properties().forEach(e -> named(tenant, kind, pointer, e.getKey(), e.getValue()));
            }
        } else if (!given.isArray()) {
            fault(pointer, "must be a list");
        } else {
            int place = 0;
            for (JsonNode item : given.values()) {
                listed(tenant, kind, pointer + "/" + place++, item);
            }
        }
    }

    private void named(@Nullable String tenant, DeclaredKind kind, String section, String name, JsonNode given) {
        String pointer = section + "/" + escaped(name);
        String normal = kind == DeclaredKind.USER ? email(pointer, name) : name;
        boolean named =
                kind == DeclaredKind.USER ? !normal.isEmpty() : checked(pointer, () -> Checks.name(kind.word(), name));
        JsonNode fields = given.isNull() ? Json.MAPPER.createObjectNode() : given;
        if (named && object(pointer, fields)) {
            thing(
                    new Declared.Id(kind, tenant, normal),
                    pointer,
                    plural(kind, pointer, fields),
                    DeclaredFields.names(kind));
        }
    }

    private String email(String pointer, String text) {
        try {
            return User.email(text);
        } catch (InvalidValueException e) {
            fault(pointer, e.getMessage() == null ? "is no address" : e.getMessage());
            return "";
        }
    }

    /** {@code credential: X} is short for {@code credentials: [X]}. */
    private JsonNode plural(DeclaredKind kind, String pointer, JsonNode fields) {
        if (kind != DeclaredKind.PROVIDER || !fields.has("credential")) {
            return fields;
        }
        if (fields.has("credentials")) {
            fault(pointer, "credential: give it or credentials, not both");
        }
        ObjectNode out = ((ObjectNode) fields).deepCopy();
        JsonNode one = out.remove("credential");
        if (one.isString()) {
            out.putArray("credentials").add(one);
        } else {
            fault(pointer + "/credential", "credential: must be a string");
        }
        return out;
    }

    private void listed(@Nullable String tenant, DeclaredKind kind, String pointer, JsonNode given) {
        if (!object(pointer, given)) {
            return;
        }
        List<String> wanted =
                kind == DeclaredKind.LIMIT ? List.of("scope", "metric", "amount") : List.of("model", "validFrom");
        List<String> missing = wanted.stream().filter(f -> !given.hasNonNull(f)).toList();
        if (!missing.isEmpty()) {
            fault(pointer, missing.getFirst() + ": must be given");
            return;
        }
        int before = faults.size();
        ObjectNode fields = normal(kind, "", pointer, given, DeclaredFields.names(kind));
        if (faults.size() == before) {
            String name =
                    kind == DeclaredKind.LIMIT ? DeclaredState.limitName(fields) : DeclaredState.priceName(fields);
            add(Declared.said(new Declared.Id(kind, tenant, name), pointer, fields, false));
        }
    }

    private void thing(Declared.Id id, String pointer, JsonNode given, Collection<String> known) {
        add(Declared.said(
                id, pointer, normal(id.kind(), id.name(), pointer, given, known), given.hasNonNull("status")));
    }

    private void add(Declared thing) {
        Declared before = things.putIfAbsent(thing.id(), thing);
        if (before != null) {
            fault(thing.pointer(), "is declared already, at " + before.pointer());
        }
    }

    private ObjectNode normal(
            DeclaredKind kind, String name, String pointer, JsonNode given, Collection<String> known) {
        known(pointer, given, known);
        return DeclaredFields.normal(
                kind, name, given, wrong -> fault(pointer + "/" + wrong.field(), wrong.field() + ": " + wrong.rule()));
    }

    private boolean object(String pointer, JsonNode node) {
        if (!node.isObject()) {
            fault(pointer, "must be a mapping of fields to values");
        }
        return node.isObject();
    }

    private boolean checked(String pointer, Runnable check) {
        try {
            check.run();
            return true;
        } catch (InvalidValueException e) {
            fault(pointer, String.valueOf(e.getMessage()));
            return false;
        }
    }

    private void known(String pointer, JsonNode object, Collection<String> known) {
        for (String field : new TreeSet<>(object.propertyNames())) {
            if (full()) {
                return;
            }
            boolean brief = field.equals("credential") && known.contains("credentials");
            if (!known.contains(field) && !brief) {
                String near = known.stream()
                        .filter(k -> Math.abs(k.length() - field.length()) <= NEAR && distance(k, field) <= NEAR)
                        .findFirst()
                        .map(k -> "; did you mean " + k + "?")
                        .orElse("; known here: " + String.join(", ", known));
                fault(pointer + "/" + escaped(field), "unknown field " + Checks.quoted(field) + near);
            }
        }
    }

    private static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int cost = Character.toLowerCase(a.charAt(i - 1)) == Character.toLowerCase(b.charAt(j - 1)) ? 0 : 1;
                int next = Math.min(Math.min(row[j] + 1, row[j - 1] + 1), diagonal + cost);
                diagonal = row[j];
                row[j] = next;
            }
        }
        return row[b.length()];
    }

    /** A part of a pointer (RFC 6901). */
    static String escaped(String part) {
        return part.replace("~", "~0").replace("/", "~1");
    }
}
