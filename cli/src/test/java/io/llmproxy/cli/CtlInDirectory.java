package io.llmproxy.cli;

import java.io.InputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** llmproxyctl in this process, as if it were started in another directory, by somebody who has no terminal. */
public final class CtlInDirectory {
    private CtlInDirectory() {}

    /** Its exit code. */
    public static int run(
            Path here,
            String[] args,
            Map<String, String> environment,
            PrintStream out,
            PrintStream err,
            InputStream in) {
        return run(here, args, environment, out, err, in, null);
    }

    /**
     * The same.
     *
     * @param service the user of the packaged services, for whom root does it; null: nobody is root
     */
    public static int run(
            Path here,
            String[] args,
            Map<String, String> environment,
            PrintStream out,
            PrintStream err,
            InputStream in,
            @Nullable String service) {
        Shell shell = new Shell(
                environment,
                out,
                err,
                in,
                Terminal.NONE,
                InstantSource.system(),
                PeerCheck.ofKernel(),
                here.resolve("run"),
                here,
                new Host(
                        here.resolve("etc"),
                        here.resolve("state"),
                        here.resolve("logs"),
                        here.resolve("backups"),
                        here.resolve("systemd"),
                        service,
                        service != null),
                () -> false);
        return Main.run(args, shell);
    }
}
