package io.llmproxy.gateway.scan;

import io.llmproxy.domain.object.ObjectKind;
import io.llmproxy.gateway.scan.JsonRequest.Form;
import io.llmproxy.gateway.scan.JsonScanner.Token;
import io.llmproxy.gateway.scan.References.Reference;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Finds, in the one scan of a request, the members that name stored objects. It looks at names alone, and by their length first, so
 * that a request without such members costs a comparison for each of its names. What clients fill as they like (metadata, schemas)
 * or repeat of earlier answers is passed over: providers take no references from there.
 */
final class ReferenceScan {
    /** More are not looked up for one request. */
    static final int MAX = 4096;

    private static final String CONTAINER_ID = "container_id";
    private static final String ITEM = "item_reference";

    /** Those of the request itself. */
    private static final Map<String, ObjectKind> TOP = Map.of(
            "previous_response_id", ObjectKind.RESPONSE,
            "conversation", ObjectKind.CONVERSATION,
            "input_file_id", ObjectKind.FILE,
            "input_files", ObjectKind.FILE,
            "training_file", ObjectKind.FILE,
            "training_files", ObjectKind.FILE,
            "validation_file", ObjectKind.FILE,
            "validation_files", ObjectKind.FILE);

    /** Those that may stand anywhere. */
    private static final Map<String, ObjectKind> ANYWHERE = Map.of(
            "file_id",
            ObjectKind.FILE,
            "file_ids",
            ObjectKind.FILE,
            "vector_store_id",
            ObjectKind.VECTOR_STORE,
            "vector_store_ids",
            ObjectKind.VECTOR_STORE,
            "container",
            ObjectKind.CONTAINER,
            CONTAINER_ID,
            ObjectKind.CONTAINER);

    private static final Set<String> PASSED_OVER =
            Set.of("metadata", "attributes", "parameters", "schema", "input_schema", "annotations", "results");

    /** Tells what a part of a message is; stands before the tables that hold it. */
    private static final Name TYPE = new Name("type", null);

    private static final Name[][] TOP_BY_LENGTH = byLength(true);
    private static final Name[][] BY_LENGTH = byLength(false);

    /** @param kind of what it names; null: what is in it is passed over */
    private record Name(String text, @Nullable ObjectKind kind) {}

    private final JsonScanner scanner;
    private final Form form;
    private @Nullable List<Reference> found;
    private @Nullable String beyond;
    private boolean images;

    ReferenceScan(JsonScanner scanner, Form form) {
        this.scanner = scanner;
        this.form = form;
    }

    private static Name[][] byLength(boolean top) {
        List<Name> names = new ArrayList<>();
        ANYWHERE.forEach((text, kind) -> names.add(new Name(text, kind)));
        PASSED_OVER.forEach(text -> names.add(new Name(text, null)));
        names.add(TYPE);
        if (top) {
            TOP.forEach((text, kind) -> names.add(new Name(text, kind)));
        }
        int longest = names.stream().mapToInt(n -> n.text.length()).max().orElse(0);
        Name[][] out = new Name[longest + 1][];
        for (int i = 0; i <= longest; i++) {
            int length = i;
            out[i] = names.stream().filter(n -> n.text.length() == length).toArray(Name[]::new);
        }
        return out;
    }

    /** Whether a form's field, as {@code file_ids[]} or {@code input[file_id]}, is named like a reference. */
    static boolean names(String field) {
        for (String part : field.split("[\\[\\].]", -1)) {
            if (TOP.containsKey(part) || ANYWHERE.containsKey(part)) {
                return true;
            }
        }
        return false;
    }

    References references() {
        List<Reference> all = found;
        if (all == null && beyond == null) {
            return References.NONE;
        }
        return new References(all == null ? List.of() : List.copyOf(all), beyond, true);
    }

    /** Whether a part of a message is an image, as the APIs of {@code /v1} or the request's own write it. */
    boolean images() {
        return images;
    }

    /** Reads the value of the request's own member whose name was just read; whether it is a list with something in it. */
    boolean member() {
        Name name = name(TOP_BY_LENGTH);
        if (name != null) {
            value(name);
            return false;
        }
        if (form != Form.V1 && image()) {
            return false;
        }
        boolean items = scanner.is("input") || scanner.is("items");
        Token value = scanner.next();
        int begin = scanner.end();
        if (value == Token.ARRAY_START && items) {
            items();
        } else if (opens(value)) {
            walk();
        }
        // the shortest list of an object has two characters before its end
        return value == Token.ARRAY_START && scanner.end() - begin > 2;
    }

    /** The same of what a completion goes on from; how many of that there are: one, unless it is a list of texts or of lists of tokens. */
    int prompts() {
        Token value = scanner.next();
        int several = 0;
        if (value == Token.ARRAY_START) {
            for (Token item = scanner.next(); item != Token.ARRAY_END; item = scanner.next()) {
                several += item == Token.STRING || opens(item) ? 1 : 0;
                if (opens(item)) {
                    walk();
                }
            }
        } else if (opens(value)) {
            walk();
        }
        return Math.max(1, several);
    }

    /** The same of a conversation of OpenAI's form, which is measured along the way. */
    void messages(PlainChat.Measure measure) {
        Token value = scanner.next();
        if (value != Token.ARRAY_START) {
            measure.other();
            if (opens(value)) {
                walk();
            }
            return;
        }
        int inside = scanner.depth();
        for (Token token = scanner.next(); scanner.depth() >= inside; token = scanner.next()) {
            boolean within = scanner.depth() == inside + 1;
            if (token == Token.OBJECT_START && within) {
                measure.message();
            } else if (token == Token.NAME && within && (scanner.is("content") || scanner.is("role"))) {
                said(measure);
            } else if (token != Token.OBJECT_END) {
                measure.other();
                if (token == Token.NAME) {
                    nested();
                }
            }
        }
    }

    /** Reads a value that a message says, or the start of it. */
    private void said(PlainChat.Measure measure) {
        Token value = scanner.next();
        if (value == Token.STRING) {
            measure.text(scanner.plainLength());
        } else if (value != Token.NULL) {
            measure.other();
        }
    }

    private @Nullable Name name(Name[][] names) {
        if (scanner.escaped()) {
            for (Name[] some : names) {
                Name name = among(some);
                if (name != null) {
                    return name;
                }
            }
            return null;
        }
        int length = scanner.end() - scanner.start() - 2;
        return length < names.length ? among(names[length]) : null;
    }

    private @Nullable Name among(Name[] names) {
        for (Name name : names) {
            if (scanner.is(name.text)) {
                return name;
            }
        }
        return null;
    }

    private static boolean opens(Token value) {
        return value == Token.OBJECT_START || value == Token.ARRAY_START;
    }

    /** Reads the rest of the object or array whose start was just read. */
    private void walk() {
        int inside = scanner.depth();
        for (Token token = scanner.next(); scanner.depth() >= inside; token = scanner.next()) {
            if (token == Token.NAME) {
                nested();
            }
        }
    }

    /** Looks at the name just read, and reads its value where that matters; else the value is still to come. */
    private void nested() {
        Name name = name(BY_LENGTH);
        if (name != null) {
            value(name);
        } else if (form != Form.V1) {
            image();
        }
    }

    /** Reads what may be images in Ollama's API or Google's; false: it is something else, and its value is still to come. */
    private boolean image() {
        if (form == Form.OLLAMA && scanner.is("images")) {
            Token value = scanner.next();
            int begin = scanner.end();
            if (opens(value)) {
                scanner.skipContainer();
            }
            images |= value == Token.ARRAY_START && scanner.end() - begin > 2;
            return true;
        }
        boolean blob = scanner.is("inlineData")
                || scanner.is("inline_data")
                || scanner.is("fileData")
                || scanner.is("file_data");
        if (form == Form.GEMINI && blob) {
            blob();
            return true;
        }
        return false;
    }

    private void blob() {
        Token value = scanner.next();
        if (value == Token.ARRAY_START) {
            scanner.skipContainer();
        }
        if (value != Token.OBJECT_START) {
            return;
        }
        while (scanner.next() == Token.NAME) {
            boolean type = scanner.is("mimeType") || scanner.is("mime_type");
            boolean told = whole() == Token.STRING && type && scanner.kept();
            images |= told && scanner.text().startsWith("image/");
        }
    }

    private void value(Name name) {
        Token value = scanner.next();
        if (name.equals(TYPE)) {
            type(value);
            return;
        }
        ObjectKind kind = name.kind;
        if (kind == null) {
            if (opens(value)) {
                scanner.skipContainer();
            }
            return;
        }
        switch (value) {
            case STRING -> add(kind, name.text);
            case OBJECT_START, ARRAY_START -> within(kind, name.text);
            case NULL -> {}
            default -> beyond = name.text;
        }
    }

    private void type(Token value) {
        if (value == Token.STRING) {
            images |= scanner.is("image_url") || scanner.is("input_image") || scanner.is("image");
        } else if (opens(value)) {
            walk();
        }
    }

    /** Ids in a list, or the {@code id} of an object, and what else may be named inside. */
    private void within(ObjectKind kind, String member) {
        int inside = scanner.depth();
        for (Token token = scanner.next(); scanner.depth() >= inside; token = scanner.next()) {
            if (token == Token.NAME && scanner.is("id")) {
                value(new Name(member, kind));
            } else if (token == Token.NAME) {
                Name name = name(BY_LENGTH);
                if (name != null) {
                    value(name);
                } else {
                    whole();
                }
            } else if (token == Token.STRING) {
                add(kind, member);
            }
        }
    }

    private void add(ObjectKind kind, String member) {
        if (scanner.kept()) {
            add(kind, scanner.text(), member);
        } else {
            beyond = member;
        }
    }

    private void add(ObjectKind kind, String id, String member) {
        List<Reference> all = found;
        if (all == null) {
            all = new ArrayList<>();
            found = all;
        }
        if (all.size() >= MAX) {
            beyond = member;
        } else {
            all.add(new Reference(kind, id, member));
        }
    }

    /** What a model is given, one item after the other. */
    private void items() {
        int inside = scanner.depth();
        for (Token token = scanner.next(); scanner.depth() >= inside; token = scanner.next()) {
            if (token == Token.OBJECT_START && scanner.depth() == inside + 1) {
                item();
            } else if (token == Token.NAME) {
                nested();
            }
        }
    }

    /**
     * One that stands for an item of an earlier response has an id and {@code item_reference} as its type, or no type at all; and
     * reasoning that is not sent along is looked up by its id, too.
     */
    private void item() {
        String id = null;
        boolean typed = false;
        boolean spoken = false;
        boolean refers = false;
        boolean reasoning = false;
        boolean sent = false;
        while (scanner.next() == Token.NAME) {
            if (scanner.is("type")) {
                typed = whole() == Token.STRING;
                refers |= typed && scanner.is(ITEM);
                reasoning |= typed && scanner.is("reasoning");
            } else if (scanner.is("id")) {
                if (whole() == Token.STRING && scanner.kept()) {
                    beyond = id == null ? beyond : ITEM;
                    id = scanner.text();
                }
            } else if (scanner.is("role")) {
                spoken |= whole() == Token.STRING;
            } else if (scanner.is("encrypted_content") || scanner.is("content")) {
                sent |= whole() != Token.NULL;
            } else if (scanner.is(CONTAINER_ID)) {
                // of a call that is told again
                whole();
            } else if (name(BY_LENGTH) != null) {
                nested();
            } else {
                whole();
            }
        }
        if (id != null && (refers || !typed && !spoken || reasoning && !sent)) {
            add(ObjectKind.ITEM, id, ITEM);
        }
    }

    /** Reads a value to its end; what kind it is. */
    private Token whole() {
        Token value = scanner.next();
        if (opens(value)) {
            walk();
        }
        return value;
    }
}
