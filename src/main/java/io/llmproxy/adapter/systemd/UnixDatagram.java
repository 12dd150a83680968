package io.llmproxy.adapter.systemd;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;
import java.nio.charset.StandardCharsets;

/** Sends to a Unix-domain datagram socket, which the Java library cannot, through the C library. Linux only. */
final class UnixDatagram {
    private static final int AF_UNIX = 1;
    private static final int SOCK_DGRAM = 2;
    private static final int SOCK_CLOEXEC = 0x80000;
    private static final int MSG_DONTWAIT = 0x40;
    private static final int MSG_NOSIGNAL = 0x4000;
    /** The size of sun_path in sockaddr_un. */
    private static final int SUN_PATH = 108;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private UnixDatagram() {}

    /** @param name a path, or {@code @} and a name in the abstract namespace */
    static void send(String name, String text) throws IOException {
        byte[] path = name.getBytes(StandardCharsets.UTF_8);
        if (path.length < 2 || path.length >= SUN_PATH || path[0] != '/' && path[0] != '@') {
            throw new IOException("neither a path nor an abstract name of at most " + (SUN_PATH - 1) + " bytes");
        }
        try (Arena arena = Arena.ofConfined()) {
            send(
                    address(path, arena),
                    arena.allocateFrom(ValueLayout.JAVA_BYTE, text.getBytes(StandardCharsets.UTF_8)),
                    arena);
        }
    }

    /** A sockaddr_un of exactly the length that counts: an abstract name ends there, a path with its zero. */
    static MemorySegment address(byte[] path, Arena arena) {
        boolean isAbstract = path[0] == '@';
        MemorySegment address = arena.allocate(2L + path.length + (isAbstract ? 0 : 1), 2);
        address.set(ValueLayout.JAVA_SHORT, 0, (short) AF_UNIX);
        MemorySegment.copy(path, 0, address, ValueLayout.JAVA_BYTE, 2, path.length);
        if (isAbstract) {
            address.set(ValueLayout.JAVA_BYTE, 2, (byte) 0);
        }
        return address;
    }

    private static void send(MemorySegment address, MemorySegment payload, Arena arena) throws IOException {
        Linker linker = Linker.nativeLinker();
        MethodHandle socket = function(linker, "socket", FunctionDescriptor.of(INT, INT, INT, INT));
        MethodHandle sendto = function(
                linker,
                "sendto",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG,
                        INT,
                        ValueLayout.ADDRESS,
                        ValueLayout.JAVA_LONG,
                        INT,
                        ValueLayout.ADDRESS,
                        INT));
        MethodHandle close = function(linker, "close", FunctionDescriptor.of(INT, INT));
        MemorySegment state = arena.allocate(Linker.Option.captureStateLayout());
        try {
            int descriptor = (int) socket.invokeExact(state, AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
            check("socket", descriptor, state);
            try {
                long sent = (long) sendto.invokeExact(
                        state, descriptor, payload, payload.byteSize(), MSG_NOSIGNAL | MSG_DONTWAIT, address, (int)
                                address.byteSize());
                check("sendto", sent, state);
            } finally {
                int _ = (int) close.invokeExact(state, descriptor);
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IOException("a call of the C library failed", e);
        }
    }

    @SuppressWarnings(
            "restricted") // calling the C library is what this class is for; the launchers allow native access
    private static MethodHandle function(Linker linker, String name, FunctionDescriptor type) {
        return linker.downcallHandle(
                linker.defaultLookup().findOrThrow(name), type, Linker.Option.captureCallState("errno"));
    }

    private static void check(String call, long result, MemorySegment state) throws IOException {
        if (result < 0) {
            VarHandle errno =
                    Linker.Option.captureStateLayout().varHandle(MemoryLayout.PathElement.groupElement("errno"));
            throw new IOException(call + ": errno " + (int) errno.get(state, 0L));
        }
    }
}
