package io.llmproxy.testing;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;

/** A {@link FakeProvider} in a process of its own, which can be killed as a machine dies: without a word to its clients' requests. */
public final class FakeProviderProcess implements AutoCloseable {
    private final Process process;
    private final URI baseUrl;

    private FakeProviderProcess(Process process, URI baseUrl) {
        this.process = process;
        this.baseUrl = baseUrl;
    }

    public static FakeProviderProcess start() throws IOException {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx64m",
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        FakeProviderProcess.class.getName())
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
        String line = process.inputReader().readLine();
        if (line == null) {
            process.destroyForcibly();
            throw new AssertionError("the provider's process did not start");
        }
        return new FakeProviderProcess(process, URI.create(line));
    }

    public URI baseUrl() {
        return baseUrl;
    }

    /** SIGKILL; returns when the process is gone. */
    public void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** Serves until it is killed, or whoever started it is gone. */
    public static void main(String[] args) throws IOException {
        FakeProvider provider = FakeProvider.start();
        System.out.println(provider.baseUrl());
        System.out.flush();
        while (System.in.read() >= 0) {
            // nothing is ever written there
        }
        provider.close();
    }
}
