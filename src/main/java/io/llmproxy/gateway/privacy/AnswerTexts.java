package io.llmproxy.gateway.privacy;

import io.llmproxy.gateway.scan.JsonScanner;
import io.llmproxy.gateway.scan.JsonScanner.Token;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The strings of one document of an answer, and whether they go on in the next one of a stream. */
final class AnswerTexts {
    private static final Set<String> INDICES = Set.of("index", "output_index", "content_index", "summary_index");
    private static final Set<String> REASONS = Set.of("finish_reason", "finishReason", "stop_reason", "done_reason");

    /** An object or array, with what tells it from its like. */
    private static final class Node {
        final @Nullable Node parent;
        final String name;
        String index = "";

        Node(@Nullable Node parent, String name) {
            this.parent = parent;
            this.name = name;
        }

        String path() {
            return (parent == null ? "" : parent.path()) + "/" + name + (index.isEmpty() ? "" : "#" + index);
        }
    }

    /**
     * One string.
     *
     * @param start of its inside
     * @param json whether the text is JSON itself
     * @param piece whether it is a piece of a text that goes on in later documents
     */
    record Text(Node node, String name, int start, int end, boolean json, boolean piece) {
        /** The same for all pieces of a text. */
        String channel() {
            return node.path() + "/" + name;
        }
    }

    private final byte[] in;
    private final JsonScanner scanner;
    private final List<Text> texts = new ArrayList<>();
    private String type = "";
    private boolean last;
    private int deltas;

    /** @throws io.llmproxy.gateway.scan.MalformedException where it is no JSON */
    AnswerTexts(byte[] in, int from, int to) {
        this.in = in;
        this.scanner = new JsonScanner(in, from, to);
        read();
    }

    List<Text> texts() {
        return texts;
    }

    /** Whether it says that a text, or all of them, have ended. */
    boolean last() {
        return last || type.endsWith(".done") || type.endsWith(".completed") || type.endsWith("_stop");
    }

    private void read() {
        Node node = new Node(null, "");
        String name = "";
        while (true) {
            Token token = scanner.next();
            switch (token) {
                case END -> {
                    return;
                }
                case NAME -> name = scanner.kept() ? scanner.text() : "?";
                case OBJECT_START, ARRAY_START -> {
                    node = new Node(node, name);
                    deltas += name.equals("delta") ? 1 : 0;
                }
                case OBJECT_END, ARRAY_END -> {
                    deltas -= node.name.equals("delta") ? 1 : 0;
                    name = node.name;
                    node = node.parent == null ? node : node.parent;
                }
                case STRING -> string(node, name);
                case NUMBER -> {
                    if (INDICES.contains(name)) {
                        node.index += scanner.count() + ",";
                    }
                }
                case TRUE -> last |= name.equals("done");
                case FALSE, NULL -> {}
            }
        }
    }

    private void string(Node node, String name) {
        int start = scanner.start() + 1;
        int end = scanner.end() - 1;
        if (name.equals("type") && scanner.depth() == 1 && scanner.kept()) {
            type = scanner.text();
        }
        last |= REASONS.contains(name) && end > start;
        boolean json = name.equals("arguments")
                || name.equals("partial_json")
                || name.equals("delta") && type.contains("arguments");
        texts.add(new Text(node, name, start, end, json, piece(node, name)));
    }

    private boolean piece(Node node, String name) {
        if (deltas > 0 || name.equals("delta")) {
            return true;
        }
        return switch (name) {
            case "text" -> within(node, "choices") || within(node, "candidates");
            case "content", "thinking" -> node.name.equals("message") && scanner.depth() == 2;
            case "response" -> scanner.depth() == 1;
            default -> false;
        };
    }

    private static boolean within(Node node, String name) {
        for (Node at = node; at != null; at = at.parent) {
            if (at.name.equals(name)) {
                return true;
            }
        }
        return false;
    }

    /** The text as it means. */
    String decoded(Text text) {
        return JsonString.decode(in, text.start, text.end);
    }
}
