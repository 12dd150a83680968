package io.llmproxy.testing;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** llmproxyctl in a JVM of its own, from the class path of the tests, so that it can be killed and its heap can be small. */
public final class CtlJvm {
    private final Process process;

    private CtlJvm(Process process) {
        this.process = process;
    }

    /** @param heap as {@code -Xmx64m} */
    public static CtlJvm start(String heap, String... args) throws IOException {
        List<String> line = new ArrayList<>(List.of("io.llmproxy.Main", "ctl"));
        line.addAll(List.of(args));
        return new CtlJvm(java(heap, line));
    }

    /** Any class with a main method. */
    public static Process java(String heap, List<String> classAndArguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                heap,
                "-XX:+UseSerialGC",
                // it lives for seconds, which the second compiler would mostly take for itself
                "-XX:TieredStopAtLevel=1",
                "-XX:-UsePerfData",
                "-XX:+ExitOnOutOfMemoryError",
                "-cp",
                System.getProperty("java.class.path")));
        command.addAll(classAndArguments);
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    public boolean alive() {
        return process.isAlive();
    }

    /** SIGKILL; returns when it is dead. */
    public void kill() throws InterruptedException {
        process.destroyForcibly();
        ended();
    }

    private void ended() throws InterruptedException {
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            throw new AssertionError("the process does not end");
        }
    }

    /** What it did. */
    public TestAppliance.Ctl end() throws IOException, InterruptedException {
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        ended();
        return new TestAppliance.Ctl(process.exitValue(), said, said);
    }
}
