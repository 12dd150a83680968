package io.llmproxy.config;

import io.llmproxy.config.ConfigException.Problem;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
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

/** Reads YAML into settings with the line that each stands on. */
final class YamlSource {
    private final String name;
    private final Consumer<Problem> problems;
    private final List<Setting> settings = new ArrayList<>();

    /**
     * What one place says about one key.
     *
     * @param texts one text, the items of a list, or null for YAML's null
     */
    record Setting(String key, @Nullable List<String> texts, boolean list, String origin) {}

    private YamlSource(String name, Consumer<Problem> problems) {
        this.name = name;
        this.problems = problems;
    }

    static List<Setting> file(ConfigFile file, Consumer<Problem> problems) {
        Path path = file.path();
        YamlSource source = new YamlSource(path.toString(), problems);
        try {
            source.read(Files.readString(path, StandardCharsets.UTF_8));
        } catch (NoSuchFileException e) {
            if (!file.optional()) {
                problems.accept(new Problem(path.toString(), null, "no such file"));
            }
        } catch (AccessDeniedException e) {
            problems.accept(new Problem(
                    path.toString(),
                    null,
                    "cannot be read: permission denied to user " + System.getProperty("user.name")));
        } catch (IOException e) {
            problems.accept(new Problem(path.toString(), null, "cannot be read: " + e));
        }
        return source.settings;
    }

    private void read(String text) {
        // aliases are refused outright: a small file could otherwise stand for a huge one
        LoadSettings load = LoadSettings.builder()
                .setLabel(name)
                .setMaxAliasesForCollections(0)
                .build();
        try {
            Optional<Node> root = new Compose(load).composeString(text);
            if (root.isPresent() && !empty(root.get())) {
                walk("", root.get());
            }
        } catch (MarkedYamlEngineException e) {
            int line = e.getProblemMark().map(m -> m.getLine() + 1).orElse(1);
            problems.accept(new Problem(name + ":" + line, null, "is not YAML: " + e.getProblem()));
        } catch (YamlEngineException e) {
            problems.accept(new Problem(name, null, "is not YAML: " + e.getMessage()));
        }
    }

    private static boolean empty(Node node) {
        return node instanceof ScalarNode scalar && scalar.getTag().equals(Tag.NULL);
    }

    private void walk(String path, Node node) {
        switch (node) {
            case MappingNode mapping -> mapping(path, mapping);
            case ScalarNode scalar -> leaf(path, scalar, scalar(scalar), false);
            case SequenceNode sequence -> sequence(path, sequence);
            default -> problem(node, path, "aliases are not taken here");
        }
    }

    private void mapping(String path, MappingNode mapping) {
        if (!path.isEmpty() && ConfigReference.find(path).isPresent()) {
            problem(mapping, path, "takes a value, not a mapping");
            return;
        }
        if (mapping.getValue().isEmpty() && !path.isEmpty() && !ConfigReference.section(path)) {
            leaf(path, mapping, null, false);
            return;
        }
        Set<String> seen = new HashSet<>();
        for (NodeTuple entry : mapping.getValue()) {
            if (!(entry.getKeyNode() instanceof ScalarNode keyNode)) {
                problem(entry.getKeyNode(), path, "has a key that is not a word");
                continue;
            }
            String key = path.isEmpty() ? keyNode.getValue() : path + "." + keyNode.getValue();
            // a section without content, as `limits:` with everything below commented out, says nothing
            boolean bare = empty(entry.getValueNode()) && ConfigReference.section(key);
            if (!seen.add(key)) {
                problem(keyNode, key, "is set twice in this file");
            } else if (!bare) {
                walk(key, entry.getValueNode());
            }
        }
    }

    private void sequence(String path, SequenceNode sequence) {
        List<String> items = new ArrayList<>();
        for (Node item : sequence.getValue()) {
            if (item instanceof ScalarNode scalar && !empty(item)) {
                items.add(scalar.getValue());
            } else {
                problem(item, path, "must be a list of plain values");
                return;
            }
        }
        leaf(path, sequence, items, true);
    }

    private static @Nullable List<String> scalar(ScalarNode scalar) {
        return empty(scalar) ? null : List.of(scalar.getValue());
    }

    private void leaf(String path, Node node, @Nullable List<String> texts, boolean list) {
        if (path.isEmpty()) {
            problem(node, null, "must be a mapping of keys to values");
        } else {
            settings.add(new Setting(path, texts, list, origin(node)));
        }
    }

    private void problem(Node node, @Nullable String key, String message) {
        problems.accept(new Problem(origin(node), key == null || key.isEmpty() ? null : key, message));
    }

    private String origin(Node node) {
        return name + ":" + node.getStartMark().map(m -> m.getLine() + 1).orElse(1);
    }
}
