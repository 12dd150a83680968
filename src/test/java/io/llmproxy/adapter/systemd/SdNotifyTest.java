package io.llmproxy.adapter.systemd;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SdNotifyTest {
    @TempDir
    Path dir;

    @Test
    void tellsAPathSocket() throws Throwable {
        tells(dir.resolve("notify").toString());
    }

    @Test
    void tellsAnAbstractSocket() throws Throwable {
        tells("@llmproxy-" + UUID.randomUUID());
    }

    private static void tells(String name) throws Throwable {
        try (Receiver receiver = new Receiver(name)) {
            SdNotify systemd = new SdNotify(Map.of("NOTIFY_SOCKET", name));
            systemd.ready("serving\nMAINPID=1");
            assertThat(receiver.receive()).isEqualTo("READY=1\nSTATUS=serving MAINPID=1");
            systemd.status("draining");
            assertThat(receiver.receive()).isEqualTo("STATUS=draining");
            systemd.stopping();
            assertThat(receiver.receive()).isEqualTo("STOPPING=1");
        }
    }

    @Test
    void tellsOfAReloadAndKeepsARemarkBehindEachStatus() throws Throwable {
        String name = "@llmproxy-" + UUID.randomUUID();
        try (Receiver receiver = new Receiver(name)) {
            SdNotify systemd = new SdNotify(Map.of("NOTIFY_SOCKET", name));
            systemd.reloading();
            systemd.reloaded(); // nothing before the service was ready: it would be taken for ready
            systemd.ready("serving");
            assertThat(receiver.receive()).isEqualTo("READY=1\nSTATUS=serving");
            systemd.reloading();
            assertThat(receiver.receive()).matches("RELOADING=1\nMONOTONIC_USEC=\\d+");
            systemd.note("reload refused: a\nb");
            systemd.reloaded();
            assertThat(receiver.receive()).isEqualTo("READY=1\nSTATUS=serving; reload refused: a b");
            systemd.alive();
            assertThat(receiver.receive()).isEqualTo("WATCHDOG=1");
            systemd.mainProcess(77);
            assertThat(receiver.receive()).isEqualTo("MAINPID=77");
            systemd.status("leaving");
            systemd.alive();
            systemd.stopping();
            receiver.hasNothing();
        }
    }

    @Test
    void whoWasNeverReadyDoesNotStopTheServiceOfAnother() throws Throwable {
        String name = "@llmproxy-" + UUID.randomUUID();
        try (Receiver receiver = new Receiver(name)) {
            SdNotify successor = new SdNotify(Map.of("NOTIFY_SOCKET", name));
            successor.status("serving");
            successor.stopping();
            receiver.hasNothing();
        }
    }

    @Test
    void theWatchdogIsOneOfThisProcess() {
        assertThat(SdNotify.watchdog(Map.of(), 7)).isZero();
        assertThat(SdNotify.watchdog(Map.of("WATCHDOG_USEC", "30000000"), 7)).hasSeconds(30);
        assertThat(SdNotify.watchdog(Map.of("WATCHDOG_USEC", "30000000", "WATCHDOG_PID", "7"), 7))
                .hasSeconds(30);
        assertThat(SdNotify.watchdog(Map.of("WATCHDOG_USEC", "30000000", "WATCHDOG_PID", "8"), 7))
                .as("of the process before")
                .isZero();
        for (String wrong : new String[] {"soon", "-1", "99999999999999999999", "9223372036854775807"}) {
            assertThat(SdNotify.watchdog(Map.of("WATCHDOG_USEC", wrong), 7))
                    .as(wrong)
                    .isZero();
        }
    }

    @Test
    void whoFollowsAnotherSaysItIsTheMainProcess() throws Throwable {
        String name = dir.resolve("notify").toString();
        try (Receiver receiver = new Receiver(name)) {
            new SdNotify(Map.of("NOTIFY_SOCKET", name)).readyAsMain("serving");
            assertThat(receiver.receive())
                    .isEqualTo("READY=1\nMAINPID=" + ProcessHandle.current().pid() + "\nSTATUS=serving");
        }
    }

    @Test
    void doesNothingWhereThereIsNoSystemd() {
        new SdNotify(Map.of()).ready("serving");
        new SdNotify(Map.of("NOTIFY_SOCKET", "")).stopping();
    }

    @Test
    void survivesASocketThatIsNotThere() {
        String missing = dir.resolve("missing").toString();
        assertThatThrownBy(() -> UnixDatagram.send(missing, "READY=1"))
                .isInstanceOf(IOException.class)
                .hasMessage("sendto: errno 2");
        assertThatCode(() -> new SdNotify(Map.of("NOTIFY_SOCKET", missing)).ready("x"))
                .doesNotThrowAnyException();
    }

    @Test
    void survivesANameThatIsNone() {
        for (String name : new String[] {"relative", "@", "/" + "x".repeat(107), "vsock:2:1234"}) {
            assertThatThrownBy(() -> UnixDatagram.send(name, "READY=1")).isInstanceOf(IOException.class);
            new SdNotify(Map.of("NOTIFY_SOCKET", name)).ready("x");
        }
    }

    /** The other end: a bound datagram socket. */
    private static final class Receiver implements AutoCloseable {
        private static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT;
        private final Arena arena = Arena.ofConfined();
        private final int descriptor;

        Receiver(String name) throws Throwable {
            descriptor = (int) function("socket", FunctionDescriptor.of(INT, INT, INT, INT))
                    .invokeExact(1, 2, 0);
            MemorySegment address = UnixDatagram.address(name.getBytes(StandardCharsets.UTF_8), arena);
            int bound = (int) function("bind", FunctionDescriptor.of(INT, INT, ValueLayout.ADDRESS, INT))
                    .invokeExact(descriptor, address, (int) address.byteSize());
            assertThat(bound).isZero();
        }

        /** What is there already: a datagram between two sockets of one machine is there when sendto returns. */
        String receive() throws Throwable {
            MemorySegment buffer = arena.allocate(4096);
            long length = receive(buffer);
            assertThat(length).isPositive();
            return new String(buffer.asSlice(0, length).toArray(ValueLayout.JAVA_BYTE), StandardCharsets.UTF_8);
        }

        void hasNothing() throws Throwable {
            assertThat(receive(arena.allocate(4096))).isNegative();
        }

        private long receive(MemorySegment buffer) throws Throwable {
            return (long) function(
                            "recv",
                            FunctionDescriptor.of(
                                    ValueLayout.JAVA_LONG, INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG, INT))
                    .invokeExact(descriptor, buffer, buffer.byteSize(), 0x40);
        }

        @SuppressWarnings("restricted") // the receiving end needs the C library as the sending one does
        private static MethodHandle function(String name, FunctionDescriptor type) {
            Linker linker = Linker.nativeLinker();
            return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
        }

        @Override
        public void close() {
            try {
                int closed =
                        (int) function("close", FunctionDescriptor.of(INT, INT)).invokeExact(descriptor);
                assertThat(closed).isZero();
            } catch (Throwable e) {
                throw new IllegalStateException(e);
            }
            arena.close();
        }
    }
}
