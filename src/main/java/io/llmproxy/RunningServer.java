package io.llmproxy;

import io.llmproxy.port.ProcessControl;
import java.io.PrintStream;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * The appliance as this process: started, announced, and stopped in order when the process is told to end. SIGTERM and SIGINT end
 * with exit code 0, since stopping when asked is no failure.
 */
final class RunningServer {
    private RunningServer() {}

    /** Returns when the appliance is ready, which it has tried itself; it goes on until the process is told to stop. */
    static Appliance run(Appliance.Setup setup, PrintStream out, PrintStream err) throws StartException {
        return run(setup, out, err, () -> {});
    }

    /** @param afterStop runs last, for what the caller wants removed */
    static Appliance run(Appliance.Setup setup, PrintStream out, PrintStream err, Runnable afterStop)
            throws StartException {
        Appliance appliance = Appliance.start(setup);
        try {
            appliance.test();
        } catch (StartException e) {
            appliance.close();
            throw e;
        }
        AtomicBoolean failed = new AtomicBoolean();
        Runtime.getRuntime()
                .addShutdownHook(
                        Thread.ofPlatform().name("shutdown").unstarted(() -> stop(appliance, err, afterStop, failed)));
        Signals.handle("HUP", () -> reload(appliance));
        AtomicBoolean told = new AtomicBoolean();
        Signals.handle("TERM", () -> terminate(appliance, told));
        appliance.onSucceeded(
                () -> {
                    appliance.leave();
                    Runtime.getRuntime().exit(0);
                },
                () -> {
                    failed.set(true);
                    appliance.hasten();
                    Runtime.getRuntime().exit(StartException.FAILURE);
                });
        out.println(appliance.readyLine());
        out.flush();
        appliance.announceReady();
        return appliance;
    }

    /** The first time in order, the second time at once; a signal's thread must not wait for the end. */
    private static void terminate(Appliance appliance, AtomicBoolean told) {
        if (told.compareAndSet(false, true)) {
            Thread.ofPlatform()
                    .name("terminate")
                    .start(() -> Runtime.getRuntime().exit(0));
        } else {
            appliance.hasten();
        }
    }

    private static void reload(Appliance appliance) {
        try {
            appliance.reload();
        } catch (ProcessControl.FaultyConfiguration e) {
            // the log says so, and so does the status of systemd
            return;
        }
    }

    private static void stop(Appliance appliance, PrintStream err, Runnable afterStop, AtomicBoolean failed) {
        int code = 0;
        try {
            appliance.close();
            afterStop.run();
        } catch (RuntimeException e) {
            err.println("llmproxy: stopping failed: " + e);
            code = StartException.FAILURE;
        }
        // the exit code of a process that a signal ended would be 128 + the signal's number
        Runtime.getRuntime().halt(failed.get() ? StartException.FAILURE : code);
    }
}
