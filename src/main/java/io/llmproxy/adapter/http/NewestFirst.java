package io.llmproxy.adapter.http;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.net.InetSocketAddress;
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
    private static final int SO_ATTACH_REUSEPORT_CBPF = 51;
    private static final short BPF_RET_K = 6;
    private static final int EARLIER = 0;
    private static final int LATER = 1;

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
            SocketCalls calls = new SocketCalls(arena);
            MemorySegment program = program(arena, index);
            for (int descriptor : SocketCalls.descriptors()) {
                InetSocketAddress local = calls.listens(descriptor) ? calls.local(descriptor) : null;
                if (local != null && local.getPort() == port) {
                    calls.set(descriptor, SO_ATTACH_REUSEPORT_CBPF, program);
                    found++;
                }
            }
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

    /** The program as the kernel takes it. */
    private static MemorySegment program(Arena arena, int index) {
        // struct sock_filter: u16 code, u8 jt, u8 jf, u32 k
        MemorySegment filter = arena.allocate(8, 8);
        filter.set(ValueLayout.JAVA_SHORT, 0, BPF_RET_K);
        filter.set(ValueLayout.JAVA_INT, 4, index);
        // struct sock_fprog: u16 len, struct sock_filter *filter
        MemorySegment program = arena.allocate(16, 8);
        program.set(ValueLayout.JAVA_SHORT, 0, (short) 1);
        program.set(ValueLayout.ADDRESS, 8, filter);
        return program;
    }
}
