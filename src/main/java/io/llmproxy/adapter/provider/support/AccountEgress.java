package io.llmproxy.adapter.provider.support;

import io.llmproxy.adapter.provider.support.PemFile.PemException;
import io.llmproxy.domain.model.ProviderAccount;
import io.llmproxy.domain.model.ProviderEgress;
import io.llmproxy.domain.model.UpstreamProxy;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.port.SecretSealer;
import io.llmproxy.port.SecretSource;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * How an account's connections are made, with everything read that it takes; or why they cannot be.
 *
 * @param proxy null: straight to the upstream
 * @param fault names files, never what is in them; null: there is none
 */
public record AccountEgress(
        Supplier<SSLSocketFactory> tls,
        @Nullable UpstreamProxy proxy,
        @Nullable String fault) {
    /** Straight to the upstream, with the system's authorities. */
    public static final AccountEgress PLAIN = new AccountEgress(new UpstreamTls(List.of(), null), null, null);

    /** Reads files; never throws for what is missing there. */
    public static AccountEgress resolve(
            ProviderAccount account, SecretSource source, SecretSealer sealer, UpstreamDefaults defaults) {
        try {
            ProviderEgress egress = account.egress();
            List<X509Certificate> authorities = new ArrayList<>(defaults.authorities());
            if (egress.caFile() != null) {
                authorities.addAll(certificates(egress.caFile(), source));
            }
            ClientIdentity identity = identity(egress, source);
            UpstreamProxy proxy = proxy(account, sealer, defaults);
            return authorities.isEmpty() && identity == null
                    ? new AccountEgress(PLAIN.tls, proxy, null)
                    : new AccountEgress(new UpstreamTls(authorities, identity), proxy, null);
        } catch (PemException e) {
            return new AccountEgress(PLAIN.tls, null, e.getMessage());
        }
    }

    private static @Nullable UpstreamProxy proxy(
            ProviderAccount account, SecretSealer sealer, UpstreamDefaults defaults) throws PemException {
        ProviderEgress.Proxy own = account.egress().proxy();
        if (own == null) {
            return account.baseUrl().getHost() == null ? null : defaults.proxyFor(Origin.of(account.baseUrl()));
        }
        Credential.Sealed sealed = own.login();
        try {
            Secret login = sealed == null
                    ? null
                    : sealer.open(sealed, ProviderEgress.context(account.tenantId(), account.id()));
            return new UpstreamProxy(own.host(), own.port(), login);
        } catch (IllegalStateException e) {
            throw new PemException("the stored login of its proxy cannot be opened with the present master key: give it"
                    + " anew with `llmproxyctl provider update " + account.name() + " --proxy URL`");
        }
    }

    private static @Nullable ClientIdentity identity(ProviderEgress egress, SecretSource source) throws PemException {
        SecretRef certificate = egress.clientCertificateFile();
        SecretRef key = egress.clientKeyFile();
        if (certificate == null || key == null) {
            return null;
        }
        List<X509Certificate> chain = certificates(certificate, source);
        PemFile keyFile = read(key, source);
        try {
            return ClientIdentity.of(chain, keyFile);
        } catch (PemException e) {
            throw new PemException(key + " " + e.getMessage());
        }
    }

    private static List<X509Certificate> certificates(SecretRef file, SecretSource source) throws PemException {
        PemFile pem = read(file, source);
        try {
            return pem.certificates();
        } catch (PemException e) {
            throw new PemException(file + " " + e.getMessage());
        }
    }

    private static PemFile read(SecretRef file, SecretSource source) throws PemException {
        return source.resolve(file)
                .map(content -> new PemFile(content.reveal()))
                .orElseThrow(() -> new PemException(
                        file + " cannot be read: make it readable for the server, below one of secrets.directories"));
    }
}
