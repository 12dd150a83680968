package io.llmproxy.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;

/**
 * All that surrounds one run of the program.
 *
 * @param run where services put their sockets
 * @param here the working directory
 * @param host where the packages keep things
 * @param pause waits for a second; false where the waiting should end
 */
record Shell(
        Map<String, String> env,
        PrintStream out,
        PrintStream err,
        InputStream in,
        Terminal terminal,
        InstantSource clock,
        PeerCheck peers,
        Path run,
        Path here,
        Host host,
        Pause pause) {

    /** Waits between two looks at the server. */
    @FunctionalInterface
    interface Pause {
        boolean second();
    }

    static Shell of(Map<String, String> env, PrintStream out, PrintStream err, InputStream in) {
        return new Shell(
                env,
                out,
                err,
                in,
                Terminal.detect(env),
                InstantSource.system(),
                PeerCheck.ofKernel(),
                Path.of("/run/llmproxy"),
                Path.of("."),
                Host.ofThisMachine(),
                Shell::sleepASecond);
    }

    private static boolean sleepASecond() {
        try {
            Thread.sleep(1000);
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
