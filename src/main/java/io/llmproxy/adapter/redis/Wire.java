package io.llmproxy.adapter.redis;

import java.io.IOException;
import java.net.Socket;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Connection;
import redis.clients.jedis.DefaultJedisSocketFactory;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.JedisClientConfig;
import redis.clients.jedis.JedisSocketFactory;

/** A connection that can be told to send what was written, and asked whether an answer has come. */
final class Wire extends Connection {
    private final Sockets sockets;

    Wire(HostAndPort address, JedisClientConfig config) {
        this(new Sockets(new DefaultJedisSocketFactory(address, config)), config);
    }

    private Wire(Sockets sockets, JedisClientConfig config) {
        super(sockets, config);
        this.sockets = sockets;
    }

    /** Remembers the socket, which the connection keeps to itself. */
    private static final class Sockets implements JedisSocketFactory {
        private final JedisSocketFactory maker;
        private volatile @Nullable Socket last;

        Sockets(JedisSocketFactory maker) {
            this.maker = maker;
        }

        @Override
        public Socket createSocket() {
            Socket made = maker.createSocket();
            last = made;
            return made;
        }
    }

    /** Sends what was written, without waiting for an answer. */
    void send() {
        flush();
    }

    /** Whether there is something to read that nobody has read; of TLS that is not told. Thread-safe, does not block. */
    boolean arrived() {
        Socket socket = sockets.last;
        try {
            return socket != null && socket.getInputStream().available() > 0;
        } catch (IOException e) {
            return false; // it is closed
        }
    }
}
