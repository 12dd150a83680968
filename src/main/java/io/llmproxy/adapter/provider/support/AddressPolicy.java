package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.identity.Cidr;
import io.llmproxy.domain.identity.IpAddress;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Which addresses a provider may have (IANA's special-purpose registries and the clouds' metadata services). Link-local,
 * metadata, multicast and unspecified ones are for nobody unless {@code egress.allow} names them; loopback and private ones for
 * providers that an admin of the installation made; our own listeners for nobody at all. An IPv4 address inside an IPv6 one
 * (mapped, NAT64, 6to4) is judged as the IPv4 address that packets would go to.
 */
public final class AddressPolicy {
    /** The answer of {@link #refusal} for a metadata service. */
    static final String METADATA = "a cloud's metadata service, which no provider may have";

    /** The answer of {@link #refusal} for loopback and private addresses. */
    static final String PRIVATE =
            "a loopback or private address, which only a provider made by an admin of the installation may have";

    private static final String SPECIAL =
            "a link-local, multicast, unspecified or reserved address, which no provider may"
                    + " have unless egress.allow names it";
    private static final String OWN = "one of our own listeners, so that requests would run in a circle";

    private static final List<Cidr> METADATA_RANGES = cidrs(
            "169.254.169.254",
            "169.254.170.2",
            "169.254.170.23",
            "100.100.100.200",
            "168.63.129.16",
            "192.0.0.192",
            "fd00:ec2::254",
            "fd00:ec2::23",
            "fd20:ce::254");
    private static final List<Cidr> SPECIAL_RANGES = cidrs(
            "0.0.0.0/8",
            "169.254.0.0/16",
            "192.0.0.0/24",
            "224.0.0.0/4",
            "240.0.0.0/4",
            "::/128",
            "fe80::/10",
            "ff00::/8");
    private static final List<Cidr> PRIVATE_RANGES = cidrs(
            "10.0.0.0/8",
            "100.64.0.0/10",
            "127.0.0.0/8",
            "172.16.0.0/12",
            "192.168.0.0/16",
            "198.18.0.0/15",
            "::1/128",
            "fc00::/7",
            "fec0::/10",
            "64:ff9b:1::/48");
    private static final Cidr NAT64 = Cidr.parse("address", "64:ff9b::/96");
    private static final Cidr SIX_TO_FOUR = Cidr.parse("address", "2002::/16");
    private static final Cidr COMPATIBLE = Cidr.parse("address", "::/96");

    private final List<Cidr> allow;
    private final Supplier<List<InetSocketAddress>> ownListeners;

    /**
     * @param allow {@code egress.allow}
     * @param ownListeners asked at every connect, because ports are known only when bound
     */
    public AddressPolicy(List<Cidr> allow, Supplier<List<InetSocketAddress>> ownListeners) {
        this.allow = List.copyOf(allow);
        this.ownListeners = ownListeners;
    }

    /**
     * Why a provider may not have this address; null where it may.
     *
     * @param address 4 or 16 bytes
     */
    public @Nullable String refusal(byte[] address, int port, boolean privateAllowed) {
        byte[] target = embedded(IpAddress.unmapped(address));
        if (own(target, port)) {
            return OWN;
        }
        if (in(allow, target) || in(allow, address)) {
            return null;
        }
        if (in(METADATA_RANGES, target)) {
            return METADATA;
        }
        if (in(SPECIAL_RANGES, target)) {
            return SPECIAL;
        }
        return !privateAllowed && in(PRIVATE_RANGES, target) ? PRIVATE : null;
    }

    /** The IPv4 address that a translator or tunnel would send packets to (RFC 6052, 3056, 4291 section 2.5.5.1). */
    private static byte[] embedded(byte[] address) {
        if (address.length == 4) {
            return address;
        }
        if (SIX_TO_FOUR.contains(address)) {
            return Arrays.copyOfRange(address, 2, 6);
        }
        boolean inLastBytes = NAT64.contains(address) || COMPATIBLE.contains(address) && !lowest(address);
        return inLastBytes ? Arrays.copyOfRange(address, 12, 16) : address;
    }

    /** {@code ::} and {@code ::1}, which are addresses of their own. */
    private static boolean lowest(byte[] address) {
        return address[12] == 0 && address[13] == 0 && address[14] == 0 && (address[15] & 254) == 0;
    }

    private boolean own(byte[] address, int port) {
        for (InetSocketAddress listener : ownListeners.get()) {
            if (listener.getPort() == port && sameHost(listener.getAddress(), address)) {
                return true;
            }
        }
        return false;
    }

    private static boolean sameHost(@Nullable InetAddress listener, byte[] address) {
        if (listener == null) {
            return false;
        }
        return listener.isAnyLocalAddress()
                ? local(address)
                : Arrays.equals(IpAddress.unmapped(listener.getAddress()), address);
    }

    /** Whether a packet to this address stays on this machine. */
    private static boolean local(byte[] bytes) {
        try {
            InetAddress address = InetAddress.getByAddress(bytes);
            return address.isLoopbackAddress()
                    || address.isAnyLocalAddress()
                    || NetworkInterface.getByInetAddress(address) != null;
        } catch (UnknownHostException | SocketException e) {
            return true; // it cannot be told: refused
        }
    }

    private static boolean in(List<Cidr> ranges, byte[] address) {
        for (Cidr range : ranges) {
            if (range.contains(address)) {
                return true;
            }
        }
        return false;
    }

    private static List<Cidr> cidrs(String... texts) {
        return Stream.of(texts).map(text -> Cidr.parse("address", text)).toList();
    }
}
