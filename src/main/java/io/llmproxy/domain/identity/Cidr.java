package io.llmproxy.domain.identity;

import io.llmproxy.domain.Checks;
import io.llmproxy.domain.error.InvalidValueException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A range of IP addresses in CIDR notation (RFC 4632), or one address. IPv4-mapped IPv6 addresses count as IPv4, so that a
 * rule holds whichever socket a caller came by. Parsing never asks a name server.
 */
public final class Cidr {
    private final byte[] network;
    private final int bits;
    private final String text;

    private Cidr(byte[] network, int bits, String text) {
        this.network = network;
        this.bits = bits;
        this.text = text;
    }

    /** @throws InvalidValueException naming {@code field} where the text is no address or range */
    public static Cidr parse(String field, String text) {
        int slash = text.indexOf('/');
        byte @Nullable [] address = IpAddress.parse(slash < 0 ? text : text.substring(0, slash));
        if (address == null) {
            throw new InvalidValueException(field, "is no IP address or CIDR range: " + Checks.quoted(text));
        }
        int max = address.length * 8;
        int bits = max;
        if (slash >= 0) {
            String suffix = text.substring(slash + 1);
            boolean digits =
                    !suffix.isEmpty() && suffix.length() <= 3 && suffix.chars().allMatch(c -> c >= '0' && c <= '9');
            bits = digits ? Integer.parseInt(suffix) : -1;
            if (bits < 0 || bits > max) {
                throw new InvalidValueException(field, "has no valid prefix length: " + Checks.quoted(text));
            }
        }
        byte[] network = address.clone();
        for (int i = 0; i < network.length; i++) {
            int keep = Math.clamp(bits - i * 8L, 0, 8);
            network[i] &= (byte) (0xFF00 >> keep);
        }
        return new Cidr(network, bits, IpAddress.format(network) + "/" + bits);
    }

    /** @param address 4 or 16 bytes as {@link IpAddress#parse} gives them */
    public boolean contains(byte[] address) {
        byte[] plain = IpAddress.unmapped(address);
        if (plain.length != network.length) {
            return false;
        }
        for (int i = 0; i < network.length; i++) {
            int keep = Math.clamp(bits - i * 8L, 0, 8);
            if ((plain[i] & 0xFF00 >> keep & 0xFF) != (network[i] & 0xFF)) {
                return false;
            }
        }
        return true;
    }

    /** How many leading bits all addresses of the range share. */
    public int bits() {
        return bits;
    }

    @Override
    public boolean equals(Object o) {
        return o instanceof Cidr other && bits == other.bits && Arrays.equals(network, other.network);
    }

    @Override
    public int hashCode() {
        return 31 * Arrays.hashCode(network) + bits;
    }

    /** The canonical form, always with the prefix length. */
    @Override
    public String toString() {
        return text;
    }
}
