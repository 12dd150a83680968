package io.llmproxy.domain.identity;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Reads and writes numeric IP addresses as bytes. The JDK's parser is not used because it resolves names and takes forms
 * such as {@code 127.1} or {@code 0x7f000001} that hide what an address is.
 */
public final class IpAddress {
    private IpAddress() {}

    /** 4 or 16 bytes, or null where the text is not a plain IPv4 or IPv6 address (brackets and zones are not taken). */
    public static byte @Nullable [] parse(String text) {
        if (text.length() > 45) {
            return null;
        }
        byte @Nullable [] bytes = text.indexOf(':') < 0 ? v4(text) : v6(text);
        return bytes == null ? null : unmapped(bytes);
    }

    /** The IPv4 address inside an IPv4-mapped IPv6 address (RFC 4291, section 2.5.5.2); any other address as it is. */
    public static byte[] unmapped(byte[] address) {
        if (address.length != 16 || (address[10] & 255) != 255 || (address[11] & 255) != 255) {
            return address;
        }
        for (int i = 0; i < 10; i++) {
            if (address[i] != 0) {
                return address;
            }
        }
        return Arrays.copyOfRange(address, 12, 16);
    }

    public static String format(byte[] address) {
        if (address.length == 4) {
            return (address[0] & 255) + "." + (address[1] & 255) + "." + (address[2] & 255) + "." + (address[3] & 255);
        }
        return formatV6(address);
    }

    private static byte @Nullable [] v4(String text) {
        String[] parts = text.split("\\.", -1);
        if (parts.length != 4) {
            return null;
        }
        byte[] out = new byte[4];
        for (int i = 0; i < 4; i++) {
            String part = parts[i];
            boolean digits =
                    !part.isEmpty() && part.length() <= 3 && part.chars().allMatch(c -> c >= '0' && c <= '9');
            // a leading zero means octal to some readers and decimal to others: refused
            if (!digits || part.length() > 1 && part.charAt(0) == '0' || Integer.parseInt(part) > 255) {
                return null;
            }
            out[i] = (byte) Integer.parseInt(part);
        }
        return out;
    }

    private static byte @Nullable [] v6(String text) {
        int gap = text.indexOf("::");
        if (gap >= 0 && text.indexOf("::", gap + 1) >= 0) {
            return null;
        }
        List<byte[]> head = groups(gap < 0 ? text : text.substring(0, gap));
        List<byte[]> tail = gap < 0 ? List.of() : groups(text.substring(gap + 2));
        if (head == null || tail == null) {
            return null;
        }
        int length = 2 * (head.size() + tail.size());
        if (gap < 0 ? length != 16 : length > 14) {
            return null;
        }
        byte[] out = new byte[16];
        int i = 0;
        for (byte[] group : head) {
            out[i++] = group[0];
            out[i++] = group[1];
        }
        i = 16 - 2 * tail.size();
        for (byte[] group : tail) {
            out[i++] = group[0];
            out[i++] = group[1];
        }
        return out;
    }

    private static @Nullable List<byte[]> groups(String text) {
        List<byte[]> out = new ArrayList<>();
        if (text.isEmpty()) {
            return out;
        }
        String[] parts = text.split(":", -1);
        for (int i = 0; i < parts.length; i++) {
            String part = parts[i];
            if (i == parts.length - 1 && part.indexOf('.') >= 0) {
                byte @Nullable [] v4 = v4(part);
                if (v4 == null) {
                    return null;
                }
                out.add(new byte[] {v4[0], v4[1]});
                out.add(new byte[] {v4[2], v4[3]});
            } else {
                if (part.isEmpty()
                        || part.length() > 4
                        || part.chars().anyMatch(c -> Character.digit(c, 16) < 0 || c > 127)) {
                    return null;
                }
                int value = Integer.parseInt(part, 16);
                out.add(new byte[] {(byte) (value >> 8), (byte) value});
            }
        }
        return out;
    }

    private static String formatV6(byte[] address) {
        int[] groups = new int[8];
        for (int i = 0; i < 8; i++) {
            groups[i] = (address[2 * i] & 255) << 8 | address[2 * i + 1] & 255;
        }
        int best = -1;
        int bestLength = 1;
        for (int i = 0; i < 8; i++) {
            int run = i;
            while (run < 8 && groups[run] == 0) {
                run++;
            }
            if (run - i > bestLength) {
                best = i;
                bestLength = run - i;
            }
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < 8; i++) {
            if (i == best) {
                out.append("::");
                i += bestLength - 1;
            } else {
                if (!out.isEmpty() && out.charAt(out.length() - 1) != ':') {
                    out.append(':');
                }
                out.append(Integer.toHexString(groups[i]));
            }
        }
        return out.toString();
    }
}
