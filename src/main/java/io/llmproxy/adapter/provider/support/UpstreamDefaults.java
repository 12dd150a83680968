package io.llmproxy.adapter.provider.support;

import io.llmproxy.adapter.provider.support.PemFile.PemException;
import io.llmproxy.domain.Glob;
import io.llmproxy.domain.identity.IpAddress;
import io.llmproxy.domain.model.UpstreamProxy;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.cert.X509Certificate;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How this installation reaches upstreams, where a provider says nothing else: {@code upstream.ca-file}, {@code upstream.proxy}
 * and {@code upstream.no-proxy}.
 *
 * @param noProxy names and globs of hosts, or {@code .suffix}, to which no proxy is used; loopback is always among them
 */
public record UpstreamDefaults(
        @Nullable Path caFile, @Nullable UpstreamProxy proxy, List<String> noProxy) {
    public static final UpstreamDefaults NONE = new UpstreamDefaults(null, null, List.of());

    public UpstreamDefaults {
        noProxy = List.copyOf(noProxy);
    }

    /** Besides the system's. */
    List<X509Certificate> authorities() throws PemException {
        if (caFile == null) {
            return List.of();
        }
        try {
            return new PemFile(Files.readString(caFile)).certificates();
        } catch (IOException e) {
            throw new PemException("upstream.ca-file " + caFile + " cannot be read: make it readable for the server");
        } catch (PemException e) {
            throw new PemException("upstream.ca-file " + caFile + " " + e.getMessage());
        }
    }

    /** What changes when the file does. */
    String stamp() {
        return caFile == null ? "" : stamp(caFile);
    }

    private static String stamp(Path file) {
        try {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            return now.lastModifiedTime() + "/" + now.size() + "/" + now.fileKey();
        } catch (IOException e) {
            return "missing";
        }
    }

    @Nullable
    UpstreamProxy proxyFor(Origin origin) {
        return proxy == null || local(origin) || excepted(origin.host()) ? null : proxy;
    }

    private static boolean local(Origin origin) {
        byte @Nullable [] literal = IpAddress.parse(origin.host());
        String name = origin.host();
        try {
            return literal != null
                    ? InetAddress.getByAddress(literal).isLoopbackAddress()
                    : name.equals("localhost") || name.endsWith(".localhost");
        } catch (UnknownHostException e) {
            return false;
        }
    }

    private boolean excepted(String host) {
        for (String pattern : noProxy) {
            boolean matches = pattern.startsWith(".")
                    ? host.endsWith(pattern) || host.equals(pattern.substring(1))
                    : new Glob(pattern).matches(host);
            if (matches) {
                return true;
            }
        }
        return false;
    }
}
