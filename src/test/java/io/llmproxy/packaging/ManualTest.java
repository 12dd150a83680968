package io.llmproxy.packaging;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.cli.Main;
import io.llmproxy.config.ConfigKey;
import io.llmproxy.config.ConfigReference;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.StringWriter;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The manual pages that packaging/share writes of the programs and of the configuration as they are now. */
class ManualTest {
    private static final String CONFIGURATION = "llmproxy.yaml.5.gz";

    @TempDir
    static Path scratch;

    private static Map<String, String> pages = Map.of();
    private static String commands = "";

    @BeforeAll
    static void writePages() throws Exception {
        compile();
        Map<String, String> found = new HashMap<>();
        try (URLClassLoader loader =
                new URLClassLoader(new URL[] {scratch.toUri().toURL()}, ManualTest.class.getClassLoader())) {
            for (Object page : pages(loader)) {
                Class<?> type = page.getClass();
                Object path = method(type, "path").invoke(page);
                Path name = ((Path) path).getFileName();
                found.put(
                        String.valueOf(name),
                        String.valueOf(method(type, "text").invoke(page)));
            }
        }
        pages = Map.copyOf(found);
        commands = help();
    }

    @AfterAll
    static void forget() {
        pages = Map.of();
    }

    private static void compile() throws Exception {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, UTF_8);
                Stream<Path> sources = Files.list(Path.of("packaging/share"))) {
            boolean compiled = compiler.getTask(
                            messages,
                            files,
                            null,
                            List.of(
                                    "-proc:none",
                                    "-d",
                                    scratch.toString(),
                                    "-cp",
                                    System.getProperty("java.class.path")),
                            null,
                            files.getJavaFileObjectsFromPaths(sources.toList()))
                    .call();
            assertThat(compiled).as("compilation: %s", messages).isTrue();
        }
    }

    /** Those that are written in this process; that of the server asks its program, which the build does. */
    private static List<?> pages(ClassLoader loader) throws Exception {
        Class<?> programs = loader.loadClass("Programs");
        var newPrograms = programs.getDeclaredConstructor(Path.class);
        newPrograms.setAccessible(true);
        Class<?> manual = loader.loadClass("Manual");
        var newManual = manual.getDeclaredConstructor(programs, Instant.class, String.class);
        newManual.setAccessible(true);
        Object written = newManual.newInstance(newPrograms.newInstance(scratch), Instant.EPOCH, "1.0");
        List<?> ofCommands = (List<?>) method(manual, "controlTool").invoke(written);
        String configuration = Files.readString(Path.of("conf/llmproxy.yaml"));
        Object ofConfiguration =
                method(manual, "configurationFile", String.class).invoke(written, configuration);
        return Stream.concat(ofCommands.stream(), Stream.of(ofConfiguration)).toList();
    }

    private static java.lang.reflect.Method method(Class<?> type, String name, Class<?>... parameters)
            throws Exception {
        java.lang.reflect.Method method = type.getDeclaredMethod(name, parameters);
        method.setAccessible(true);
        return method;
    }

    private static String help(String... command) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        String[] line = Stream.concat(Stream.of(command), Stream.of("--help")).toArray(String[]::new);
        PrintStream stream = new PrintStream(out, true, UTF_8);
        assertThat(Main.run(line, Map.of(), stream, stream, InputStream.nullInputStream()))
                .isZero();
        return out.toString(UTF_8);
    }

    private static List<String> names(String help) {
        int from = help.indexOf("\nCOMMANDS\n");
        return from < 0
                ? List.of()
                : help.substring(from + "\nCOMMANDS\n".length())
                        .lines()
                        .takeWhile(line -> !line.isBlank())
                        .map(line -> line.strip().split(" ")[0])
                        .distinct()
                        .toList();
    }

    private static String page(String name) {
        return pages.getOrDefault(name, "");
    }

    @Test
    void everyNounHasAPageWithEachOfItsVerbs() {
        assertThat(names(commands)).contains("tenant", "key", "status");
        for (String noun : names(commands)) {
            String page = page("llmproxyctl-" + noun + ".1.gz");
            assertThat(page).as("page of %s", noun).contains(".SH \"NAME\"\nllmproxyctl\\-" + noun.replace("-", "\\-"));
            for (String verb : names(help(noun))) {
                assertThat(page).contains(".SS \"llmproxyctl " + noun + " " + verb.replace("-", "\\-"));
            }
            assertThat(page("llmproxyctl.1.gz")).contains("llmproxyctl\\-" + noun.replace("-", "\\-") + "(1)");
        }
    }

    @Test
    void thePageOfTheConfigurationHasEveryKey() {
        // of the levels of limits the file names the segments of that which slides, for all
        List<ConfigKey<?>> keys = ConfigReference.keys().stream()
                .filter(key -> !key.name().matches("limits[.](global|tenant|ip)[.]segments"))
                .toList();
        for (ConfigKey<?> key : keys) {
            assertThat(page(CONFIGURATION)).contains("\\fB" + key.name().replace("-", "\\-") + ": ");
        }
        assertThat(page(CONFIGURATION)).contains("127.0.0.1:8080");
    }

    @Test
    void pagesAreAsciiWithoutLinesThatAReaderTakesForCommands() {
        assertThat(pages).hasSizeGreaterThan(20);
        pages.forEach((name, text) -> {
            assertThat(text).as(name).matches("\\p{ASCII}*");
            assertThat(text.lines().filter(line -> line.startsWith("'")))
                    .as(name)
                    .isEmpty();
            assertThat(text.lines().filter(line -> line.startsWith(".")))
                    .as(name)
                    .allMatch(line -> line.matches("[.](TH|SH|SS|PP|TP|nf|fi|RS|RE|nh|ad)( .*)?"));
        });
    }
}
