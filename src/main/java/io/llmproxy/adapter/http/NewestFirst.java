package io.llmproxy.adapter.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Of two processes that listen on one port by SO_REUSEPORT, lets the kernel give new connections to one alone, by a classic BPF program
 * of one instruction for the group: "the socket with that index". Where there is but one socket, the kernel takes that, whatever the
 * index. Without it, connections that still come to the one that makes room would be reset when it closes. Linux only,
 * through the C library; the Java library does not know the option.
 */
final class NewestFirst {
    private static final int SOL_SOCKET = 1;
    private static final int SO_ACCEPTCONN = 30;
    private static final int SO_ATTACH_REUSEPORT_CBPF = 51;
    private static final short BPF_RET_K = 6;
    private static final int EARLIER = 0;
    private static final int LATER = 1;
    /** Of sockaddr_in6, the largest that is looked at. */
    private static final int ADDRESS = 28;

    private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;

    private NewestFirst() {}

    /**
     * To the process that listened on that port later; to be called by one of the two.
     *
     * @throws IOException where this process does not listen there, or the kernel refuses
     */
    static void on(int port) throws IOException {
        give(port, LATER);
    }

    /** To the one that listened there before. @throws IOException as {@link #on} */
    static void off(int port) throws IOException {
        give(port, EARLIER);
    }

    /** By a socket of this process, which does it for all of its group. */
    private static void give(int port, int index) throws IOException {
        int found = 0;
        try (Arena arena = Arena.ofConfined()) {
            Calls calls = new Calls(arena, index);
            for (int descriptor : sockets()) {
                if (calls.listensOn(descriptor, port)) {
                    calls.attach(descriptor);
                    found++;
                }
            }
        } catch (IOException | RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IOException("a call of the C library failed", e);
        }
        if (found == 0) {
            throw new IOException("no socket of this process listens on port " + port);
        }
    }

    /** How many sockets of any process listen on that port, whatever their addresses; 0 where the system does not tell. */
    static long listeners(int port) {
        String wanted = String.format(Locale.ROOT, ":%04X", port);
        long count = 0;
        for (String table : List.of("/proc/self/net/tcp", "/proc/self/net/tcp6")) {
            try (Stream<String> lines = Files.lines(Path.of(table))) {
                // "sl local_address rem_address st": 0A is LISTEN
                count += lines.map(line -> line.strip().split(" +", 5))
                        .filter(w -> w.length == 5 && w[1].endsWith(wanted) && w[3].equals("0A"))
                        .count();
            } catch (IOException | UncheckedIOException e) {
                System.getLogger(NewestFirst.class.getName())
                        .log(System.Logger.Level.DEBUG, "this system has no " + table, e);
            }
        }
        return count;
    }

    private static List<Integer> sockets() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"))) {
            return open.filter(NewestFirst::socket)
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

    /** The three calls, and the memory that they share. */
    private static final class Calls {
        private final MethodHandle getsockopt;
        private final MethodHandle getsockname;
        private final MethodHandle setsockopt;
        private final MemorySegment value;
        private final MemorySegment address;
        private final MemorySegment length;
        private final MemorySegment program;

        Calls(Arena arena, int index) {
            Linker linker = Linker.nativeLinker();
            FunctionDescriptor option =
                    FunctionDescriptor.of(INT, INT, INT, INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS);
            getsockopt = function(linker, "getsockopt", option);
            setsockopt =
                    function(linker, "setsockopt", FunctionDescriptor.of(INT, INT, INT, INT, ValueLayout.ADDRESS, INT));
            getsockname = function(
                    linker, "getsockname", FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS));
            value = arena.allocate(INT);
            address = arena.allocate(ADDRESS, 8);
            length = arena.allocate(INT);
            // struct sock_filter: u16 code, u8 jt, u8 jf, u32 k
            MemorySegment filter = arena.allocate(8, 8);
            filter.set(ValueLayout.JAVA_SHORT, 0, BPF_RET_K);
            filter.set(INT, 4, index);
            // struct sock_fprog: u16 len, struct sock_filter *filter
            program = arena.allocate(16, 8);
            program.set(ValueLayout.JAVA_SHORT, 0, (short) 1);
            program.set(ValueLayout.ADDRESS, 8, filter);
        }

        boolean listensOn(int descriptor, int port) throws Throwable {
            length.set(INT, 0, Integer.BYTES);
            value.set(INT, 0, 0);
            int got = (int) getsockopt.invokeExact(descriptor, SOL_SOCKET, SO_ACCEPTCONN, value, length);
            if (got != 0 || value.get(INT, 0) != 1) {
                return false;
            }
            length.set(INT, 0, ADDRESS);
            address.fill((byte) 0);
            int named = (int) getsockname.invokeExact(descriptor, address, length);
            short family = address.get(ValueLayout.JAVA_SHORT, 0);
            boolean internet = family == 2 || family == 10;
            int high = address.get(ValueLayout.JAVA_BYTE, 2) & 0xff;
            int low = address.get(ValueLayout.JAVA_BYTE, 3) & 0xff;
            return named == 0 && internet && (high << 8 | low) == port;
        }

        void attach(int descriptor) throws Throwable {
            int set = (int) setsockopt.invokeExact(
                    descriptor, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, program, (int) program.byteSize());
            if (set != 0) {
                throw new IOException("the kernel does not take the program");
            }
        }

        @SuppressWarnings("restricted") // calling the C library is what this class is for; the launchers allow it
        private static MethodHandle function(Linker linker, String name, FunctionDescriptor type) {
            return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
        }
    }
}
