package io.llmproxy.admin;

import io.llmproxy.admin.AdminCommand.EgressChanges;
import io.llmproxy.domain.error.InvalidValueException;
import io.llmproxy.domain.model.ProviderEgress;
import io.llmproxy.domain.model.UpstreamProxy;
import io.llmproxy.domain.secret.Credential;
import io.llmproxy.domain.secret.Secret;
import io.llmproxy.domain.secret.SecretRef;
import io.llmproxy.port.SecretSealer;
import io.llmproxy.port.SecretSource;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** Makes of what a command says about the way to a provider what is stored: files by their names, a proxy's login sealed. */
final class EgressKeeper {
    private final SecretSource secrets;
    private final SecretSealer sealer;

    EgressKeeper(SecretSource secrets, SecretSealer sealer) {
        this.secrets = secrets;
        this.sealer = sealer;
    }

    /** Refuses files that may not be named; that they are there now is not asked. */
    void check(EgressChanges changes) {
        check("caFile", changes.caFile().value());
        check("clientCertificateFile", changes.clientCertificateFile().value());
        check("clientKeyFile", changes.clientKeyFile().value());
    }

    private void check(String field, @Nullable SecretRef file) {
        try {
            if (file != null) {
                secrets.check(file);
            }
        } catch (InvalidValueException e) {
            throw new InvalidValueException(field, e.rule());
        }
    }

    ProviderEgress over(ProviderEgress current, EgressChanges changes, @Nullable UUID tenantId, UUID providerId) {
        return new ProviderEgress(
                changes.caFile().over(current.caFile()),
                changes.clientCertificateFile().over(current.clientCertificateFile()),
                changes.clientKeyFile().over(current.clientKeyFile()),
                changes.proxy().named()
                        ? stored(changes.proxy().value(), ProviderEgress.context(tenantId, providerId))
                        : current.proxy());
    }

    private ProviderEgress.@Nullable Proxy stored(@Nullable UpstreamProxy proxy, String context) {
        if (proxy == null) {
            return null;
        }
        Secret login = proxy.login();
        Credential.Sealed sealed = login == null ? null : sealer.seal(login, context);
        return new ProviderEgress.Proxy(proxy.host(), proxy.port(), sealed);
    }
}
