package io.llmproxy.adapter.http;

import io.helidon.common.socket.PeerInfo;
import io.llmproxy.domain.HeaderFields;
import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.identity.IpAddress;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Finds who a request comes from. Forwarding fields are believed as far as trusted proxies wrote them: they are read from
 * the right, and the first address that is not a trusted proxy's is the client's, whatever stands to its left.
 */
final class ClientAddress {
    private volatile List<Cidr> trusted;

    ClientAddress(List<Cidr> trusted) {
        this.trusted = List.copyOf(trusted);
    }

    /** Other proxies from the next request on. */
    void trust(List<Cidr> proxies) {
        trusted = List.copyOf(proxies);
    }

    /** @param peer the address of the connection, 4 or 16 bytes */
    byte[] of(byte[] peer, HeaderFields headers) {
        byte[] address = IpAddress.unmapped(peer);
        if (!trusted(address)) {
            return address;
        }
        for (String hop : hops(headers).reversed()) {
            byte[] next = IpAddress.parse(hop);
            if (next == null) {
                return address;
            }
            address = next;
            if (!trusted(address)) {
                return address;
            }
        }
        return address;
    }

    /** Whether that peer of a connection is a trusted proxy. */
    boolean trusts(PeerInfo peer) {
        return trusted(IpAddress.unmapped(bytes(peer)));
    }

    /** Whether that peer is no peer but whom one forwards for. */
    static boolean forwarded(PeerInfo peer) {
        return peer instanceof ProxiedContext.Source;
    }

    /** The address of a connection's peer; all zeros where it has none. */
    static byte[] bytes(PeerInfo peer) {
        return peer.address() instanceof InetSocketAddress inet && inet.getAddress() != null
                ? inet.getAddress().getAddress()
                : new byte[4];
    }

    private boolean trusted(byte[] address) {
        for (Cidr range : trusted) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }

    /** Of X-Forwarded-For, or of Forwarded (RFC 7239) where that is the only one. */
    private static List<String> hops(HeaderFields headers) {
        List<String> hops = new ArrayList<>();
        if (headers.contains("X-Forwarded-For")) {
            for (String hop : String.join(",", headers.all("X-Forwarded-For")).split(",", -1)) {
                hops.add(withoutPort(hop.strip()));
            }
        } else if (headers.contains("Forwarded")) {
            for (String element : String.join(",", headers.all("Forwarded")).split(",", -1)) {
                hops.add(withoutPort(forParameter(element)));
            }
        }
        return hops;
    }

    private static String forParameter(String element) {
        for (String pair : element.split(";", -1)) {
            String stripped = pair.strip();
            if (stripped.toLowerCase(Locale.ROOT).startsWith("for=")) {
                return stripped.substring(4).replace("\"", "").strip();
            }
        }
        return "";
    }

    /** {@code 1.2.3.4:80} and {@code [::1]:80}; an address with several colons and no brackets has no port. */
    private static String withoutPort(String hop) {
        if (hop.startsWith("[")) {
            int end = hop.indexOf(']');
            return end < 0 ? "" : hop.substring(1, end);
        }
        int colon = hop.indexOf(':');
        return colon >= 0 && colon == hop.lastIndexOf(':') ? hop.substring(0, colon) : hop;
    }
}
