package io.llmproxy.adapter.http;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the Java library cannot ask of sockets of this process, or of sockets that a library keeps to itself, asked of the C library by their
 * descriptors. Linux only: elsewhere {@link #descriptors} fails. For one thread, in one scope of memory.
 */
final class SocketCalls {
    private static final int SOL_SOCKET = 1;
    private static final int SO_ACCEPTCONN = 30;
    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    /** Of sockaddr_in6, the largest that is looked at. */
    private static final int ADDRESS = 28;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private final MethodHandle getsockopt;
    private final MethodHandle setsockopt;
    private final MethodHandle getsockname;
    private final MethodHandle getpeername;
    private final MethodHandle connect;
    private final MemorySegment value;
    private final MemorySegment address;
    private final MemorySegment length;

    SocketCalls(Arena arena) {
        Linker linker = Linker.nativeLinker();
        FunctionDescriptor named = FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
        getsockopt = function(
                linker,
                "getsockopt",
                FunctionDescriptor.of(INT, INT, INT, INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
        setsockopt =
                function(linker, "setsockopt", FunctionDescriptor.of(INT, INT, INT, INT, ValueLayout.ADDRESS, INT));
        getsockname = function(linker, "getsockname", named);
        getpeername = function(linker, "getpeername", named);
        connect = function(linker, "connect", FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS, INT));
        value = arena.allocate(INT);
        address = arena.allocate(ADDRESS, 8);
        length = arena.allocate(INT);
    }

    /** Of all sockets that this process has open, of whatever kind. @throws IOException where the system does not tell */
    static List<Integer> descriptors() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(SocketCalls::socket)
                    .map(p -> Integer.valueOf(p.getFileName().toString()))
                    .toList();
        }
    }

    private static boolean socket(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
        } catch (IOException e) {
            return false; // it was closed meanwhile
        }
    }

    boolean listens(int descriptor) {
        length.set(INT, 0, Integer.BYTES);
        value.set(INT, 0, 0);
        int got = call(() -> (int) getsockopt.invokeExact(descriptor, SOL_SOCKET, SO_ACCEPTCONN, value, length));
        return got == 0 && value.get(INT, 0) == 1;
    }

    /** Its own address; null: it has none of the internet's, or is closed. */
    @Nullable
    InetSocketAddress local(int descriptor) {
        return address(getsockname, descriptor);
    }

    /** That of its other end; null: as {@link #local}, or it is not connected. */
    @Nullable
    InetSocketAddress peer(int descriptor) {
        return address(getpeername, descriptor);
    }

    /** An option of the socket's own level. @throws IOException where the kernel does not take it */
    void set(int descriptor, int option, MemorySegment setting) throws IOException {
        int size = (int) setting.byteSize();
        if (call(() -> (int) setsockopt.invokeExact(descriptor, SOL_SOCKET, option, setting, size)) != 0) {
            throw new IOException("the kernel does not take option " + option + " of a socket");
        }
    }

    /** Tells the other end of a TCP connection at once that it is broken, whatever was not sent. @throws IOException where it is closed */
    void reset(int descriptor) throws IOException {
        address.fill((byte) 0); // AF_UNSPEC, by which a connection is dissolved: connect(2)
        if (call(() -> (int) connect.invokeExact(descriptor, address, ADDRESS)) != 0) {
            throw new IOException("the kernel does not reset the connection");
        }
    }

    private @Nullable InetSocketAddress address(MethodHandle name, int descriptor) {
        length.set(INT, 0, ADDRESS);
        address.fill((byte) 0);
        if (call(() -> (int) name.invokeExact(descriptor, address, length)) != 0) {
            return null;
        }
        byte[] bytes = address.toArray(ValueLayout.JAVA_BYTE);
        int port = (bytes[2] & 0xff) << 8 | bytes[3] & 0xff;
        return switch (address.get(ValueLayout.JAVA_SHORT, 0)) {
            case AF_INET -> new InetSocketAddress(inet(bytes, 4, 4), port);
            // one of IPv4 that is written in IPv6 becomes one of IPv4, as Java's own sockets say it
            case AF_INET6 -> new InetSocketAddress(inet(bytes, 8, 16), port);
            default -> null;
        };
    }

    private static InetAddress inet(byte[] bytes, int from, int size) {
        try {
            return InetAddress.getByAddress(Arrays.copyOfRange(bytes, from, from + size));
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e); // of another length only
        }
    }

    private interface Native {
        int run() throws Throwable;
    }

    private static int call(Native function) {
        try {
            return function.run();
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("a call of the C library failed", e);
        }
    }

    @SuppressWarnings("restricted") // calling the C library is what this class is for; the launchers allow it
    private static MethodHandle function(Linker linker, String name, FunctionDescriptor type) {
        return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
    }
}
