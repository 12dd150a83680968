package io.llmproxy.cli;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Where a server is, and how to connect to it. */
sealed interface Endpoint {
    /** Blocks until the connection stands. */
    Connection open(Duration timeout) throws IOException;

    /** As it may stand in a message. */
    String shown();

    /** What goes before every path. */
    default String prefix() {
        return "";
    }

    /** The value of the Host header. */
    String host();

    /** The token that a caller over TCP shows; null on a socket, where the kernel says who calls. */
    default @Nullable String token() {
        return null;
    }

    /** The admin socket on this machine. */
    record UnixSocket(Path path, PeerCheck peers) implements Endpoint {
        @Override
        public Connection open(Duration timeout) throws IOException {
            return UnixConnection.open(path, peers, timeout);
        }

        @Override
        public String shown() {
            return path.toString();
        }

        @Override
        public String host() {
            return "localhost";
        }
    }

    /**
     * The admin listener of some machine, by http or https.
     *
     * @param authorities a PEM file with who may have signed its certificate; null: those that Java knows
     */
    record Url(URI uri, @Nullable String bearer, @Nullable Path authorities) implements Endpoint {
        @Override
        public Connection open(Duration timeout) throws IOException {
            return TcpConnection.open(uri, authorities, timeout);
        }

        @Override
        public String shown() {
            return uri.toString();
        }

        @Override
        public String prefix() {
            String path = uri.getRawPath();
            return path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
        }

        @Override
        public String host() {
            return uri.getRawAuthority();
        }

        @Override
        public @Nullable String token() {
            return bearer;
        }

        /** Without the token. */
        @Override
        public String toString() {
            return "Url[" + uri + "]";
        }
    }
}
