package io.llmproxy.domain;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class HeaderFieldsTest {
    private final HeaderFields fields =
            HeaderFields.of("Via", "a", "accept", "x", "VIA", "b", "expect", "100-continue");

    @Test
    void findsFieldsWhateverTheirCase() {
        assertThat(fields.first("vIa")).contains("a");
        assertThat(fields.all("via")).containsExactly("a", "b");
        assertThat(fields.count("Via")).isEqualTo(2);
        assertThat(fields.contains("ACCEPT")).isTrue();
        assertThat(fields.containsToken("Expect", "100-Continue")).isTrue();
    }

    @Test
    void findsNoOthersOfTheSameLengthOrLetter() {
        assertThat(fields.contains("vie")).isFalse();
        assertThat(fields.contains("vary")).isFalse();
        assertThat(fields.first("except")).isEmpty();
        assertThat(fields.all("te")).isEmpty();
        assertThat(fields.count("")).isZero();
        assertThat(fields.containsToken("Accept", "y")).isFalse();
    }

    @Test
    void setsInPlaceOfAllOfThatName() {
        fields.set("via", "c");

        assertThat(listed(fields)).containsExactly("accept: x", "expect: 100-continue", "via: c");
    }

    @Test
    void removesAllOfAName() {
        fields.remove("VIA").remove("none");

        assertThat(fields.size()).isEqualTo(2);
        assertThat(fields.contains("via")).isFalse();
        assertThat(listed(fields)).containsExactly("accept: x", "expect: 100-continue");
    }

    @Test
    void keepsAnyNumberInTheirOrder() {
        HeaderFields many = new HeaderFields();
        for (int i = 0; i < 100; i++) {
            many.add("x-" + i, "v" + i);
        }

        assertThat(many.size()).isEqualTo(100);
        assertThat(many.name(57)).isEqualTo("x-57");
        assertThat(many.value(99)).isEqualTo("v99");
        assertThat(many.first("X-42")).contains("v42");
    }

    @Test
    void addsNothingToNone() {
        assertThatThrownBy(() -> HeaderFields.NONE.add("a", "b")).isInstanceOf(UnsupportedOperationException.class);
        assertThat(HeaderFields.NONE.size()).isZero();
    }

    @Test
    void showsNoValue() {
        assertThat(fields).hasToString("[Via, accept, VIA, expect]");
    }

    private static List<String> listed(HeaderFields fields) {
        List<String> out = new ArrayList<>();
        fields.forEach((name, value) -> out.add(name + ": " + value));
        return out;
    }

    /** Whatever is added, set and removed: as a plain list of names and values has it. */
    @Test
    void isWhatAPlainListIs() {
        String[] names = {"A", "a", "Accept", "accept", "x-a", "X-B", "x-c", "Content-Length", "content-range", "H", "P"
        };
        for (int seed = 0; seed < 300; seed++) {
            Random random = new Random(seed);
            HeaderFields fields = new HeaderFields();
            List<Map.Entry<String, String>> plain = new ArrayList<>();
            for (int i = 0; i < 60; i++) {
                String name = names[random.nextInt(names.length)];
                String value = (random.nextBoolean() ? "v" : "\u00e9") + i;
                switch (random.nextInt(4)) {
                    case 0 -> {
                        fields.remove(name);
                        plain.removeIf(e -> e.getKey().equalsIgnoreCase(name));
                    }
                    case 1 -> {
                        fields.set(name, value);
                        plain.removeIf(e -> e.getKey().equalsIgnoreCase(name));
                        plain.add(Map.entry(name, value));
                    }
                    default -> {
                        fields.add(name, value);
                        plain.add(Map.entry(name, value));
                    }
                }
                for (String asked : names) {
                    List<String> values = plain.stream()
                            .filter(e -> e.getKey().equalsIgnoreCase(asked))
                            .map(Map.Entry::getValue)
                            .toList();
                    assertThat(fields.all(asked)).as("seed %d", seed).isEqualTo(values);
                    assertThat(fields.contains(asked)).isEqualTo(!values.isEmpty());
                    assertThat(fields.count(asked)).isEqualTo(values.size());
                }
                assertThat(fields.size()).isEqualTo(plain.size());
                FieldNames some =
                        FieldNames.of(names[random.nextInt(names.length)], names[random.nextInt(names.length)]);
                HeaderFields copy = new HeaderFields();
                for (int at = 0; at < fields.size(); at++) {
                    copy.addFrom(fields, at);
                    assertThat(copy.name(at)).isEqualTo(plain.get(at).getKey());
                    assertThat(copy.plain(at))
                            .isEqualTo(plain.get(at).getValue().startsWith("v"))
                            .isEqualTo(fields.plain(at));
                    assertThat(fields.named(at, some)).isEqualTo(some.contains(fields.name(at)));
                }
            }
        }
    }

    /** RFC 9110, section 5.6.2; of values, those that need no second look. */
    @Test
    void knowsWhatIsPlain() {
        String marks = "!#$%&'*+-.^_`|~";
        for (char c = 0; c < 0x300; c++) {
            boolean token = c < 128 && (Character.isLetterOrDigit(c) || marks.indexOf(c) >= 0);
            for (String name : List.of("" + c, "x" + c, c + "x", "x" + c + "x")) {
                assertThat(HeaderFields.plain(name, "v"))
                        .as("name with %x", (int) c)
                        .isEqualTo(token);
            }
            boolean printable = c >= ' ' && c < 127;
            for (String value : List.of("" + c, "v" + c, c + "v", "v " + c + " v")) {
                assertThat(HeaderFields.plain("x", value))
                        .as("value with %x", (int) c)
                        .isEqualTo(printable);
            }
        }
        assertThat(HeaderFields.plain("", "v")).isFalse();
        assertThat(HeaderFields.plain("x", "")).isTrue();
    }
}
