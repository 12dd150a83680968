package io.llmproxy;

import io.llmproxy.FuzzCorpusTest.Case;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Runs Jazzer on every fuzz target in turn, each in a JVM of its own; exits with 1 where one found something. */
final class FuzzRun {
    private static final Path WORK = Path.of("target/fuzz");

    private FuzzRun() {}

    /** @param args seconds for each target; their names with commas, or {@code all} */
    public static void main(String[] args) throws IOException, InterruptedException {
        PrintStream out = System.out;
        Set<String> names = Set.of(args[1].split(","));
        List<String> found = new ArrayList<>();
        for (Case target : FuzzCorpusTest.targets()) {
            if (names.contains("all") || names.contains(target.toString())) {
                out.println("fuzzing " + target + " for " + args[0] + " s");
                if (!clean(target, args[0])) {
                    found.add(target.toString());
                }
            }
        }
        out.println(found.isEmpty() ? "nothing was found" : "found something: " + found + "; see " + WORK);
        System.exit(found.isEmpty() ? 0 : 1);
    }

    private static boolean clean(Case target, String seconds) throws IOException, InterruptedException {
        Path work = WORK.resolve(target.toString()).toAbsolutePath();
        Path corpus = Files.createDirectories(work.resolve("corpus"));
        return new ProcessBuilder(
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-Xmx700m",
                                "-XX:+EnableDynamicAgentLoading",
                                "--enable-native-access=ALL-UNNAMED",
                                "--sun-misc-unsafe-memory-access=allow",
                                "-cp",
                                System.getProperty("java.class.path"),
                                "com.code_intelligence.jazzer.Jazzer",
                                "--target_class=" + target.of().getName(),
                                "--instrumentation_includes=io.llmproxy.**",
                                "--reproducer_path=" + work,
                                "-artifact_prefix=" + work + "/",
                                "-max_total_time=" + seconds,
                                "-max_len=2000",
                                "-timeout=20",
                                "-verbosity=0",
                                corpus.toString(),
                                target.corpus().toAbsolutePath().toString())
                        .inheritIO()
                        .start()
                        .waitFor()
                == 0;
    }
}
