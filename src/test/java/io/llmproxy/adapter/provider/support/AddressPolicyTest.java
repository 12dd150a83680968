package io.llmproxy.adapter.provider.support;

import static org.assertj.core.api.Assertions.assertThat;

import io.llmproxy.domain.identity.Cidr;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AddressPolicyTest {
    private final AddressPolicy policy = new AddressPolicy(List.of(), List::of);

    @ParameterizedTest
    @ValueSource(
            strings = {
                "169.254.169.254",
                "169.254.170.2",
                "169.254.0.1",
                "100.100.100.200",
                "168.63.129.16",
                "192.0.0.192",
                "fd00:ec2::254",
                "fd20:ce::254",
                "fe80::1",
                "febf::1",
                "0.0.0.0",
                "0.1.2.3",
                "::",
                "224.0.0.1",
                "239.1.1.1",
                "ff02::1",
                "255.255.255.255",
                "240.0.0.1",
                "::ffff:169.254.169.254",
                "::ffff:0.0.0.0",
                "64:ff9b::169.254.169.254",
                "64:ff9b::a9fe:a9fe",
                "2002:a9fe:a9fe::1",
                "::169.254.169.254"
            })
    void nobodyMayHaveIt(String address) {
        assertThat(refusal(policy, address, true)).isNotNull();
        assertThat(refusal(policy, address, false)).isNotNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "127.0.0.1", "127.255.255.254", "10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1",
                "198.18.0.1", "::1", "fc00::1", "fdff::1", "fec0::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1",
                "64:ff9b::7f00:1", "64:ff9b::10.0.0.1", "64:ff9b:1::1", "2002:7f00:1::", "2002:a00:1::5", "::10.0.0.1"
            })
    void onlyAnAdminMayNameIt(String address) {
        assertThat(refusal(policy, address, false)).isNotNull();
        assertThat(refusal(policy, address, true)).isNull();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1.1.1.1",
                "172.15.255.255",
                "172.32.0.1",
                "100.63.255.255",
                "100.128.0.1",
                "11.0.0.1",
                "192.167.1.1",
                "2606:4700::1111",
                "64:ff9b::1.1.1.1",
                "::ffff:1.1.1.1",
                "2002:101:101::1"
            })
    void everybodyMayHaveIt(String address) {
        assertThat(refusal(policy, address, false)).isNull();
    }

    @Test
    void egressAllowOpensWhatItNames() {
        AddressPolicy open = new AddressPolicy(List.of(Cidr.parse("egress", "169.254.10.0/24")), List::of);
        assertThat(refusal(open, "169.254.10.7", false)).isNull();
        assertThat(refusal(open, "::ffff:169.254.10.7", false)).isNull();
        assertThat(refusal(open, "169.254.11.7", false)).isNotNull();
    }

    @Test
    void ourOwnListenersAreForNobody() {
        List<InetSocketAddress> own = List.of(
                new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 8080),
                new InetSocketAddress(InetAddress.ofLiteral("0.0.0.0"), 8081));
        AddressPolicy all = new AddressPolicy(List.of(Cidr.parse("egress", "0.0.0.0/0")), () -> own);
        assertThat(all.refusal(bytes("127.0.0.1"), 8080, true)).isNotNull();
        assertThat(all.refusal(bytes("::ffff:127.0.0.1"), 8080, true)).isNotNull();
        assertThat(all.refusal(bytes("127.0.0.2"), 8080, true)).isNull();
        assertThat(all.refusal(bytes("127.0.0.1"), 8082, true)).isNull();
        assertThat(all.refusal(bytes("127.0.0.2"), 8081, true))
                .as("a wildcard listener")
                .isNotNull();
        assertThat(all.refusal(bytes("::1"), 8081, true)).isNotNull();
        assertThat(all.refusal(bytes("0.0.0.0"), 8081, true)).isNotNull();
        assertThat(all.refusal(bytes("1.1.1.1"), 8081, true)).isNull();
    }

    private static @Nullable String refusal(AddressPolicy policy, String address, boolean privateAllowed) {
        return policy.refusal(bytes(address), 443, privateAllowed);
    }

    /** As the socket layer has it, mapped addresses unpacked or not. */
    private static byte[] bytes(String address) {
        if (address.startsWith("::ffff:")) {
            byte[] mapped = new byte[16];
            mapped[10] = -1;
            mapped[11] = -1;
            System.arraycopy(InetAddress.ofLiteral(address.substring(7)).getAddress(), 0, mapped, 12, 4);
            return mapped;
        }
        return Objects.requireNonNull(InetAddress.ofLiteral(address)).getAddress();
    }
}
