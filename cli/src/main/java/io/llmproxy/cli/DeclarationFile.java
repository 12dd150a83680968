package io.llmproxy.cli;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

/** A file of YAML (or JSON, which is YAML too) as a tree, with the line on which each value stands. */
final class DeclarationFile {
    /** Beyond that the server takes it no more. */
    static final int MAX_BYTES = 8 << 20;

    private static final int MAX_DEPTH = 16;
    private static final int MAX_NUMBER = 100;
    private static final Set<Tag> PLAIN = Set.of(Tag.MAP, Tag.SEQ, Tag.STR, Tag.NULL, Tag.BOOL, Tag.INT, Tag.FLOAT);

    private final String name;
    private final Map<String, Integer> lines = new HashMap<>();
    private ObjectNode document = Json.object();

    private DeclarationFile(String name) {
        this.name = name;
    }

    /** @throws CliException naming the line, where it is no document */
    static DeclarationFile read(String name, byte[] bytes) {
        DeclarationFile file = new DeclarationFile(name);
        file.parse(file.text(bytes));
        return file;
    }

    ObjectNode document() {
        return document;
    }

    /** {@code FILE:LINE} of the value that a pointer (RFC 6901) names, or of what it would stand in. */
    String place(String pointer) {
        String at = pointer;
        while (!at.isEmpty() && !lines.containsKey(at)) {
            at = at.substring(0, at.lastIndexOf('/'));
        }
        return name + ":" + lines.getOrDefault(at, 1);
    }

    private String text(byte[] bytes) {
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        CharBuffer out = CharBuffer.allocate(bytes.length + 1);
        CoderResult result = decoder.decode(in, out, true);
        try {
            if (result.isError()) {
                result.throwException();
            }
        } catch (CharacterCodingException e) {
            int line = 1;
            for (int i = 0; i < in.position(); i++) {
                line += bytes[i] == '\n' ? 1 : 0;
            }
            throw CliException.usage(name + ":" + line + ": is not UTF-8");
        }
        return out.flip().toString();
    }

    private void parse(String text) {
        // aliases are refused: a small file could otherwise stand for a huge one
        LoadSettings settings = LoadSettings.builder()
                .setLabel(name)
                .setMaxAliasesForCollections(0)
                .setCodePointLimit(MAX_BYTES)
                .build();
        try {
            Optional<Node> root = new Compose(settings).composeString(text);
            if (root.isEmpty() || !(root.get() instanceof MappingNode mapping)) {
                throw CliException.usage(name + ":1: must be a mapping with version, shared and tenants");
            }
            document = mapping("", mapping, 0);
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(m -> m.getLine() + 1).orElse(1);
            throw CliException.usage(name + ":" + line + ": is not YAML: " + Text.printable(e.getProblem()));
        } catch (YamlEngineException e) {
            throw CliException.usage(name + ": is not YAML: " + Text.printable(String.valueOf(e.getMessage())));
        } catch (StackOverflowError e) {
            // the parser goes down into what is nested, without a bound of its own
            throw CliException.usage(name + ": is nested too deeply");
        }
    }

    private JsonNode value(String pointer, Node node, int depth) {
        if (depth > MAX_DEPTH) {
            throw CliException.usage(at(node) + ": is nested too deeply");
        }
        Tag tag = node.getTag();
        if (!PLAIN.contains(tag)) {
            throw CliException.usage(
                    at(node) + ": has the tag " + Text.printable(tag.getValue()) + ", which means nothing here");
        }
        return switch (node) {
            case MappingNode mapping -> mapping(pointer, mapping, depth);
            case SequenceNode sequence -> {
                ArrayNode array = Json.array();
                int place = 0;
                for (Node item : sequence.getValue()) {
                    String at = pointer + "/" + place++;
                    lines.put(at, line(item));
                    array.add(value(at, item, depth + 1));
                }
                yield array;
            }
            case ScalarNode scalar -> scalar(pointer, scalar);
            default -> throw CliException.usage(at(node) + ": aliases are not taken here");
        };
    }

    private ObjectNode mapping(String pointer, MappingNode mapping, int depth) {
        ObjectNode object = Json.object();
        for (NodeTuple entry : mapping.getValue()) {
            if (!(entry.getKeyNode() instanceof ScalarNode key)) {
                throw CliException.usage(at(entry.getKeyNode()) + ": has a key that is not a word");
            }
            String field = key.getValue();
            String at = pointer + "/" + field.replace("~", "~0").replace("/", "~1");
            Integer before = lines.put(at, line(key));
            if (before != null) {
                throw CliException.usage(
                        at(key) + ": '" + Text.printable(field) + "' is there twice; first on line " + before);
            }
            object.set(field, value(at, entry.getValueNode(), depth + 1));
        }
        return object;
    }

    private JsonNode scalar(String field, ScalarNode scalar) {
        ObjectNode nodes = Json.object();
        String text = scalar.getValue();
        Tag tag = scalar.getTag();
        try {
            if (tag.equals(Tag.NULL)) {
                return nodes.nullNode();
            }
            if (tag.equals(Tag.BOOL)) {
                return nodes.booleanNode(text.equalsIgnoreCase("true"));
            }
            if (tag.equals(Tag.INT) || tag.equals(Tag.FLOAT)) {
                BigDecimal number = text.length() <= MAX_NUMBER ? new BigDecimal(text) : null;
                if (number == null || !Json.sensible(number)) {
                    throw CliException.usage(
                            at(scalar) + ": " + field + " is no number of a sensible size; got '" + brief(text) + "'");
                }
                return tag.equals(Tag.INT) ? nodes.numberNode(new BigInteger(text)) : nodes.numberNode(number);
            }
        } catch (NumberFormatException e) {
            // .inf, .nan: no numbers here
            return nodes.stringNode(text);
        }
        return nodes.stringNode(text);
    }

    private static String brief(String text) {
        return text.length() <= MAX_NUMBER ? text : text.substring(0, MAX_NUMBER) + "…";
    }

    private String at(Node node) {
        return name + ":" + line(node);
    }

    private static int line(Node node) {
        return node.getStartMark().map(m -> m.getLine() + 1).orElse(1);
    }
}
