package io.llmproxy.domain.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.llmproxy.domain.error.InvalidValueException;
import java.util.Objects;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {
    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.255.1.2, true",
        "10.0.0.0/8, 11.0.0.0, false",
        "192.168.1.128/25, 192.168.1.127, false",
        "192.168.1.128/25, 192.168.1.200, true",
        "0.0.0.0/0, 8.8.8.8, true",
        "0.0.0.0/0, ::1, false",
        "127.0.0.1, 127.0.0.1, true",
        "127.0.0.1, ::ffff:127.0.0.1, true",
        "::ffff:10.0.0.0, 10.0.0.0, true",
        "fe80::/10, febf::1, true",
        "fe80::/10, fec0::1, false",
        "2001:db8::/32, 2001:db8:ffff::, true",
        "::/0, 2001:db8::1, true",
    })
    void contains(String range, String address, boolean expected) {
        byte[] bytes = Objects.requireNonNull(IpAddress.parse(address));
        assertThat(Cidr.parse("x", range).contains(bytes)).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "", "10", "10.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/", "10.0.0.0/8/8", "127.1", "0x7f.0.0.1",
                        "010.0.0.1",
                "256.0.0.1", "1.2.3.4.5", ":::", "1::2::3", "12345::", "fe80::1%eth0", "[::1]", "localhost", "1.2.3.4 ",
                        "::1/129",
                "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "2130706433",
            })
    void refuses(String text) {
        assertThatThrownBy(() -> Cidr.parse("cidrs", text)).isInstanceOf(InvalidValueException.class);
    }

    @ParameterizedTest
    @CsvSource({
        "10.1.2.3/8, 10.0.0.0/8",
        "::1, ::1/128",
        "2001:DB8:0:0:1::/80, 2001:db8:0:0:1::/80",
        "1:0:0:2::, 1:0:0:2::/128"
    })
    void hasOneCanonicalForm(String text, String canonical) {
        assertThat(Cidr.parse("x", text)).hasToString(canonical);
        assertThat(Cidr.parse("x", canonical)).isEqualTo(Cidr.parse("x", text));
    }
}
