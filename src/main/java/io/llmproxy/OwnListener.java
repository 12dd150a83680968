package io.llmproxy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * The gateway's listener as this process asks it: in plain text, whatever it speaks, since one with TLS answers that with 400, whatever
 * certificate it wants of clients.
 *
 * @param host as configured; an address that stands for all is reached by loopback
 * @param proxied whether trusted proxies must begin with a PROXY header; this process may be one of them by its address
 */
record OwnListener(String host, int port, boolean proxied) {
    /** {@code LOCAL} of version 2: a check of the proxy's own, which forwards for nobody. */
    private static final String CHECK = "\r\n\r\n\0\r\nQUIT\n \0\0\0";

    /** Connects and sends that line of a request, and with it all that one needs; a read then takes no longer than the patience. */
    Socket ask(String line, Duration patience) throws IOException {
        int millis = (int) patience.toMillis();
        InetAddress address = InetAddress.getByName(host);
        Socket socket = new Socket();
        try {
            socket.connect(
                    new InetSocketAddress(
                            address.isAnyLocalAddress() ? InetAddress.getLoopbackAddress() : address, port),
                    millis);
            socket.setSoTimeout(millis);
            String request = (proxied ? CHECK : "") + line + "\r\nHost: self-test\r\nConnection: close\r\n\r\n";
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            return socket;
        } catch (IOException | RuntimeException e) {
            socket.close();
            throw e;
        }
    }
}
