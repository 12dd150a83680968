package io.llmproxy;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandleProxies;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;

/**
 * Signals of the operating system, by {@code sun.misc.Signal} of the module jdk.unsupported: there is no other way, and the compiler
 * warns of each mention of it, which no annotation can stop; hence by name.
 */
final class Signals {
    private static final String SIGNAL = "sun.misc.Signal";
    private static final String HANDLER = "sun.misc.SignalHandler";

    private Signals() {}

    /**
     * Runs something at each signal from now on, on a thread of its own.
     *
     * @param name without SIG, as {@code HUP}
     * @return false: this Java does not let it
     */
    static boolean handle(String name, Runnable action) {
        try {
            Class<?> signal = Class.forName(SIGNAL);
            Class<?> handler = Class.forName(HANDLER);
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            MethodHandle run = MethodHandles.dropArguments(
                    MethodHandles.lookup()
                            .findVirtual(Runnable.class, "run", MethodType.methodType(void.class))
                            .bindTo(action),
                    0,
                    signal);
            Object proxy = MethodHandleProxies.asInterfaceInstance(handler, run);
            Object named = lookup.findConstructor(signal, MethodType.methodType(void.class, String.class))
                    .invoke(name);
            lookup.findStatic(signal, "handle", MethodType.methodType(handler, signal, handler))
                    .invokeWithArguments(named, proxy);
            return true;
        } catch (Throwable e) {
            System.getLogger(Signals.class.getName())
                    .log(System.Logger.Level.WARNING, "SIG" + name + " cannot be handled: " + e);
            return false;
        }
    }
}
