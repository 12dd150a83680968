package io.llmproxy.adapter.log;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;

class LoggingTest {
    private static final String EVIL =
            "a\n2026-11-20 14:03:12.345 ERROR forged\r\u001b[31m\u0000\u2028\u202e\"\\\t\uD800 end";

    private final System.Logger log = System.getLogger("io.llmproxy.test");
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private Handler[] before = {};

    @BeforeEach
    void setUp() {
        before = Logger.getLogger("").getHandlers();
    }

    @AfterEach
    void restore() {
        Logger root = Logger.getLogger("");
        Arrays.stream(root.getHandlers()).forEach(root::removeHandler);
        Arrays.stream(before).forEach(root::addHandler);
        root.setLevel(Level.INFO);
    }

    @Test
    void writesTextForPeople() {
        install(Logging.Format.TEXT, System.Logger.Level.INFO);
        log.log(System.Logger.Level.INFO, "listening on {0}", "127.0.0.1:8080");
        assertThat(text())
                .matches("\\d{4}-\\d\\d-\\d\\d \\d\\d:\\d\\d:\\d\\d\\.\\d{3} INFO  listening on 127\\.0\\.0\\.1:8080"
                        + " \\(io\\.llmproxy\\.test\\)\n");
    }

    @Test
    void indentsAnExceptionInText() {
        install(Logging.Format.TEXT, System.Logger.Level.INFO);
        log.log(System.Logger.Level.WARNING, "it failed", new IllegalStateException("first\nsecond"));
        List<String> lines = text().lines().toList();
        assertThat(lines.getFirst()).endsWith(" WARN  it failed (io.llmproxy.test)");
        assertThat(lines.subList(1, lines.size())).allMatch(l -> l.startsWith("    "));
        assertThat(text()).contains("java.lang.IllegalStateException: first").contains("LoggingTest.java");
    }

    @Test
    void letsNoTextBeginALineOfItsOwn() {
        install(Logging.Format.TEXT, System.Logger.Level.INFO);
        log.log(System.Logger.Level.INFO, EVIL);
        assertThat(text().lines()).hasSize(1);
        assertThat(text()).contains("a\\n2026").doesNotContain("\u001b").doesNotContain("\u202e");
    }

    @Test
    void writesJsonThatReadsBack() {
        install(Logging.Format.JSON, System.Logger.Level.INFO);
        log.log(System.Logger.Level.ERROR, EVIL, new IOException(EVIL));
        assertThat(text().lines()).hasSize(1);
        JsonNode json = new ObjectMapper().readTree(text());
        assertThat(json.get("level").asString()).isEqualTo("ERROR");
        assertThat(json.get("logger").asString()).isEqualTo("io.llmproxy.test");
        assertThat(json.get("message").asString()).isEqualTo(EVIL);
        assertThat(json.get("time").asString()).endsWith("Z");
        assertThat(json.get("error").get("type").asString()).isEqualTo("java.io.IOException");
        assertThat(json.get("error").get("message").asString()).isEqualTo(EVIL);
        assertThat(json.get("error").get("stack").asString()).contains("LoggingTest.java");
    }

    @Test
    void dropsWhatIsBelowTheLevel() {
        install(Logging.Format.TEXT, System.Logger.Level.WARNING);
        log.log(System.Logger.Level.INFO, "quiet");
        assertThat(text()).isEmpty();
        install(Logging.Format.TEXT, System.Logger.Level.DEBUG);
        log.log(System.Logger.Level.DEBUG, "heard");
        assertThat(text()).contains("DEBUG heard");
    }

    @Test
    void hearsLibrariesFromWarningsOnEvenWhereDebugIsAskedFor() {
        install(Logging.Format.TEXT, System.Logger.Level.DEBUG);
        for (String name : List.of(
                "org.flywaydb.core.X",
                "com.zaxxer.hikari.Y",
                "io.helidon.webserver.Z",
                "sun.net.www.protocol.http.HttpURLConnection",
                "jdk.httpclient.Y")) {
            Logger library = Logger.getLogger(name);
            library.info("banner");
            library.warning("trouble of " + name);
        }
        assertThat(text().lines()).hasSize(5).allMatch(l -> l.contains("WARN  trouble of"));
    }

    @Test
    void neverThrows() {
        OutputStream broken = new OutputStream() {
            @Override
            public void write(int b) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        Logging.install(Logging.Format.TEXT, System.Logger.Level.INFO, broken);
        assertThatCode(() -> log.log(System.Logger.Level.INFO, "x")).doesNotThrowAnyException();
        install(Logging.Format.JSON, System.Logger.Level.INFO);
        Object bad = new Object() {
            @Override
            public String toString() {
                throw new IllegalStateException("no text");
            }
        };
        assertThatCode(() -> Logger.getLogger("io.llmproxy.test").log(Level.INFO, "x {0}", bad))
                .doesNotThrowAnyException();
        assertThat(text().lines()).hasSize(1);
    }

    private void install(Logging.Format format, System.Logger.Level level) {
        Logging.install(format, level, out);
    }

    private String text() {
        return out.toString(StandardCharsets.UTF_8);
    }
}
