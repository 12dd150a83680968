package io.llmproxy.adapter.provider.support;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.identity.IpAddress;
import io.llmproxy.domain.model.ProviderAccount;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Whether a base URL over HTTP may be stored: what can be told without a look-up. A host is an IP address in its one plain form
 * or a DNS name; forms that some resolvers take for addresses ({@code 127.1}, {@code 0x7f.1}, {@code 2130706433}) are refused.
 */
public final class BaseUrlPolicy {
    private static final String FIELD = "baseUrl";
    private static final List<String> METADATA_NAMES =
            List.of("metadata", "metadata.google.internal", "metadata.goog", "instance-data.ec2.internal");
    private static final List<byte[]> LOOPBACK =
            List.of(new byte[] {127, 0, 0, 1}, new byte[] {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1});

    private final AddressPolicy addresses;

    public BaseUrlPolicy(AddressPolicy addresses) {
        this.addresses = addresses;
    }

    /** @throws InvalidValueException where it may not */
    public void check(ProviderAccount account) {
        check(account.baseUrl(), account.privateAllowed());
    }

    /** @throws InvalidValueException where it may not be called */
    public void check(URI url, boolean privateAllowed) {
        checkForm(url);
        String host = host(url);
        int port = url.getPort() >= 0 ? url.getPort() : "https".equalsIgnoreCase(url.getScheme()) ? 443 : 80;
        require(port >= 1 && port <= 65535, "has a port outside 1 to 65535");
        byte @Nullable [] literal = IpAddress.parse(host);
        if (literal != null) {
            permit(literal, port, privateAllowed);
        } else {
            checkName(host.endsWith(".") ? host.substring(0, host.length() - 1) : host, port, privateAllowed);
        }
    }

    private static void checkForm(URI url) {
        String scheme = url.getScheme() == null ? "" : url.getScheme().toLowerCase(Locale.ROOT);
        require(scheme.equals("http") || scheme.equals("https"), "must begin with http:// or https://");
        require(
                url.getRawUserInfo() == null,
                "must not hold a user or password; give the credential by --api-key-env, --api-key-file or --api-key-stdin");
        require(url.getRawFragment() == null, "must not have a fragment (#...)");
        require(url.getRawQuery() == null, "must not have a query (?...)");
        String path = url.getRawPath() == null ? "" : url.getRawPath();
        for (String segment : path.split("/", -1)) {
            String plain = segment.toLowerCase(Locale.ROOT).replace("%2e", ".");
            require(!plain.equals(".") && !plain.equals(".."), "must not have '.' or '..' in its path");
        }
    }

    private static String host(URI url) {
        String host = url.getHost();
        if (host == null || host.isEmpty()) {
            throw new InvalidValueException(
                    FIELD,
                    "names no host: a DNS name of letters, digits, '-' and '.', an IPv4 address, or [IPv6 address]");
        }
        String plain = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
        require(!host.startsWith("[") || IpAddress.parse(plain) != null, "has no valid IPv6 address in its brackets");
        return plain.toLowerCase(Locale.ROOT);
    }

    private void checkName(String name, int port, boolean privateAllowed) {
        checkSyntax(name);
        require(!METADATA_NAMES.contains(name), "is that of " + AddressPolicy.METADATA);
        if (name.equals("localhost") || name.endsWith(".localhost")) {
            LOOPBACK.forEach(address -> permit(address, port, privateAllowed));
        }
    }

    /** The last label of a name is never a number in any notation: such a host is an address in disguise. */
    private static void checkSyntax(String name) {
        require(name.length() <= 253, "has a host name of more than 253 characters");
        String[] labels = name.split("\\.", -1);
        for (String label : labels) {
            require(!label.isEmpty() && label.length() <= 63, "has an empty or too long part in its host name");
        }
        String last = labels[labels.length - 1];
        boolean number = last.chars().allMatch(c -> c >= '0' && c <= '9') || hexadecimal(last);
        require(!number, "must have an IP address in its plain form, such as 192.0.2.1, or a DNS name");
    }

    private static boolean hexadecimal(String label) {
        return label.startsWith("0x") && label.substring(2).chars().allMatch(c -> Character.digit(c, 16) >= 0);
    }

    private void permit(byte[] address, int port, boolean privateAllowed) {
        String refusal = addresses.refusal(address, port, privateAllowed);
        if (refusal != null) {
            throw new InvalidValueException(FIELD, "its host is " + refusal);
        }
    }

    private static void require(boolean condition, String rule) {
        if (!condition) {
            throw new InvalidValueException(FIELD, rule);
        }
    }
}
