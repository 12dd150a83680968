package io.llmproxy.adapter.systemd;

import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Map;

/**
 * Hides a service from other processes of its own user. The instances of {@code llmproxy@.service} have one user, and what each
 * sees of the file system is its own; but through {@code /proc/PID/root}, {@code mem} and {@code environ} one could see the file
 * system, the memory and the environment of another. The kernel shows those to the same user only of processes that may be dumped
 * ({@code PR_SET_DUMPABLE} of prctl(2)); and {@code ProtectProc=invisible} then hides the process altogether. Root still sees all.
 */
public final class ProcessWall {
    private static final Logger LOG = System.getLogger(ProcessWall.class.getName());
    private static final int PR_SET_DUMPABLE = 4;

    private ProcessWall() {}

    /** Under systemd only: developers may look into their own processes. A failure is logged and stops nothing. */
    public static void raise(Map<String, String> environment) {
        if (environment.getOrDefault("NOTIFY_SOCKET", "").isEmpty()) {
            return;
        }
        try {
            int result = prctl(PR_SET_DUMPABLE, 0);
            if (result != 0) {
                LOG.log(Level.WARNING, "this process stays visible to others of its user: prctl answered " + result);
            }
        } catch (RuntimeException | LinkageError e) {
            LOG.log(Level.WARNING, "this process stays visible to others of its user", e);
        }
    }

    @SuppressWarnings(
            "restricted") // calling the C library is what this class is for; the launchers allow native access
    static int prctl(int operation, long argument) {
        Linker linker = Linker.nativeLinker();
        MethodHandle handle = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("prctl"),
                FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_LONG),
                Linker.Option.firstVariadicArg(1));
        try {
            return (int) handle.invokeExact(operation, argument, 0L, 0L, 0L);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a call of the C library failed", e);
        }
    }
}
