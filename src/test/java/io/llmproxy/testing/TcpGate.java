package io.llmproxy.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A door before a server on loopback: shut, it cuts what goes through and lets nothing in, as if the server were gone; stalled, it
 * keeps connections and passes nothing on; late, it takes its time with what the server says. Its threads are the system's: it is on time
 * where the virtual ones are held up.
 */
public final class TcpGate implements AutoCloseable {
    private final ServerSocket listener;
    private volatile int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private volatile boolean shut;
    private volatile Duration late = Duration.ZERO;
    private volatile long saidAt = System.nanoTime();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition flows = lock.newCondition();
    // guarded by lock
    private boolean stalled;

    public TcpGate(int target) throws IOException {
        this(target, new ServerSocket(0, 50, InetAddress.getLoopbackAddress()));
    }

    /** @param listener takes the connections: one with TLS ends it here, and what goes on is plain */
    public TcpGate(int target, ServerSocket listener) {
        this.target = target;
        this.listener = listener;
        start(this::accept);
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** Another server takes over: connections to the one before are cut, and new ones go there. */
    public void leadTo(int port) {
        target = port;
        sockets.forEach(TcpGate::close);
        sockets.clear();
    }

    public void shut() {
        shut = true;
        sockets.forEach(TcpGate::close);
        sockets.clear();
    }

    public void open() {
        shut = false;
    }

    public void stall() {
        stalled(true);
    }

    /** What was held back goes on. */
    public void flow() {
        stalled(false);
    }

    /** What the server says from now on comes so much later. */
    public void late(Duration by) {
        late = by;
    }

    private void stalled(boolean now) {
        lock.lock();
        try {
            stalled = now;
            flows.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void awaitFlow() {
        lock.lock();
        try {
            while (stalled) {
                flows.awaitUninterruptibly();
            }
        } finally {
            lock.unlock();
        }
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                if (shut) {
                    client.close();
                } else {
                    join(client, new Socket(InetAddress.getLoopbackAddress(), target));
                }
            } catch (IOException e) {
                // the gate closed, or the server is gone: the client finds out by itself
            }
        }
    }

    private void join(Socket client, Socket server) {
        sockets.add(client);
        sockets.add(server);
        start(() -> copy(client, server, () -> {}, () -> {}));
        start(() -> copy(server, client, this::awaitLate, () -> saidAt = System.nanoTime()));
    }

    private static void start(Runnable task) {
        Thread.ofPlatform().daemon().start(task);
    }

    /** When the last word of the server was passed on, of {@link System#nanoTime}. */
    public long saidAt() {
        return saidAt;
    }

    private void awaitLate() {
        long until = System.nanoTime() + late.toNanos();
        for (long left = late.toNanos(); left > 0; left = until - System.nanoTime()) {
            LockSupport.parkNanos(left);
        }
    }

    private void copy(Socket from, Socket to, Runnable pause, Runnable passed) {
        try (from;
                to) {
            byte[] buffer = new byte[8192];
            for (int n = from.getInputStream().read(buffer);
                    n >= 0;
                    n = from.getInputStream().read(buffer)) {
                awaitFlow();
                pause.run();
                to.getOutputStream().write(buffer, 0, n);
                passed.run();
            }
        } catch (IOException e) {
            // cut
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // it is of no more use either way
        }
    }

    @Override
    public void close() throws IOException {
        shut();
        flow();
        listener.close();
    }
}
