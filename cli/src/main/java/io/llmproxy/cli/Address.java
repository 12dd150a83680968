package io.llmproxy.cli;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A host and a port to listen on; an IPv6 address stands in brackets where it is written. */
record Address(String host, int port) {
    private static final int HIGHEST = 65_535;

    static Optional<Address> parse(String text) {
        int colon = text.lastIndexOf(':');
        String host = colon < 0 ? "" : text.substring(0, colon);
        if (host.startsWith("[") && host.endsWith("]")) {
            host = host.substring(1, host.length() - 1);
        } else if (host.indexOf(':') >= 0) {
            return Optional.empty();
        }
        try {
            int port = Integer.parseInt(text.substring(colon + 1));
            return host.isEmpty() || port < 1 || port > HIGHEST
                    ? Optional.empty()
                    : Optional.of(new Address(host, port));
        } catch (NumberFormatException e) {
            return Optional.empty();
        }
    }

    /** Whether both cannot be listened on at once, as far as their texts tell. */
    boolean collides(Address other) {
        return port == other.port && (host.equals(other.host) || any() || other.any());
    }

    private boolean any() {
        return host.equals("0.0.0.0") || host.equals("::");
    }

    /** Why nobody can listen there now; null: one can. */
    @Nullable
    String taken() {
        try (ServerSocket socket = new ServerSocket()) {
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getByName(host), port));
            return null;
        } catch (IOException e) {
            return String.valueOf(e.getMessage());
        }
    }

    /** As a client on this machine reaches it. */
    String url() {
        return "http://" + new Address(any() ? "127.0.0.1" : host, port);
    }

    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
