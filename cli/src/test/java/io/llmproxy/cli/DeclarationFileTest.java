package io.llmproxy.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

class DeclarationFileTest {
    private static DeclarationFile read(String text) {
        return DeclarationFile.read("f", text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void valuesKeepTheirTypesAndTextsTheirForm() {
        JsonNode document = read("""
                        whole: 12
                        money: 2.50
                        text: "2.50"
                        leading: 007
                        odd: .nan
                        time: 2026-11-01T00:00:00Z
                        yes: true
                        nothing:
                        list: [a, 1]
                        """).document();
        assertThat(Json.compact(document))
                .isEqualTo("{\"whole\":12,\"money\":2.50,\"text\":\"2.50\",\"leading\":\"007\",\"odd\":\".nan\","
                        + "\"time\":\"2026-11-01T00:00:00Z\",\"yes\":true,\"nothing\":null,\"list\":[\"a\",1]}");
    }

    @Test
    void jsonIsYamlToo() {
        assertThat(Json.compact(read("{\"version\": 1, \"tenants\": {}}").document()))
                .isEqualTo("{\"version\":1,\"tenants\":{}}");
    }

    @Test
    void aPointerIsFoundOrWhatItWouldStandIn() {
        DeclarationFile file = read("a:\n  b/c: {d: 1}\n  e:\n  - x\n  - {y: 2}\n");
        assertThat(file.place("/a")).isEqualTo("f:1");
        assertThat(file.place("/a/b~1c/d")).isEqualTo("f:2");
        assertThat(file.place("/a/b~1c/missing/deeper")).isEqualTo("f:2");
        assertThat(file.place("/a/e/1/y")).isEqualTo("f:5");
        assertThat(file.place("/nowhere")).isEqualTo("f:1");
        assertThat(file.place("")).isEqualTo("f:1");
    }

    @Test
    void whatIsNoDocumentIsToldWithItsLine() {
        refused("a: 1\nb: {a: 1, a: 2}", "f:2: 'a' is there twice; first on line 2");
        refused("a: 1\n- b", "f:2: is not YAML");
        refused("[1, 2]", "f:1: must be a mapping");
        refused("a: &x {b: 1}\nc: *x", "is not YAML");
        refused("a: !!binary aGk=", "f:1: has the tag");
        refused("? [a]\n: 1", "f:1: has a key that is not a word");
        refused("a: " + "{b: ".repeat(40) + "1" + "}".repeat(40), "f:1: is nested too deeply");
        refused("a: " + "[".repeat(50_000), "f");
    }

    /** Written out, each would be a gigabyte. */
    @Test
    void aNumberOfAbsurdSizeIsToldWithItsLineAndField() {
        refused("a: 1\nb: [{x: 1e999999999}]", "f:2: /b/0/x is no number of a sensible size; got '1e999999999'");
        refused("a: 1e-999999999", "f:1: /a is no number");
        refused("{\"a\": 0e-999999999}", "f:1: /a is no number");
        refused("a: " + "9".repeat(1_000_000), "f:1: /a is no number of a sensible size; got '999");
        assertThat(Json.compact(read("{a: 1e-7, b: 12e+3, c: 123456789012345678901234567890}")
                        .document()))
                .isEqualTo("{\"a\":0.0000001,\"b\":12000,\"c\":123456789012345678901234567890}");
    }

    @Test
    void aNumberOfAbsurdSizeIsWrittenAsItWasRead() {
        String absurd = "{\"temperature\":1E-999999999,\"seed\":1E+999999999}";
        assertThat(Json.compact(Json.parse(absurd.getBytes(StandardCharsets.UTF_8))))
                .isEqualTo(absurd);
    }

    private static void refused(String text, String message) {
        assertThatThrownBy(() -> read(text))
                .isInstanceOf(CliException.class)
                .hasMessageContaining(message)
                .matches(e -> ((CliException) e).code() == ExitCode.USAGE);
    }
}
