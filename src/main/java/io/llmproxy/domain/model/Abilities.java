package io.llmproxy.domain.model;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What models can do, by names or globs of them. Immutable; a look-up walks over all of them. */
public final class Abilities {
    /** Something that not every model can do. */
    public enum Ability {
        /** It reads images. */
        VISION,
        /** It calls tools. */
        TOOLS;

        public String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** Nothing is said of any model. */
    public static final Abilities NONE = new Abilities(Map.of());

    private static final int MOST = 200;
    private static final String NOTHING = "none";

    private record Line(Glob glob, Set<Ability> can) {}

    private final Map<String, String> texts;
    private final List<Line> lines;

    /**
     * @param texts by name or glob of models: {@code vision}, {@code tools}, both with a comma between them, or {@code none}
     * @throws InvalidValueException where a text is none of these
     */
    public Abilities(Map<String, String> texts) {
        if (texts.size() > MOST) {
            throw new InvalidValueException("abilities", "are told of " + MOST + " names or globs at most");
        }
        this.texts = java.util.Collections.unmodifiableMap(new TreeMap<>(texts));
        List<Line> all = new ArrayList<>();
        this.texts.forEach(
                (glob, words) -> all.add(new Line(new Glob(Checks.text("abilities", glob, 256)), read(words))));
        all.sort(Comparator.comparing(Line::glob));
        this.lines = List.copyOf(all);
    }

    private static Set<Ability> read(String words) {
        Set<Ability> can = EnumSet.noneOf(Ability.class);
        if (!words.equals(NOTHING)) {
            for (String word : words.split(",", -1)) {
                can.add(ability(word.strip()));
            }
        }
        return can;
    }

    private static Ability ability(String word) {
        for (Ability ability : Ability.values()) {
            if (ability.word().equals(word)) {
                return ability;
            }
        }
        throw new InvalidValueException(
                "abilities", "must be vision, tools, vision,tools or none; got " + Checks.quoted(word));
    }

    /** As they were told. */
    public Map<String, String> texts() {
        return texts;
    }

    /** What the model can do, by the most specific line that is about it; null: none is. */
    public @Nullable Set<Ability> of(String model) {
        for (Line line : lines) {
            if (line.glob.matches(model)) {
                return line.can;
            }
        }
        return null;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Abilities other && texts.equals(other.texts);
    }

    @Override
    public int hashCode() {
        return texts.hashCode();
    }

    @Override
    public String toString() {
        return texts.toString();
    }
}
