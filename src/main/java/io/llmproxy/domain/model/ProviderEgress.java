package io.llmproxy.domain.model;

import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.SecretRef;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * How connections to one provider are made, where that differs from the installation's own way. The files are PEM, read by the
 * server.
 *
 * @param caFile authorities that are believed besides the system's
 * @param clientCertificateFile the certificate, with its chain, that the provider asks for
 * @param clientKeyFile the key of that certificate
 * @param proxy null: the installation's, where it has one
 */
public record ProviderEgress(
        @Nullable SecretRef caFile,
        @Nullable SecretRef clientCertificateFile,
        @Nullable SecretRef clientKeyFile,
        @Nullable Proxy proxy) {
    /** Nothing differs. */
    public static final ProviderEgress DEFAULT = new ProviderEgress(null, null, null, null);

    /**
     * An HTTP proxy as it is stored.
     *
     * @param login {@code user:password}, sealed; null: it asks for none
     */
    public record Proxy(String host, int port, Credential.@Nullable Sealed login) {
        /** Without the login. */
        public String url() {
            return new UpstreamProxy(host, port, null).url();
        }
    }

    public ProviderEgress {
        if ((clientCertificateFile == null) != (clientKeyFile == null)) {
            throw new InvalidValueException(
                    clientKeyFile == null ? "clientKeyFile" : "clientCertificateFile",
                    "a client certificate and its key are given together");
        }
    }

    /** The files that it names. */
    public List<SecretRef> files() {
        return Stream.of(caFile, clientCertificateFile, clientKeyFile)
                .filter(Objects::nonNull)
                .toList();
    }

    /** What a proxy's sealed login is bound to, so that the envelope opens nowhere else. */
    public static String context(@Nullable UUID tenantId, UUID providerId) {
        return Credential.context(tenantId, providerId) + "|proxy";
    }
}
