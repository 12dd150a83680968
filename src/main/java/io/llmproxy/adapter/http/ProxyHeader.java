package io.llmproxy.adapter.http;

import io.helidon.common.buffers.DataReader;
import io.helidon.common.socket.PeerInfo;
import io.llmproxy.domain.identity.IpAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads the header that a proxy puts before a connection's own bytes, in version 1 or 2 of the PROXY protocol
 * (haproxy.org/download/2.9/doc/proxy-protocol.txt), and not a byte more.
 */
final class ProxyHeader {
    /** Of version 1, with its line end. */
    private static final int LONGEST_LINE = 107;
    /** Of what follows the fixed part in version 2: addresses and extensions, of which none is looked at. */
    private static final int LONGEST_REST = 4096;

    private static final byte[] SIGNATURE = {13, 10, 13, 10, 0, 13, 10, 'Q', 'U', 'I', 'T', 10};
    private static final int LOCAL = 0x20;
    private static final int PROXIED = 0x21;
    private static final int TCP_4 = 0x11;
    private static final int TCP_6 = 0x21;
    private static final int PORTS = 4;

    private final DataReader in;
    private final PeerInfo proxy;

    private ProxyHeader(DataReader in, PeerInfo proxy) {
        this.in = in;
        this.proxy = proxy;
    }

    /** What stands where the header should be is none; the message says why. */
    static final class MalformedException extends Exception {
        MalformedException(String message) {
            super(message);
        }
    }

    /**
     * Whom the proxy forwards for; null: nobody, as in its own checks ({@code LOCAL}). Whom it cannot name ({@code UNKNOWN}, and families
     * without an address) has the proxy's address. Blocks until the header has come.
     *
     * @param proxy the other end of the connection
     * @throws MalformedException and then nobody knows what the connection's next bytes are
     * @throws DataReader.InsufficientDataAvailableException where the connection ends before
     */
    static @Nullable InetSocketAddress read(DataReader in, PeerInfo proxy) throws MalformedException {
        ProxyHeader header = new ProxyHeader(in, proxy);
        return switch (in.lookup()) {
            case 'P' -> header.line();
            case 13 -> header.binary();
            default -> throw new MalformedException("it began with no PROXY header");
        };
    }

    private InetSocketAddress line() throws MalformedException {
        byte[] line = new byte[LONGEST_LINE];
        int length = 0;
        do {
            if (length == LONGEST_LINE) {
                throw new MalformedException("its PROXY header is longer than " + LONGEST_LINE + " bytes");
            }
            line[length++] = in.read();
        } while (line[length - 1] != '\n');
        String text = new String(line, 0, length, StandardCharsets.ISO_8859_1);
        if (text.endsWith("\r\n")) {
            String[] parts = text.substring(0, length - 2).split(" ", -1);
            if (parts[0].equals("PROXY") && parts.length > 1 && parts[1].equals("UNKNOWN")) {
                return unnamed();
            }
            if (parts[0].equals("PROXY") && parts.length == 6) {
                return source(parts);
            }
        }
        throw malformed();
    }

    private static InetSocketAddress source(String[] parts) throws MalformedException {
        boolean six = parts[1].equals("TCP6");
        byte[] source = IpAddress.parse(parts[2]);
        byte[] target = IpAddress.parse(parts[3]);
        // by their text: a socket of both families spells IPv4 as ::ffff:192.0.2.1, which is 4 bytes when it is read
        boolean fits = (six || parts[1].equals("TCP4")) && spelled(parts[2], six) && spelled(parts[3], six);
        if (source == null || target == null || !fits) {
            throw malformed();
        }
        port(parts[5]);
        return address(source, port(parts[4]));
    }

    private static boolean spelled(String address, boolean six) {
        return (address.indexOf(':') >= 0) == six;
    }

    private static int port(String digits) throws MalformedException {
        if (digits.matches("0|[1-9][0-9]{0,4}") && Integer.parseInt(digits) <= 65_535) {
            return Integer.parseInt(digits);
        }
        throw malformed();
    }

    private @Nullable InetSocketAddress binary() throws MalformedException {
        for (byte expected : SIGNATURE) {
            if (in.read() != expected) {
                throw malformed();
            }
        }
        int command = in.read() & 255;
        int family = in.read() & 255;
        int length = number();
        if (command != LOCAL && command != PROXIED) {
            throw malformed();
        }
        if (length > LONGEST_REST) {
            throw new MalformedException("its PROXY header is longer than " + LONGEST_REST + " bytes");
        }
        byte[] rest = new byte[length];
        for (int i = 0; i < length; i++) {
            rest[i] = in.read();
        }
        if (command == LOCAL) {
            return null;
        }
        int size = family == TCP_4 ? 4 : family == TCP_6 ? 16 : 0;
        if (size == 0) {
            return unnamed();
        }
        if (length < 2 * size + PORTS) {
            throw malformed();
        }
        int port = (rest[2 * size] & 255) << 8 | rest[2 * size + 1] & 255;
        return address(Arrays.copyOf(rest, size), port);
    }

    private InetSocketAddress unnamed() throws MalformedException {
        return address(ClientAddress.bytes(proxy), proxy.port());
    }

    private int number() {
        int high = in.read() & 255;
        return high << 8 | in.read() & 255;
    }

    private static InetSocketAddress address(byte[] bytes, int port) throws MalformedException {
        try {
            return new InetSocketAddress(InetAddress.getByAddress(bytes), port);
        } catch (UnknownHostException e) {
            throw malformed();
        }
    }

    private static MalformedException malformed() {
        return new MalformedException("its PROXY header is malformed");
    }
}
