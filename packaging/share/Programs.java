import module java.base;

/// The two programs, run on the Java that runs this one: the image may be for another kind of processor.
final class Programs {
    private final Path lib;

    /// @param lib the image's directory of jars
    Programs(Path lib) {
        this.lib = lib;
    }

    /// In this process, for there are a hundred calls to make.
    String controlTool(String... arguments) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        int code = io.llmproxy.cli.Main.run(
                arguments, Map.of(), new PrintStream(out, true, StandardCharsets.UTF_8), new PrintStream(err, true, StandardCharsets.UTF_8),
                InputStream.nullInputStream());
        return checked("llmproxyctl " + String.join(" ", arguments), code, out, err);
    }

    String server(String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin/java").toString(), "-cp", lib.resolve("llmproxy.jar").toString(), "io.llmproxy.Main"));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start();
        process.getOutputStream().close();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        process.getInputStream().transferTo(out);
        return checked(String.join(" ", command), process.waitFor(), out, new ByteArrayOutputStream());
    }

    private static String checked(String command, int code, ByteArrayOutputStream out, ByteArrayOutputStream err) {
        if (code != 0) {
            throw new IllegalStateException(command + " exited with " + code + ": " + err.toString(StandardCharsets.UTF_8));
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
