package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.model.UpstreamProxy;
import io.llmproxy.domain.secret.Secret;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/** The way through an HTTP proxy to a server with TLS (CONNECT; RFC 9110, section 9.3.6). */
final class ProxyTunnel {
    private static final int LARGEST_HEAD = 16 * 1024;

    private ProxyTunnel() {}

    /** A proxy that does not let us through. */
    static final class RefusedException extends IOException {
        RefusedException(String message) {
            super(message);
        }
    }

    /** Blocks until the proxy has answered; afterwards the socket's bytes are the upstream's. */
    static void open(Socket socket, Origin origin, UpstreamProxy proxy) throws IOException {
        String target =
                (origin.host().indexOf(':') >= 0 ? "[" + origin.host() + "]" : origin.host()) + ":" + origin.port();
        String authorization = authorization(proxy);
        String head = "CONNECT " + target + " HTTP/1.1\r\nHost: " + target + "\r\n"
                + (authorization == null ? "" : "Proxy-Authorization: " + authorization + "\r\n") + "\r\n";
        socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
        int status = status(head(socket.getInputStream()));
        if (status == 407) {
            throw new RefusedException("its proxy " + proxy.url() + " wants another user and password (407)");
        }
        if (status < 200 || status > 299) {
            throw new RefusedException("its proxy " + proxy.url() + " does not let it through (" + status + ")");
        }
    }

    /** The value of Proxy-Authorization (RFC 7617); null: the proxy asks for none. */
    static @Nullable String authorization(UpstreamProxy proxy) {
        Secret login = proxy.login();
        return login == null
                ? null
                : "Basic " + Base64.getEncoder().encodeToString(login.reveal().getBytes(StandardCharsets.UTF_8));
    }

    /** Byte by byte: what follows the head is not the proxy's. */
    private static String head(InputStream in) throws IOException {
        StringBuilder head = new StringBuilder();
        while (head.length() < LARGEST_HEAD) {
            int b = in.read();
            if (b < 0) {
                throw new RefusedException("its proxy closed the connection without an answer");
            }
            head.append((char) b);
            if (b == '\n' && (ends(head, "\n\n") || ends(head, "\r\n\r\n"))) {
                return head.toString();
            }
        }
        throw new RefusedException("its proxy sent an answer that does not end");
    }

    private static boolean ends(StringBuilder text, String end) {
        return text.length() >= end.length()
                && text.substring(text.length() - end.length()).equals(end);
    }

    private static int status(String head) throws IOException {
        boolean http = head.startsWith("HTTP/1.") && head.length() >= 12 && head.charAt(8) == ' ';
        try {
            return Integer.parseInt(http ? head.substring(9, 12) : "");
        } catch (NumberFormatException e) {
            throw new RefusedException("its proxy sent an answer that is not HTTP");
        }
    }
}
