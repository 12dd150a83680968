package io.llmproxy.cli;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Other programs of the machine, such as systemctl, found by the PATH that was given. */
record Programs(Map<String, String> env) {
    private static final String USUAL = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
    /** What the shell answers where there is no such program. */
    private static final int MISSING = 127;

    /** What a program said, on either stream, and its exit code. */
    record Result(int code, String text) {
        boolean fine() {
            return code == 0;
        }
    }

    /** Blocks until it ends. */
    Result run(String program, String... arguments) {
        Path file = find(program);
        if (file == null) {
            return new Result(MISSING, "there is no program " + program);
        }
        List<String> command = new ArrayList<>(List.of(file.toString()));
        command.addAll(List.of(arguments));
        try {
            Process process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectInput(ProcessBuilder.Redirect.from(new File("/dev/null")))
                    .start();
            String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            return new Result(process.waitFor(), text.strip());
        } catch (IOException e) {
            return new Result(MISSING, program + " cannot be run: " + e.getMessage());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return new Result(1, program + " was interrupted");
        }
    }

    private @org.jspecify.annotations.Nullable Path find(String program) {
        for (String directory : env.getOrDefault("PATH", USUAL).split(File.pathSeparator, -1)) {
            Path file = Path.of(directory.isEmpty() ? "." : directory, program);
            if (Files.isExecutable(file) && !Files.isDirectory(file)) {
                return file;
            }
        }
        return null;
    }
}
